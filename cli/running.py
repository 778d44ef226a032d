"""The installation that `ordersaga up` runs on this machine, as other commands find it.

It runs as long as somebody holds the lock on its file. The system lets go of a lock when its holder
dies, however it dies, so a number that was written down and is another process by now says nothing.
"""

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TextIO

from cli.shell import KEYS, WHERE, settings_here
from runtime.master_keys import MasterKeys

Say = Callable[[str], None]
_LOCK = "ordersaga.pid"
_SETTINGS = "running.json"
_LOOKS_END_SECONDS = 0.5
"""Whoever only looks whether something runs holds the lock for an instant."""


class RunsAlready(RuntimeError):
    """Another `ordersaga up` keeps its files there."""


class NotOurs(RuntimeError):
    """What runs there is another user's."""

    def __init__(self, home: Path) -> None:
        """Name the place, and what to do."""
        super().__init__(
            f"The `ordersaga up` in {home} is another user's: run this as that user, or set "
            f"{WHERE} to a folder of your own"
        )


class KeysNotHeld(RuntimeError):
    """What is set here would encrypt under a key that what runs cannot use."""

    def __init__(self, home: Path, names: Iterable[str]) -> None:
        """Name the keys, and what to do."""
        super().__init__(
            f"The `ordersaga up` in {home} does not hold master key {', '.join(names)} of "
            "ORDERSAGA_CODEC_KEYS here: end it and start it with this setting, or unset it here"
        )


class Claim:
    """The right to run in a folder, which one process has at a time and loses when it dies."""

    def __init__(self, home: Path) -> None:
        """Take it for this process.

        Raises:
            RunsAlready: another process has it.
            NotOurs: the folder's files are another user's.
        """
        self._home = home
        try:
            home.mkdir(parents=True, exist_ok=True)
            self._file = (home / _LOCK).open("a")
        except PermissionError:
            raise NotOurs(home) from None
        deadline = time.monotonic() + _LOOKS_END_SECONDS
        while not _locked(self._file, fcntl.LOCK_EX):
            if time.monotonic() < deadline:
                time.sleep(0.02)
                continue
            self._file.close()
            raise RunsAlready(
                f"It runs already (process {_number(home)}); `ordersaga down` ends it"
            )
        self._file.truncate(0)
        self._file.write(str(os.getpid()))
        self._file.flush()

    def tell(self, environment: Mapping[str, str]) -> None:
        """Keep what API and workers run with: these settings, over those of this process.

        It holds secrets, so only its owner can read it.
        """
        path = self._home / _SETTINGS
        path.unlink(missing_ok=True)
        path.touch(mode=0o600)
        path.write_text(json.dumps(settings_here() | dict(environment), indent=2) + "\n")

    def end(self) -> None:
        """Nothing runs any more. The file stays: whoever has opened it would lock another one."""
        (self._home / _SETTINGS).unlink(missing_ok=True)
        self._file.truncate(0)
        self._file.close()


def process(home: Path) -> int | None:
    """The process of the `ordersaga up` that keeps its files in ``home``; None where none runs.

    Raises:
        NotOurs: another user's files are there, and cannot be read.
    """
    try:
        with (home / _LOCK).open() as file:
            if _locked(file, fcntl.LOCK_SH):
                return None
            return _number(home)
    except FileNotFoundError:
        return None
    except PermissionError:
        raise NotOurs(home) from None


def join(home: Path, say: Say) -> bool:
    """Run with the settings of what runs in ``home``, if any does.

    What is set here stays as it is, and is named where what runs has it otherwise; the other master
    keys of what runs come behind those that are set here. Where
    ORDERSAGA_DATABASE_URL is set to other records, another installation is meant, and nothing
    changes.

    Raises:
        NotOurs: what runs there is another user's.
        KeysNotHeld: a master key is set here that what runs there does not hold.
        KeysMalformed: ORDERSAGA_CODEC_KEYS here cannot be used.
    """
    here = settings_here()
    found = _meant(home, here)
    if found is None:
        return False
    keys = _agreed_keys(home, here, found)
    if keys:
        os.environ[KEYS] = here[KEYS] = keys
    os.environ.update({name: value for name, value in found.items() if name not in here})
    own = sorted(name for name, value in here.items() if found.get(name) != value)
    but = f", but with {', '.join(own)} as set here" if own else ""
    say(f"Records and engine are those of `ordersaga up` in {home}{but}")
    return True


def agree(home: Path) -> None:
    """Whoever takes the settings that are here must not mean the records of what runs, with other
    keys.

    Raises:
        KeysNotHeld: a master key is set here that what runs there does not hold.
        KeysMalformed: ORDERSAGA_CODEC_KEYS here cannot be used.
    """
    here = settings_here()
    if "ORDERSAGA_DATABASE_URL" not in here:
        return
    found = _meant(home, here)
    if found is not None:
        _agreed_keys(home, here, found)


def _meant(home: Path, here: Mapping[str, str]) -> dict[str, str] | None:
    """The settings of what runs in ``home``, if its records are those that are meant here."""
    records = here.get("ORDERSAGA_DATABASE_URL")
    try:
        found = _found(home)
    except NotOurs:
        if records:
            return None
        raise
    if found is None or (records and records != found.get("ORDERSAGA_DATABASE_URL")):
        return None
    return found


def _agreed_keys(home: Path, here: Mapping[str, str], found: Mapping[str, str]) -> str:
    """The master keys that are set here, and behind them the others of what runs; "" for none."""
    mine, theirs = (MasterKeys.read(one.get(KEYS, "")) for one in (here, found))
    if mine is None:
        return ""
    strange = [key.id for key in mine.keys if theirs is None or key not in theirs.keys]
    if strange:
        raise KeysNotHeld(home, strange)
    return mine.before(theirs).text


def _found(home: Path) -> dict[str, str] | None:
    """The settings of what runs there; None where nothing does, or is still starting."""
    if process(home) is None:
        return None
    try:
        settings: dict[str, str] = json.loads((home / _SETTINGS).read_text())
    except FileNotFoundError:
        return None
    except PermissionError:
        raise NotOurs(home) from None
    return settings


def _locked(file: TextIO, how: int) -> bool:
    """Lock a file unless another process has; it is let go when the file is closed."""
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _number(home: Path) -> int | None:
    """What the holder of the lock wrote down; None in the instant before it does."""
    written = (home / _LOCK).read_text().strip()
    return int(written) if written.isdigit() else None
