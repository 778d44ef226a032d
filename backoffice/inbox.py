"""The inbox: what providers and warehouses told, stored once, and handed on until it is done."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert

from backoffice.database import Database
from backoffice.tables.base import table
from backoffice.tables.messages import InboxRow, InboxState
from domain.stock import MAIN

_INBOX = table(InboxRow)


@dataclass(frozen=True)
class Message:
    """A stored fact on its way to an order. ``attempts`` counts this one."""

    id: int
    source: str
    event_id: str
    kind: str
    order_id: str | None
    payload: dict[str, Any]
    signal: str
    attempts: int
    received_at: datetime
    reason: str


@dataclass(frozen=True)
class Stored:
    """What a source told under an event id."""

    kind: str
    payload: dict[str, Any]


def hint(
    connection: Connection, source: str, signal: str, hints: Iterable[tuple[str, str]]
) -> None:
    """Have orders look at something of ours, inside somebody's transaction.

    ``hints`` are (order, event id) pairs; each is told once.
    """
    rows: list[dict[str, object]] = [
        {
            "source": source,
            "event_id": event,
            "kind": signal,
            "order_id": order,
            "payload": {},
            "signal": signal,
            "state": InboxState.WAITING.value,
        }
        for order, event in hints
    ]
    if rows:
        connection.execute(insert(_INBOX).on_conflict_do_nothing(), rows)


def source_of(shop: str, warehouse: str) -> str:
    """Whose keys a warehouse's reports are kept under."""
    return f"warehouse/{shop}" if warehouse == MAIN else f"warehouse/{shop}/{warehouse}"


class InboxBook:
    """Messages from outside, each stored once by its source and event id."""

    def __init__(self, database: Database, lease: timedelta = timedelta(seconds=30)) -> None:
        """``lease`` is how long a claimed message is left to who claimed it."""
        self._database = database
        self._lease = lease

    def put(
        self,
        source: str,
        event_id: str,
        kind: str,
        order_id: str | None,
        payload: dict[str, Any],
        signal: str | None,
    ) -> bool:
        """Store a message and wake who delivers it; False where it is there already.

        Without a signal it is kept for the record, and nobody is told.
        """
        state = InboxState.KEPT if signal is None else InboxState.WAITING
        row = {
            "source": source,
            "event_id": event_id,
            "kind": kind,
            "order_id": order_id,
            "payload": payload,
            "signal": signal,
            "state": state.value,
        }
        new = insert(_INBOX).on_conflict_do_nothing().returning(_INBOX.c.id)
        with self._database.transaction() as connection:
            return connection.scalars(new, row).one_or_none() is not None

    def stored(self, source: str, event_id: str) -> Stored | None:
        """What is there under an event id; None where nothing is."""
        with self._database.transaction() as connection:
            row = connection.execute(
                select(_INBOX.c.kind, _INBOX.c.payload).where(
                    _INBOX.c.source == source, _INBOX.c.event_id == event_id
                )
            ).one_or_none()
        return None if row is None else Stored(*row)

    def claim(self, limit: int) -> tuple[Message, ...]:
        """Take messages that are due, oldest first; nobody else gets them while the lease lasts.

        A message waits for those of its order that came before it, so each order hears in turn.
        """
        earlier = _INBOX.alias()
        in_turn = ~exists().where(
            earlier.c.order_id == _INBOX.c.order_id,
            earlier.c.state == InboxState.WAITING.value,
            earlier.c.id < _INBOX.c.id,
        )
        waiting = _INBOX.c.state == InboxState.WAITING.value
        due = (
            select(_INBOX.c.id)
            .where(waiting, _INBOX.c.due_at <= func.now(), in_turn)
            .order_by(_INBOX.c.due_at, _INBOX.c.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
            .cte("due")
        )
        claimed = (
            update(_INBOX)
            .where(_INBOX.c.id.in_(select(due.c.id)))
            .values(due_at=func.now() + self._lease, attempts=_INBOX.c.attempts + 1)
            .returning(_INBOX)
        )
        with self._database.transaction() as connection:
            rows = connection.execute(claimed).mappings().all()
        return tuple(
            sorted(
                (
                    Message(
                        id=row["id"],
                        source=row["source"],
                        event_id=row["event_id"],
                        kind=row["kind"],
                        order_id=row["order_id"],
                        payload=row["payload"],
                        signal=row["signal"],
                        attempts=row["attempts"],
                        received_at=row["received_at"],
                        reason=row["reason"],
                    )
                    for row in rows
                ),
                key=lambda message: message.id,
            )
        )

    def delivered(self, message: int) -> None:
        """The order was told."""
        self._finish(message, InboxState.DELIVERED, "")

    def give_up(self, message: int, reason: str) -> None:
        """Nobody can be told; a person was, or will be."""
        self._finish(message, InboxState.GIVEN_UP, reason)

    def forget(self, message: int) -> None:
        """It has been taken elsewhere, or concerns nobody here: nothing of it is kept."""
        with self._database.transaction() as connection:
            connection.execute(
                delete(_INBOX).where(
                    _INBOX.c.id == message, _INBOX.c.state == InboxState.WAITING.value
                )
            )

    def bring_back(
        self, source: str, event_id: str, kind: str, order_id: str, payload: dict[str, Any]
    ) -> bool:
        """Put a message on record that its order has heard; False where it is there already."""
        row = {
            "source": source,
            "event_id": event_id,
            "kind": kind,
            "order_id": order_id,
            "payload": payload,
            "signal": kind,
            "state": InboxState.DELIVERED.value,
            "done_at": func.now(),
        }
        new = insert(_INBOX).values(row).on_conflict_do_nothing().returning(_INBOX.c.id)
        with self._database.transaction() as connection:
            return connection.scalars(new).one_or_none() is not None

    def again(self, order_id: str) -> int:
        """Hand everything on once more that an order was told; how many messages that is."""
        with self._database.transaction() as connection:
            told = connection.execute(
                update(_INBOX)
                .where(
                    _INBOX.c.order_id == order_id,
                    _INBOX.c.signal.is_not(None),
                    _INBOX.c.state == InboxState.DELIVERED.value,
                )
                .values(state=InboxState.WAITING.value, due_at=func.now(), done_at=None)
            )
            return told.rowcount

    def later(self, message: int, reason: str, delay: timedelta) -> None:
        """Not now: due again after the delay."""
        with self._database.transaction() as connection:
            connection.execute(
                update(_INBOX)
                .where(_INBOX.c.id == message, _INBOX.c.state == InboxState.WAITING.value)
                .values(due_at=func.now() + delay, reason=reason)
            )

    def _finish(self, message: int, state: InboxState, reason: str) -> None:
        with self._database.transaction() as connection:
            connection.execute(
                update(_INBOX)
                .where(_INBOX.c.id == message, _INBOX.c.state == InboxState.WAITING.value)
                .values(state=state.value, reason=reason, done_at=func.now())
            )
