"""Callbacks: what each shop is told about its orders, in order for each order, until it has it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, RowMapping, func, select, text, update

from backoffice.callback_turns import whose_turn
from backoffice.database import Database
from backoffice.tables.base import table
from backoffice.tables.messages import CallbackRow
from backoffice.tables.shops import ShopRow

_CALLBACKS, _SHOPS = table(CallbackRow), table(ShopRow)
EACH_SHOP = 8
"""Callbacks of one shop that are under way at once: a slow shop leaves the others their turn."""

_NONE: Mapping[str, int] = MappingProxyType({})
_PLACING_LOCK = 7_245_091_832
_PLACE = text(
    """
    WITH placed AS (
        SELECT id, nextval('callback_positions') AS position
        FROM (SELECT id FROM callbacks WHERE position IS NULL ORDER BY id) AS unplaced
    )
    UPDATE callbacks SET position = placed.position FROM placed WHERE callbacks.id = placed.id
    """
)


@dataclass(frozen=True)
class DueCallback:
    """One status change to be told, where to and with which secret; ``attempts`` counts this one.

    ``payload`` is the body; its ``sequence`` is the number.

    ``message_id`` is the same for every try, so that the shop can tell a repetition.
    """

    id: int
    shop: str
    order_id: str
    number: int
    payload: dict[str, Any]
    attempts: int
    created_at: datetime
    url: str
    secret: str

    @property
    def message_id(self) -> str:
        """The order and the callback's number."""
        return message_id(self.order_id, self.number)


@dataclass(frozen=True)
class FeedEvent:
    """One status change in a shop's pull feed, at its position."""

    position: int
    payload: dict[str, Any]


def message_id(order_id: str, number: int) -> str:
    """The name of a callback, the same for every try and in the feed."""
    return f"{order_id}.{number}"


def _body(row: RowMapping) -> dict[str, Any]:
    number = row["number"]
    return {"id": message_id(row["order_id"], number), "sequence": number} | row["payload"]


class CallbackBook:
    """The outbox of callbacks, numbered for each order without gaps in the order of commits."""

    def __init__(self, database: Database, lease: timedelta = timedelta(seconds=60)) -> None:
        """``lease`` is how long a callback is left to whoever took it."""
        self._database = database
        self._lease = lease

    def due(
        self, limit: int, each_shop: int = EACH_SHOP, under_way: Mapping[str, int] = _NONE
    ) -> tuple[DueCallback, ...]:
        """Take callbacks that are due, longest due first; nobody else gets them meanwhile.

        Of each order only the one that follows what was delivered; of a shop whose receiver is
        down none. Of a shop at most ``each_shop``, less those that are ``under_way`` already.
        """
        due = whose_turn(limit, each_shop, under_way).cte("due")
        taken = (
            update(_CALLBACKS)
            .where(_CALLBACKS.c.id == due.c.id)
            .values(due_at=func.now() + self._lease, attempts=_CALLBACKS.c.attempts + 1)
            .returning(
                _CALLBACKS.c.id,
                _CALLBACKS.c.shop,
                _CALLBACKS.c.order_id,
                _CALLBACKS.c.number,
                _CALLBACKS.c.payload,
                _CALLBACKS.c.attempts,
                _CALLBACKS.c.created_at,
                due.c.callback_url,
                due.c.callback_secret,
            )
        )
        with self._database.transaction() as connection:
            rows = connection.execute(taken).mappings()
            return tuple(
                DueCallback(
                    id=row["id"],
                    shop=row["shop"],
                    order_id=row["order_id"],
                    number=row["number"],
                    payload=_body(row),
                    attempts=row["attempts"],
                    created_at=row["created_at"],
                    url=row["callback_url"],
                    secret=row["callback_secret"],
                )
                for row in rows
            )

    def delivered(self, callback: int) -> None:
        """The shop has it: the order's next one is due, and the shop is known to be up."""
        with self._database.transaction() as connection:
            shop = connection.scalars(
                update(_CALLBACKS)
                .where(_CALLBACKS.c.id == callback, _CALLBACKS.c.delivered_at.is_(None))
                .values(delivered_at=func.now(), reason="")
                .returning(_CALLBACKS.c.shop)
            ).one_or_none()
            if shop is not None:
                connection.execute(
                    update(_SHOPS)
                    .where(_SHOPS.c.id == shop, _SHOPS.c.callbacks_wait_until.is_not(None))
                    .values(callbacks_wait_until=None)
                )

    def failed(
        self, callback: int, reason: str, delay: timedelta, *, shop_down: bool = False
    ) -> None:
        """The shop did not take it: due again after the delay.

        ``shop_down`` (no connection, 5xx) lets all of the shop's callbacks wait as long.
        """
        with self._database.transaction() as connection:
            shop = connection.scalars(
                update(_CALLBACKS)
                .where(_CALLBACKS.c.id == callback, _CALLBACKS.c.delivered_at.is_(None))
                .values(due_at=func.now() + delay, reason=reason)
                .returning(_CALLBACKS.c.shop)
            ).one_or_none()
            if shop is not None and shop_down:
                connection.execute(
                    update(_SHOPS)
                    .where(_SHOPS.c.id == shop)
                    .values(callbacks_wait_until=func.now() + delay)
                )

    def replay(self, shop: str, order: str | None, after: int) -> int:
        """Deliver again, in order: an order's callbacks with a number above ``after``.

        Without an order: all of the shop's from the feed's position ``after`` on. Answers how
        many; whoever takes them twice sees the same ids.
        """
        which = (
            _CALLBACKS.c.position > after
            if order is None
            else (_CALLBACKS.c.order_id == order) & (_CALLBACKS.c.number > after)
        )
        with self._database.transaction() as connection:
            _place(connection)
            again = connection.execute(
                update(_CALLBACKS)
                .where(_CALLBACKS.c.shop == shop, which)
                .values(delivered_at=None, due_at=func.now(), attempts=0, reason="")
                .returning(_CALLBACKS.c.id)
            ).all()
            connection.execute(select(func.pg_notify("callbacks", "")))
        return len(again)

    def of(self, order: str) -> tuple[dict[str, Any], ...]:
        """All that the shop was, or is to be, told of an order, in its sequence."""
        with self._database.reading() as connection:
            rows = connection.execute(
                select(_CALLBACKS.c.order_id, _CALLBACKS.c.number, _CALLBACKS.c.payload)
                .where(_CALLBACKS.c.order_id == order)
                .order_by(_CALLBACKS.c.number)
            )
            return tuple(_body(row) for row in rows.mappings())

    def events(self, shop: str, after: int = 0, limit: int = 100) -> tuple[FeedEvent, ...]:
        """The shop's feed from the position that follows ``after``: nothing is ever put before
        what was read, and each order's events are in their order.
        """
        with self._database.transaction() as connection:
            _place(connection)
            rows = connection.execute(
                select(
                    _CALLBACKS.c.position,
                    _CALLBACKS.c.order_id,
                    _CALLBACKS.c.number,
                    _CALLBACKS.c.payload,
                )
                .where(_CALLBACKS.c.shop == shop, _CALLBACKS.c.position > after)
                .order_by(_CALLBACKS.c.position)
                .limit(limit)
            )
            return tuple(FeedEvent(row["position"], _body(row)) for row in rows.mappings())


def _place(connection: Connection) -> None:
    """Give positions to rows that are visible by now.

    A number drawn when a row is written could become visible after a higher one was read, and
    would be missed; so one transaction at a time draws them, for rows that are committed.
    """
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _PLACING_LOCK})
    connection.execute(_PLACE)
