"""What is wrong around a command, in one line: nobody mends a setting by reading a traceback."""

import re

from pydantic import ValidationError
from temporalio.service import RPCError

from backoffice.database import UNREACHABLE, AddressMalformed
from cli.running import KeysNotHeld, NotOurs, RunsAlready
from cli.stack import StackError
from runtime.devserver import ServerUnavailableError
from runtime.embedded_postgres import EmbeddedPostgresError
from runtime.master_keys import KeysMalformed
from runtime.settings import complaints
from runtime.temporal import EngineUnnamed

FORESEEN: tuple[type[Exception], ...] = (
    *UNREACHABLE,
    AddressMalformed,
    KeysMalformed,
    ValidationError,
    RPCError,
    RuntimeError,
)
"""Among these are the errors that `in_words` knows."""

_SAY_IT_THEMSELVES = (
    StackError,
    RunsAlready,
    NotOurs,
    KeysNotHeld,
    ServerUnavailableError,
    EmbeddedPostgresError,
    EngineUnnamed,
    AddressMalformed,
)
_NO_ENGINE = "Failed client connect"
"""How the engine's client begins what it says in a plain RuntimeError."""


def in_words(error: Exception) -> str | None:
    """What is wrong, and where; None for an error of our own, whose traceback is needed."""
    if isinstance(error, UNREACHABLE):
        return f"The database at ORDERSAGA_DATABASE_URL does not answer: {reason(error)}"
    if isinstance(error, _SAY_IT_THEMSELVES):
        return str(error)
    if isinstance(error, KeysMalformed):
        return f"ORDERSAGA_CODEC_KEYS cannot be used: {error}"
    if isinstance(error, ValidationError) and error.title == "Settings":
        return "; ".join(complaints(error).values())
    if isinstance(error, RPCError) or str(error).startswith(_NO_ENGINE):
        return f"The Temporal server at TEMPORAL_ADDRESS does not answer: {no_answer(error)}"
    return None


def no_answer(error: Exception) -> str:
    """What the engine's client says, without the types of what it is built of."""
    said = re.findall(r'(?:message|error): "([^"]+)"', str(error))
    return said[-1] if said else str(error)


def reason(error: Exception) -> str:
    """The database driver's own first line, without what wraps it."""
    words = str(getattr(error, "orig", None) or error)
    return words.strip().splitlines()[0]
