"""The settings of the shell that a command runs in, and who must not see them."""

import os
from collections.abc import Mapping
from urllib.parse import urlsplit

WHERE = "ORDERSAGA_HOME"
"""Where an installation is kept: no setting of it."""
KEYS = "ORDERSAGA_CODEC_KEYS"
_OURS = ("ORDERSAGA_", "TEMPORAL_")
_PROFILES = "TEMPORAL_CONFIG_FILE"


def settings_here() -> dict[str, str]:
    """What is set in this process's environment, apart from where to look."""
    return {
        name: value
        for name, value in os.environ.items()
        if value and name.startswith(_OURS) and name != WHERE
    }


def stand_alone() -> list[str]:
    """Take every setting out of this process's environment; the names of those that were set.

    What it starts from here on has a database and an engine of its own: an address or a profile
    that names a real installation is not looked at.
    """
    left_out = sorted(settings_here())
    for name in [name for name in os.environ if name.startswith(_OURS)]:
        del os.environ[name]
    os.environ[_PROFILES] = os.devnull
    return left_out


def set_otherwise(used: Mapping[str, str]) -> list[str]:
    """The names of what is set here and not used. Master keys are used among others."""
    here = settings_here()
    return sorted(
        name for name, value in used.items() if name != KEYS and here.get(name, value) != value
    )


def database() -> str:
    """The address of the database that is named here; empty where none is."""
    return os.environ.get("ORDERSAGA_DATABASE_URL", "")


def engine() -> str:
    """The address of the Temporal server that is named here; empty where none is."""
    return os.environ.get("TEMPORAL_ADDRESS", "")


def master_keys() -> str:
    """The master keys that are named here; empty where none are."""
    return os.environ.get(KEYS, "")


def place(url: str) -> str:
    """Where a database is, without who may use it."""
    parts = urlsplit(url)
    return parts.netloc.rpartition("@")[2] + parts.path
