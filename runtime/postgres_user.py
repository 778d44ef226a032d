"""The user that Postgres runs as: it refuses root, so root lends it a user of its own."""

import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Iterable
from pathlib import Path

_NAME = "pgserver"


class EmbeddedPostgresError(RuntimeError):
    """The embedded database cannot be started, stopped or used as asked; says what to do."""


def system_user() -> str | None:
    """Whom root starts the server as, made where it is missing; None for everybody else."""
    if os.geteuid() != 0:
        return None
    try:
        pwd.getpwnam(_NAME)
    except KeyError:
        command = ["useradd", "--system", "--no-create-home", "--shell", "/bin/false", _NAME]
        subprocess.run(command, check=True, capture_output=True)
    return _NAME


def let_in(user: str, programs: Path, folders: Iterable[Path]) -> None:
    """Give the server's user what it needs of root's: the programs, and the way to some folders.

    On the way it gets the right to pass through, not the right to look around.
    """
    for path in (programs, *programs.rglob("*")):
        _allow(path, path.stat().st_mode >> 6 & 0o005)  # others may what the owner may
    for folder in (programs, *folders):
        for passed in (folder, *folder.parents):
            if passed.owner() != user:
                _allow(passed, 0o001)


def own_folder(path: Path, user: str | None) -> None:
    """Make a folder that only the server's user may enter: who enters is trusted by the server.

    Raises EmbeddedPostgresError when somebody else has put a folder of their own there.
    """
    path.mkdir(mode=0o700, exist_ok=True)
    owner = os.geteuid() if user is None else pwd.getpwnam(user).pw_uid
    if path.is_symlink() or path.stat().st_uid not in {os.geteuid(), owner}:
        raise EmbeddedPostgresError(f"{path} belongs to somebody else; remove it.")
    if user is not None:
        shutil.chown(path, user, user)
    path.chmod(0o700)


def _allow(path: Path, rights: int) -> None:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & rights != rights:
        path.chmod(mode | rights)
