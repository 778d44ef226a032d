"""The installation that `ordersaga up` runs on this machine, as other commands find it."""

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path

Say = Callable[[str], None]
_PID = "ordersaga.pid"
_SETTINGS = "running.json"


def process(home: Path) -> int | None:
    """The process of the `ordersaga up` that keeps its files in ``home``; None where none runs."""
    try:
        number = int((home / _PID).read_text())
        os.kill(number, 0)
    except (FileNotFoundError, ValueError, ProcessLookupError):
        return None
    return number


def begin(home: Path) -> None:
    """This process is the one."""
    (home / _PID).write_text(str(os.getpid()))


def tell(home: Path, environment: Mapping[str, str]) -> None:
    """Keep what API and workers run with; it holds secrets, so only its owner can read it."""
    path = home / _SETTINGS
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(json.dumps(dict(environment), indent=2) + "\n")


def end(home: Path) -> None:
    """Nothing runs any more."""
    (home / _SETTINGS).unlink(missing_ok=True)
    (home / _PID).unlink(missing_ok=True)


def join(home: Path, say: Say) -> bool:
    """Run with the settings of what runs in ``home``, if any does.

    Where ORDERSAGA_DATABASE_URL is set, another installation is meant, and nothing changes.
    """
    if os.environ.get("ORDERSAGA_DATABASE_URL") or process(home) is None:
        return False
    try:
        settings: dict[str, str] = json.loads((home / _SETTINGS).read_text())
    except FileNotFoundError:
        return False  # it is still starting
    os.environ.update(settings)
    say(f"Records and engine are those of `ordersaga up` in {home}")
    return True
