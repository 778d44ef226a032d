"""What the payment activities are asked, and what they answer."""

from datetime import datetime
from typing import Annotated

from activities.step import Request
from domain.model import Model, OptionalText, unsaid
from domain.money import Money
from domain.payment import Authorization, ConfirmationNeeded, Decline, HoldTerms, PaymentWay


class PaymentRequest(Request):
    """What is asked of a payment provider: the one that the order's money is, or will be, at."""

    way: Annotated[PaymentWay, unsaid(PaymentWay.CARD)] = PaymentWay.CARD


class AuthorizePayment(PaymentRequest):
    """Secure the money under these terms; with ``waits`` the customer may confirm it later, and
    with ``parts`` it is to be taken in several parts, where that can be had.

    ``anew`` says that it is not the order's first: what the provider refuses for good is a decline
    then, since nobody but the customer has another method, and the capture must not wait for it.
    """

    money: Money
    terms: HoldTerms
    waits: bool = False
    parts: Annotated[bool, unsaid(usual=False)] = False
    anew: Annotated[bool, unsaid(usual=False)] = False


class LookAtPayment(PaymentRequest):
    """See what has become of money that waited for the customer's confirmation.

    ``authorize_sequence`` says which authorization of the order asked for it.
    """

    reference: str
    money: Money
    authorize_sequence: int = 1


class LookAtReview(PaymentRequest):
    """Ask the provider what it thinks of a payment by now, and what a review there came to."""

    reference: str


class PaymentSecured(Model):
    """One of these: money is held, or will not be, or the customer has to confirm it first."""

    authorization: Authorization | None = None
    decline: Decline | None = None
    confirmation: ConfirmationNeeded | None = None

    @classmethod
    def of(cls, outcome: "Outcome") -> "PaymentSecured":
        """The provider's answer, as an activity gives it."""
        match outcome:
            case Authorization():
                return cls(authorization=outcome)
            case Decline():
                return cls(decline=outcome)
            case ConfirmationNeeded():
                return cls(confirmation=outcome)


Outcome = Authorization | Decline | ConfirmationNeeded


class CapturePayment(PaymentRequest):
    """Take money that is held.

    ``before`` was taken of it already; unless ``final``, what is left stays held. ``rest`` is what
    the order has held beyond it, and is let go of.
    """

    reference: str
    money: Money
    final: Annotated[bool, unsaid(usual=True)] = True
    before: Annotated[Money | None, unsaid(None)] = None
    rest: Annotated[Money | None, unsaid(None)] = None


class CaptureResult(Model):
    """Captured money and what was let go of with it, or why none was captured."""

    captured: Money | None = None
    released: Money | None = None
    reason: OptionalText = ""


class VoidPayment(PaymentRequest):
    """Let go of money that is, or may be, held.

    ``in_doubt`` is what was asked for, where no answer to that was heard; ``unconfirmed`` says that
    the customer had to confirm what ``reference`` names, and may have done so unheard;
    ``authorize_sequence`` says which authorization of the order it was. ``unverified`` is what a
    checkout is said to hold under ``reference``, where nobody has verified that it does, and for
    this order. ``taken`` is what was captured of ``reference``, and stays captured; ``held`` is
    what the order knows that it has held besides.
    """

    reference: str | None = None
    unconfirmed: bool = False
    authorized_since: datetime
    in_doubt: Money | None = None
    authorize_sequence: int = 1
    unverified: Money | None = None
    taken: Annotated[Money | None, unsaid(None)] = None
    held: Annotated[Money | None, unsaid(None)] = None


class Voided(Model):
    """What was let go of; None where nothing was held. In the history for the records' sake."""

    let_go: Authorization | None = None


class RefundPayment(PaymentRequest):
    """Give back money that was captured."""

    reference: str
    money: Money
