"""How every command ends."""

import os
import sys


def leave(status: int) -> None:
    """Leave at once: the engine's client may abort the interpreter's own way out.

    Source: temporalio/sdk-python#300.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
