"""Orders that replace pieces of another one: placed once for each offer, and how far they are."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection, func, select

from backoffice.canonical import digest
from backoffice.commits import write
from backoffice.database import Database
from backoffice.intake import input_of, input_on_record, policy_of, take_in
from backoffice.journal import lock_order
from backoffice.refusals import NotOnRecord
from backoffice.shops import keep_policy
from backoffice.tables.base import table
from backoffice.tables.orders import OrderRow, TransitionRow
from backoffice.tables.stock import StockEntryRow
from domain.order import OrderInput, Replaces
from domain.record import Commit
from domain.refunds import RefundedLine
from domain.replacement import PlacedReplacement, ReplacementState, numbers_of, replacement_of
from domain.status import OrderStatus
from domain.stock import StockKind

_ORDERS, _TRANSITIONS, _ENTRIES = table(OrderRow), table(TransitionRow), table(StockEntryRow)
_ENDS = (OrderStatus.DELIVERED.value, OrderStatus.NOT_DELIVERED.value)
_LEFT = (StockKind.ISSUE.value, StockKind.PUT_AWAY.value)


class ReplacementBook:
    """Places replacements, and knows what became of them."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        then: PlacedReplacement | None = None,
    ) -> None:
        """``clock`` dates them. Of records that are brought back, ``then`` is what was placed: made
        up anew it might have another number, and be another order."""
        self._database = database
        self._clock = clock
        self._then = then

    def place(
        self, replaces: Replaces, lines: Sequence[RefundedLine], commit: Commit
    ) -> PlacedReplacement:
        """Put one order on record for these pieces, and write the commit, in one transaction; again
        it is the same order, whatever has become of it.

        Raises:
            NotOnRecord: there is no such order.
            ValueError: it has no such line.
        """
        with self._database.transaction() as connection:
            lock_order(connection, replaces.order)
            placed = _known(connection, replaces)
            if placed is None:
                placed = self._new(connection, replaces, lines)
            write(connection, commit)
        return placed

    def _new(
        self, connection: Connection, replaces: Replaces, lines: Sequence[RefundedLine]
    ) -> PlacedReplacement:
        if self._then is not None:
            return _as_then(connection, self._then.given)
        first, at = input_on_record(connection, replaces.order), self._clock()
        policy = policy_of(connection, first.shop)[1].for_replacements()
        rules = keep_policy(connection, policy)
        place = connection.scalars(
            select(func.count()).where(_ORDERS.c.replaces == replaces.order)
        ).one()
        for number in numbers_of(first.order.number, place + 1):
            order = replacement_of(first.order, lines, number, at)
            given = input_of(first.shop, order, policy, at, replaces)
            if take_in(connection, given, rules, digest(order.model_dump(mode="json"))):
                return PlacedReplacement(given=given, begun=False)
        raise AssertionError("there is always another number")

    def state(self, order_id: str) -> ReplacementState:
        """How far a replacement is on record.

        Raises:
            NotOnRecord: there is no such order.
        """
        with self._database.reading() as connection:
            return state_of(connection, order_id)

    def replacements_of(self, order_id: str) -> tuple[str, ...]:
        """The orders that replace pieces of this one, the first one first."""
        with self._database.reading() as connection:
            return replacements_of(connection, order_id)


def replacements_of(connection: Connection, order_id: str) -> tuple[str, ...]:
    """The orders that replace pieces of this one, the first one first."""
    return tuple(
        connection.scalars(
            select(_ORDERS.c.id)
            .where(_ORDERS.c.replaces == order_id)
            .order_by(_ORDERS.c.accepted_at, _ORDERS.c.id)
        )
    )


def state_of(connection: Connection, order_id: str) -> ReplacementState:
    """How far a replacement is on record. Raises NotOnRecord: there is no such order."""
    row = connection.execute(
        select(_ORDERS.c.number, _ORDERS.c.status, _ORDERS.c.ended_at).where(
            _ORDERS.c.id == order_id
        )
    ).one_or_none()
    if row is None:
        raise NotOnRecord("order", order_id)
    number, status, ended_at = row
    met = connection.execute(
        select(_TRANSITIONS.c.shipment, _TRANSITIONS.c.status)
        .where(_TRANSITIONS.c.order_id == order_id, _TRANSITIONS.c.status.in_(_ENDS))
        .where(_TRANSITIONS.c.news.is_(None), _TRANSITIONS.c.refund.is_(None))
        .order_by(_TRANSITIONS.c.number)
    ).all()
    ends = dict(tuple(row) for row in met)
    return ReplacementState(
        order=order_id,
        number=number,
        status=OrderStatus(status),
        ended=ended_at is not None,
        delivered=bool(ends) and _all_delivered(ends.values()),
        missing=max(_wanted(connection, order_id) - _gone(connection, order_id), 0),
    )


def _as_then(connection: Connection, given: OrderInput) -> PlacedReplacement:
    """As an order that was started: what the engine lacks of it is a restore's to say."""
    rules = keep_policy(connection, given.policy)
    sent = digest(given.order.model_dump(mode="json"))
    take_in(connection, given, rules, sent, started_at=given.accepted_at)
    return PlacedReplacement(given=given, begun=True)


def _known(connection: Connection, replaces: Replaces) -> PlacedReplacement | None:
    row = connection.execute(
        select(_ORDERS.c.id, _ORDERS.c.started_at, _ORDERS.c.status_number).where(
            _ORDERS.c.replaces == replaces.order,
            _ORDERS.c.replaces_complaint == replaces.complaint,
            _ORDERS.c.replaces_offer == replaces.offer,
        )
    ).one_or_none()
    if row is None:
        return None
    name, started_at, number = row
    begun = started_at is not None or number > 0
    return PlacedReplacement(given=input_on_record(connection, name), begun=begun)


def _all_delivered(ends: Iterable[str]) -> bool:
    return set(ends) == {OrderStatus.DELIVERED.value}


def _wanted(connection: Connection, order_id: str) -> int:
    lines = input_on_record(connection, order_id).order.lines
    return sum(line.quantity for line in lines)


def _gone(connection: Connection, order_id: str) -> int:
    """Pieces that were sent and have not been put away again."""
    return connection.scalars(
        select(func.coalesce(-func.sum(_ENTRIES.c.on_hand), 0)).where(
            _ENTRIES.c.order_id == order_id, _ENTRIES.c.kind.in_(_LEFT)
        )
    ).one()
