"""What came to the bank account, each booking once, and what is still to be done about it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, RowMapping, and_, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert

from backoffice.database import Database
from backoffice.tables.base import table
from backoffice.tables.orders import OrderRow
from backoffice.tables.payments import PaymentClaimRow
from backoffice.tables.transfers import BookingRow, BookingState
from domain.money import Money
from domain.transfers import Booking

_BOOKINGS, _ORDERS, _CLAIMS = table(BookingRow), table(OrderRow), table(PaymentClaimRow)
_S = BookingState
CHANNEL = "bank"
"""Who reads the account is rung on it."""
BOOKINGS = "bookings"
"""Who sees to what was read is rung on it."""


@dataclass(frozen=True)
class BookingOnRecord:
    """A booking: whose it is, if anybody's, and where it stands."""

    id: str
    money: Money
    reference: str
    order: str | None
    state: BookingState
    seen_at: datetime


class BookingBook:
    """Bookings by their names at the bank."""

    def __init__(self, database: Database, provider: str = "bank") -> None:
        """``provider`` is the name under which references are claimed."""
        self._database = database
        self._provider = provider

    def ring(self) -> None:
        """Have the account read now."""
        with self._database.transaction() as connection:
            connection.execute(text(f"NOTIFY {CHANNEL}"))

    def last_position(self) -> int:
        """Up to where the account was read."""
        with self._database.reading() as connection:
            return connection.scalar(select(func.max(_BOOKINGS.c.position))) or 0

    def put(self, bookings: Iterable[Booking]) -> None:
        """Put them on record, each once; those whose reference an order has are that order's."""
        with self._database.transaction() as connection:
            for one in bookings:
                owner = (
                    select(_CLAIMS.c.order_id)
                    .where(
                        _CLAIMS.c.provider == self._provider,
                        _CLAIMS.c.reference == one.reference,
                    )
                    .scalar_subquery()
                )
                row = {
                    "id": one.id,
                    "position": one.position,
                    "at": one.at,
                    "amount": one.money.amount,
                    "currency": one.money.currency,
                    "reference": one.reference,
                    "order_id": owner,
                    "state": _S.NEW.value,
                }
                connection.execute(insert(_BOOKINGS).values(row).on_conflict_do_nothing())
            connection.execute(text(f"NOTIFY {BOOKINGS}"))

    def to_do(self, limit: int) -> tuple[BookingOnRecord, ...]:
        """Those that are new, to be sent back, or whose order has ended since; oldest first."""
        ended = and_(_BOOKINGS.c.state == _S.OPEN.value, _ORDERS.c.ended_at.is_not(None))
        statement = (
            select(*_BOOKINGS.c)
            .outerjoin(_ORDERS, _ORDERS.c.id == _BOOKINGS.c.order_id)
            .where(or_(_BOOKINGS.c.state.in_([_S.NEW.value, _S.RETURNING.value]), ended))
            .order_by(_BOOKINGS.c.position)
            .limit(limit)
        )
        with self._database.reading() as connection:
            return tuple(_on_record(row) for row in connection.execute(statement).mappings())

    def strays(self, older: timedelta = timedelta(0)) -> tuple[BookingOnRecord, ...]:
        """Those that wait for a person, and have done so for this long; oldest first."""
        with self._database.reading() as connection:
            rows = connection.execute(
                select(*_BOOKINGS.c)
                .where(
                    _BOOKINGS.c.state == _S.STRAY.value,
                    _BOOKINGS.c.seen_at <= func.now() - older,
                )
                .order_by(_BOOKINGS.c.position)
            )
            return tuple(_on_record(row) for row in rows.mappings())

    def find(self, booking: str) -> BookingOnRecord | None:
        """One booking."""
        with self._database.reading() as connection:
            row = (
                connection.execute(select(*_BOOKINGS.c).where(_BOOKINGS.c.id == booking))
                .mappings()
                .one_or_none()
            )
        return None if row is None else _on_record(row)

    def move(self, booking: str, then: BookingState, *, now: BookingState) -> bool:
        """From one state into another; False where it is no longer in it."""
        return self._change(booking, now, {"state": then.value})

    def set_aside(self, booking: str) -> bool:
        """A new one that nobody owns waits for a person; False where one has said whose it is, or
        it waits already."""
        return self._change(
            booking, _S.NEW, {"state": _S.STRAY.value}, _BOOKINGS.c.order_id.is_(None)
        )

    def assign(self, booking: str, order: str) -> bool:
        """A person says whose a stray one is; False where it waits for nobody any more."""
        return self._change(booking, _S.STRAY, {"state": _S.NEW.value, "order_id": order})

    def of(self, reference: str) -> tuple[str, ...]:
        """The names of all bookings of the order that a reference was given to."""
        owner = select(_CLAIMS.c.order_id).where(
            _CLAIMS.c.provider == self._provider, _CLAIMS.c.reference == reference
        )
        with self._database.reading() as connection:
            return tuple(
                connection.scalars(
                    select(_BOOKINGS.c.id)
                    .where(_BOOKINGS.c.order_id.in_(owner))
                    .order_by(_BOOKINGS.c.position)
                )
            )

    def _change(
        self,
        booking: str,
        now: BookingState,
        values: dict[str, object],
        *where: ColumnElement[bool],
    ) -> bool:
        with self._database.transaction() as connection:
            done = connection.execute(
                update(_BOOKINGS)
                .where(_BOOKINGS.c.id == booking, _BOOKINGS.c.state == now.value, *where)
                .values(values)
            )
            connection.execute(text(f"NOTIFY {BOOKINGS}"))
            return done.rowcount > 0


def _on_record(row: RowMapping) -> BookingOnRecord:
    return BookingOnRecord(
        id=row["id"],
        money=Money(amount=row["amount"], currency=row["currency"]),
        reference=row["reference"],
        order=row["order_id"],
        state=BookingState(row["state"]),
        seen_at=row["seen_at"],
    )
