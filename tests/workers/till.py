"""A shop's money in our books and at Stripe, as activities leave it, and what is reported of it."""

import asyncio
import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import stripe
from sqlalchemy import text

from backoffice.books import Books
from backoffice.database import Database
from domain.accounts import Accounts, Period, Statement
from domain.address import Customer
from domain.attempt import Attempt
from domain.ids import idempotency_key
from domain.matching import Match
from domain.money import Money
from domain.payment import (
    Authorization,
    AuthorizeMethod,
    Captured,
    Payer,
    PaymentEvent,
    PaymentEventKind,
)
from domain.record import Commit
from providers.stripe_payment import StripePayment
from providers.stripe_payouts import StripePayouts
from sandbox.client import SandboxClient
from tests.backoffice.samples import Trade
from workers.provider_accounts import ProviderAccounts

PAYER = Payer(customer=Customer(name="Mia", email="mia@customer.example"))
LONG = timedelta(days=390)
_AVAILABLE_AFTER, _HEARD_AFTER = timedelta(days=3), timedelta(seconds=5)


@dataclass
class Sale:
    """An order whose money was captured."""

    order: str
    reference: str
    money: Money
    refunds: int = 0


class Till:
    """Takes and gives back; what is done here is on record here, as an order's activities do it."""

    def __init__(self, sandbox: SandboxClient, database: Database) -> None:
        self.sandbox, self.database = sandbox, database
        self.trade = Trade(database)
        self.books = Books.over(database)
        url = sandbox.base("stripe")
        self.payment = StripePayment(url, "sk_test_sandbox")
        self.account = StripePayouts(url, "sk_test_sandbox")
        self.dashboard = stripe.StripeClient("sk_test_person", base_addresses={"api": url})
        self.accounts = ProviderAccounts(self.books, self.account)
        self.begin()

    def begin(self) -> None:
        """As a worker that starts: its lists are known, and due by now."""
        asyncio.run(self.accounts.read())
        self.books.movements.ring()

    def close(self) -> None:
        self.payment.close()
        self.account.close()

    def sell(self, amount: int, currency: str = "EUR", card: str = "pm_card_visa") -> Sale:
        """An order that is paid and captured."""
        money = Money(amount=amount, currency=currency)
        order = self.trade.accept(uuid.uuid4().hex[:12], currency=currency)
        method = AuthorizeMethod(payment_method=card)
        held = self.payment.authorize(attempt(f"{order}:authorize:1"), order, money, method, PAYER)
        assert isinstance(held, Authorization)
        self.books.claims.claim("stripe", held.reference, order)
        sale = Sale(order, held.reference, money)
        self._put(sale, f"{order}:authorize:1", PaymentEventKind.AUTHORIZATION, money)
        key = f"{order}-s1:capture:1"
        taken = self.payment.capture(attempt(key), held.reference, money)
        assert isinstance(taken, Captured)
        self._put(sale, key, PaymentEventKind.CAPTURE, taken.money)
        return sale

    def give_back(self, sale: Sale, amount: int) -> None:
        """A refund by staff."""
        sale.refunds += 1
        key = idempotency_key(f"{sale.order}-s1", "give_back", sale.refunds)
        money = Money(amount=amount, currency=sale.money.currency)
        given = self.payment.give_back(attempt(key), sale.reference, money)
        self._put(sale, key, PaymentEventKind.REFUND, given.money, given.reference)

    def outside(self, sale: Sale, amount: int) -> str:
        """Somebody gives money back in the provider's dashboard; the refund."""
        made = self.dashboard.v1.refunds.create(
            {"payment_intent": sale.reference, "amount": amount}
        )
        return made.id

    def pay_out(self, currency: str = "eur", **how: object) -> dict[str, Any]:
        """The provider pays out what is available, and hears of it from the bank."""
        self.sandbox.advance(_AVAILABLE_AFTER)
        made = self.sandbox.payout(currency, **how)
        self.sandbox.advance(_HEARD_AFTER)
        return made

    def _put(
        self,
        sale: Sale,
        key: str,
        kind: PaymentEventKind,
        money: Money,
        reference: str | None = None,
    ) -> None:
        event = PaymentEvent(
            key=key,
            kind=kind,
            money=money,
            provider="stripe",
            reference=reference or sale.reference,
            shipment=f"{sale.order}-s1",
            at=datetime.now(UTC),
        )
        self.books.records.commit(Commit(order=sale.order, payments=(event,)))

    def forget(self, sale: Sale, kind: PaymentEventKind) -> None:
        """Take an entry out of our own books, as no program of ours does."""
        with self.database.transaction() as connection:
            connection.execute(
                text("DELETE FROM payment_events WHERE order_id = :order AND kind = :kind"),
                {"order": sale.order, "kind": kind.value},
            )

    def read(self) -> None:
        """Read the provider's account until nothing is left to read."""
        self.books.movements.ring()
        while asyncio.run(self.accounts.read()):
            continue

    def report(self, shop: str | None = None) -> Accounts:
        """All that there is, whatever the sandbox's clock says."""
        return self.books.accounts.report(period(), shop)

    def statement(self, currency: str = "EUR") -> Statement:
        (found,) = [one for one in self.report().statements if one.currency == currency]
        return found

    def trouble(self) -> list[Match]:
        """What a person has to look into."""
        return [one for one in self.report().unmatched if one.result.is_trouble]


def attempt(key: str) -> Attempt:
    return Attempt(key=key, first_at=datetime.now(UTC))


def period(days: timedelta = LONG) -> Period:
    today = datetime.now(UTC).date()
    first: date = today - timedelta(days=2)
    return Period(first=first, to=first + days)
