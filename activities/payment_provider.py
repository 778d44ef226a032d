"""What the payment activities need: a provider, and who may use which of its references."""

from typing import Protocol

from domain.attempt import Attempt
from domain.money import Money
from domain.payment import (
    Authorization,
    AuthorizeMethod,
    Captured,
    ConfirmationNeeded,
    Decline,
    ExistingIntent,
    InDoubt,
    NotCaptured,
    Payer,
    PaymentWay,
    Refunded,
    Transfer,
)
from domain.risk import Assessment


class PaymentProvider(Protocol):
    """A payment provider. Every method raises NotDone, UnknownOutcome, Refused or Mismatch."""

    name: str

    def authorize(
        self,
        attempt: Attempt,
        order_id: str,
        money: Money,
        method: AuthorizeMethod | Transfer,
        payer: Payer,
        *,
        parts: bool = False,
    ) -> Authorization | Decline | ConfirmationNeeded:
        """Hold money without taking it. A repeated attempt never holds it twice.

        What is to be transferred is confirmed once all of it has come; a method that the provider
        does not take is Refused.

        With ``parts`` it is to be taken in several parts; whether that can be had is the answer's.
        """
        ...

    def look(
        self, order_id: str, reference: str, money: Money
    ) -> Authorization | Decline | ConfirmationNeeded:
        """What has become of money that waited for the customer's confirmation."""
        ...

    def assess(self, order_id: str, reference: str) -> Assessment:
        """What the provider thinks of a payment by now, and what a review there came to."""
        ...

    def renew(
        self,
        attempt: Attempt,
        order_id: str,
        money: Money,
        reference: str,
        *,
        parts: bool = False,
    ) -> Authorization | Decline:
        """Hold money once more by the method that paid for ``reference``, without the customer.

        Where the method was not kept for that, or the bank wants the customer, it is a decline.
        """
        ...

    def verify(
        self, order_id: str, money: Money, intent: ExistingIntent
    ) -> Authorization | Decline:
        """Check that an existing intent holds just this money, uncaptured, and mark it ours."""
        ...

    def capture(
        self,
        attempt: Attempt,
        reference: str,
        money: Money,
        *,
        final: bool = True,
        before: Money | None = None,
        rest: Money | None = None,
    ) -> Captured | NotCaptured:
        """Take held money once; what is held beyond it is released, unless it is not ``final``.

        ``before`` is what was taken of it already: what is taken now comes on top. ``rest`` is what
        the order has held beyond it and wants no more, for providers that do not know that.

        Where the provider cannot take an amount to the last minor unit, it takes what it can below.
        """
        ...

    def void(
        self,
        attempt: Attempt,
        order_id: str,
        reference: str | None,
        in_doubt: InDoubt | None,
        taken: Money | None = None,
        held: Money | None = None,
    ) -> Authorization | None:
        """Let go of money held for an order; without a reference it is looked up first.

        What was ``taken`` of it before stays taken. ``held`` is what the order knows that it has
        held besides; without it, it is all that there is.

        Where authorizing is ``in_doubt``, no late try of it may hold money afterwards. Answers
        what was let go, or None where nothing is held.
        """
        ...

    def refund(self, attempt: Attempt, reference: str, money: Money) -> Refunded:
        """Give captured money back, once."""
        ...


class PaymentProviders(Protocol):
    """The payment providers of an installation."""

    def __call__(self, way: PaymentWay) -> PaymentProvider:
        """The one that money is at.

        Raises:
            Refused: none is set up for that.
        """
        ...


class PaymentClaims(Protocol):
    """Which order a provider's reference belongs to."""

    def claim(self, provider: str, reference: str, order_id: str) -> str:
        """Claim a reference for an order; answers the order that owns it, first come."""
        ...

    def release(self, provider: str, reference: str, order_id: str) -> None:
        """Let a reference go that does not pay for the order that claimed it."""
        ...
