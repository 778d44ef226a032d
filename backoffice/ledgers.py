"""The log of what happened to an order's money, and what it adds up to."""

from dataclasses import dataclass

from sqlalchemy import RowMapping, select

from backoffice.database import Database
from backoffice.tables.base import table
from backoffice.tables.payments import PaymentEventRow
from domain.money import Money
from domain.payment import PaymentEvent, PaymentEventKind

_EVENTS = table(PaymentEventRow)


@dataclass(frozen=True)
class Totals:
    """Sums of an order's payment events, by what they did. All are in one currency."""

    authorized: Money
    captured: Money
    voided: Money
    refunded: Money
    prepaid: Money

    @property
    def settled(self) -> Money:
        """What the customer has paid and still has paid."""
        return self.captured + self.prepaid - self.refunded


class MoneyLedger:
    """Payment events by order."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def events(self, order_id: str) -> tuple[PaymentEvent, ...]:
        """Everything that happened to an order's money, in order of time."""
        with self._database.reading() as connection:
            rows = connection.execute(
                select(_EVENTS)
                .where(_EVENTS.c.order_id == order_id)
                .order_by(_EVENTS.c.at, _EVENTS.c.key)
            )
            return tuple(event_of(row) for row in rows.mappings())

    def totals(self, order_id: str, currency: str) -> Totals:
        """The sums of an order's events, in its currency; raises ValueError for another one."""
        return totals_of(self.events(order_id), currency)


def totals_of(events: tuple[PaymentEvent, ...], currency: str) -> Totals:
    """Add events up. Raises ValueError for one in another currency."""

    def of(kind: PaymentEventKind) -> Money:
        amounts = (event.money for event in events if event.kind is kind)
        return sum(amounts, Money.zero(currency))

    return Totals(
        authorized=of(PaymentEventKind.AUTHORIZATION),
        captured=of(PaymentEventKind.CAPTURE),
        voided=of(PaymentEventKind.VOID),
        refunded=of(PaymentEventKind.REFUND) - of(PaymentEventKind.REFUND_FAILED),
        prepaid=of(PaymentEventKind.PREPAID),
    )


def event_of(row: RowMapping) -> PaymentEvent:
    """An event as it was written."""
    return PaymentEvent(
        key=row["key"],
        kind=PaymentEventKind(row["kind"]),
        money=Money(amount=row["amount"], currency=row["currency"]),
        provider=row["provider"],
        reference=row["reference"],
        shipment=row["shipment"],
        at=row["at"],
        capture_before=row["capture_before"],
    )
