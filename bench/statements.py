"""Counting SQL statements where they are sent, by who sends them."""

import json
import threading
from collections import Counter
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.types.json import Json, Jsonb
from temporalio import activity

API, RELAYS = "api", "relays"
"""Who sends statements besides the activities, which go by their own names."""

_THREADS = {"AnyIO worker thread": API, "asyncio_": RELAYS}
"""The API's handlers and the loops beside the orders, by the threads that they work in."""

_VERBS = {"SELECT": "SELECT", "INSERT": "INSERT", "UPDATE": "UPDATE", "WITH": "UPDATE"}
_OTHER = "SELECT"


@dataclass
class Sent:
    """What somebody sent: statements by verb, bytes of parameters by verb, transactions."""

    statements: Counter[str] = field(default_factory=Counter[str])
    parameter_bytes: Counter[str] = field(default_factory=Counter[str])
    transactions: int = 0
    executions: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])


class StatementCounter:
    """Counts what psycopg's synchronous cursors send, in this process."""

    def __init__(self) -> None:
        """Nothing is counted yet."""
        self.sent: dict[str, Sent] = {}
        self._lock = threading.Lock()

    def note(self, statement: object, parameters: Iterable[object]) -> None:
        """One statement goes out."""
        verb = verb_of(statement)
        size = sum(size_of(one) for one in parameters)
        with self._of_caller() as sent:
            sent.statements[verb] += 1
            sent.parameter_bytes[verb] += size

    def note_transaction(self) -> None:
        """A transaction ends."""
        with self._of_caller() as sent:
            sent.transactions += 1

    @contextmanager
    def _of_caller(self) -> Generator[Sent]:
        execution: tuple[str, str] | None = None
        if activity.in_activity():
            info = activity.info()
            name, execution = info.activity_type, (info.workflow_id or "", info.activity_id)
        else:
            name = caller(threading.current_thread().name)
        with self._lock:
            sent = self.sent.setdefault(name, Sent())
            if execution is not None:
                sent.executions.add(execution)
            yield sent


def caller(thread: str) -> str:
    """Who works in a thread of this name."""
    return next((who for start, who in _THREADS.items() if thread.startswith(start)), "other")


def verb_of(statement: object) -> str:
    """What kind of statement it is, by its first word; a CTE of ours always updates."""
    text = statement.decode() if isinstance(statement, bytes) else str(statement)
    words = text.split(None, 1)
    return _VERBS.get(words[0].upper(), _OTHER) if words else _OTHER


def size_of(value: object) -> int:
    """About how many bytes a parameter takes on the wire."""
    match value:
        case bytes() | bytearray() | str():
            return len(value)
        case Json() | Jsonb():
            return len(json.dumps(value.obj))
        case list() | dict():
            return len(json.dumps(value, default=str))
        case _:
            return 8


@contextmanager
def counted_statements() -> Generator[StatementCounter]:
    """Count everything that is sent until the end of the block."""
    counter = StatementCounter()
    cursor, connection = psycopg.Cursor[Any], psycopg.Connection[Any]
    execute, executemany, commit = cursor.execute, cursor.executemany, connection.commit

    def counted_execute(
        self: psycopg.Cursor[Any], query: Any, params: Any = None, **options: Any
    ) -> psycopg.Cursor[Any]:
        counter.note(query, _values(params))
        return execute(self, query, params, **options)

    def counted_executemany(
        self: psycopg.Cursor[Any], query: Any, params_seq: Sequence[Any], **options: Any
    ) -> None:
        for params in params_seq:
            counter.note(query, _values(params))
        executemany(self, query, params_seq, **options)

    def counted_commit(self: psycopg.Connection[Any]) -> None:
        if self.info.transaction_status is not TransactionStatus.IDLE:
            counter.note_transaction()
        commit(self)

    with (
        patch.object(psycopg.Cursor, "execute", counted_execute),
        patch.object(psycopg.Cursor, "executemany", counted_executemany),
        patch.object(psycopg.Connection, "commit", counted_commit),
    ):
        yield counter


def _values(params: Any) -> Iterable[object]:
    if params is None:
        return ()
    given: Mapping[str, object] | Sequence[object] = params
    return tuple(given.values()) if isinstance(given, Mapping) else tuple(given)
