"""How every command ends."""

import os
import signal
import sys
from types import FrameType


class Told(KeyboardInterrupt):
    """Somebody wants the command to stop."""

    def __init__(self, number: int) -> None:
        """``number`` is the signal's; the exit status says it in the shells' way."""
        super().__init__(number)
        self.status = 128 + number


def stop_when_told() -> None:
    """From now on SIGTERM and SIGINT raise `Told`, so that what was started is stopped.

    That holds where a shell had SIGINT ignored, as it does for what it starts in the background.
    Once stopping has begun, it is not cut short by another one.
    """
    for each in _SIGNALS:
        signal.signal(each, _tell)


def leave(status: int) -> None:
    """Leave at once: the engine's client may abort the interpreter's own way out.

    Source: temporalio/sdk-python#300.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def _tell(number: int, _frame: FrameType | None) -> None:
    for each in _SIGNALS:
        signal.signal(each, signal.SIG_IGN)
    raise Told(number)
