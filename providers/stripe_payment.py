"""Payments by Stripe: authorize with manual capture, verify, capture, void, refund.

Source: Stripe, "Place a hold on a payment method", "Idempotent requests", "Refund and cancel
payments".
"""

import stripe

from domain.attempt import Attempt
from domain.failures import Refused, UnknownOutcome
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
    Refunded,
    RefundStatus,
    Transfer,
)
from domain.risk import Assessment
from providers.stripe_assessment import assess
from providers.stripe_authorization import authorize, look
from providers.stripe_calls import CONNECT_SECONDS, READ_SECONDS, StripeCalls
from providers.stripe_lookup import refund_of, retrieve
from providers.stripe_refunds import create, give_back, look_at_refund, refunded
from providers.stripe_renewal import renew
from providers.stripe_units import chargeable, to_stripe
from providers.stripe_verification import verified
from providers.stripe_void import void
from providers.stripe_words import captured, refusal

_LAPSED = "charge_expired_for_capture"


class StripePayment:
    """The payment provider of `activities.payment`, over Stripe's SDK. Safe between threads.

    Every method raises NotDone, UnknownOutcome, Refused or Mismatch of `domain.failures`.
    """

    name = "stripe"

    def __init__(
        self,
        url: str | None,
        key: str,
        timeout: tuple[float, float] = (CONNECT_SECONDS, READ_SECONDS),
    ) -> None:
        """``url`` None means Stripe itself; ``key`` is a secret key; ``timeout`` is (connect,
        read) in seconds."""
        self._calls = StripeCalls(url, key, timeout)

    def close(self) -> None:
        """Let go of all connections."""
        self._calls.close()

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
        """Hold money without taking it, once: a repeated attempt finds what an earlier one did.

        A card that the bank refuses is a decline; so is one that wants 3-D Secure, unless the
        payer is waited for. With ``parts`` multicapture is asked for.

        Raises:
            Refused: also for a transfer, which is to come to a bank account.
        """
        if isinstance(method, Transfer):
            raise Refused("stripe", "it takes no transfers to the seller's own account")
        turn = self._calls.turn(attempt.repeated)
        return authorize(turn, attempt, order_id, money, method, payer, parts=parts)

    def look(
        self, order_id: str, reference: str, money: Money
    ) -> Authorization | Decline | ConfirmationNeeded:
        """What has become of an intent that waited for the customer."""
        return look(self._calls.turn(), order_id, reference, money)

    def assess(self, order_id: str, reference: str) -> Assessment:
        """What Stripe thinks of an intent by now, with the review by people in Radar."""
        return assess(self._calls.turn(), order_id, reference)

    def renew(
        self,
        attempt: Attempt,
        order_id: str,
        money: Money,
        reference: str,
        *,
        parts: bool = False,
    ) -> Authorization | Decline:
        """Hold money once more, off-session, by the method that an intent kept for that.

        Of the rest of an order Stripe may not be able to charge the last fils: it is not held.
        """
        turn = self._calls.turn(attempt.repeated)
        return renew(turn, attempt, order_id, chargeable(money), reference, parts=parts)

    def verify(
        self, order_id: str, money: Money, intent: ExistingIntent
    ) -> Authorization | Decline:
        """Check that the checkout's intent holds just this money, uncaptured; mark it ours."""
        return verified(self._calls.turn(), order_id, money, intent.payment_intent)

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

        An intent only says what was taken of it in all, so captures of one intent come one after
        the other, and ``before`` tells them apart. Of a part of an order Stripe may not be able to
        charge the last fils: then it is left to the customer. The ``rest`` Stripe knows itself. An
        authorization that lapsed, or that the bank takes back, is an answer.
        """
        units, used = _units(chargeable(money)), 0 if before is None else _units(before)
        turn = self._calls.turn()
        params: stripe.params.PaymentIntentCaptureParams = {"amount_to_capture": units}
        if not final:
            params["final_capture"] = False

        def ended() -> stripe.PaymentIntent | None:
            intent = retrieve(turn, reference)
            return None if captured(intent, units, used) is None else intent

        try:
            found = ended() if attempt.repeated else None
            intent = found or turn.write(
                attempt.key,
                lambda options: turn.v1.payment_intents.capture(reference, params, options),
                ended,
                attempt.repeated,
            )
        except (stripe.CardError, stripe.InvalidRequestError) as error:
            intent = ended()
            if intent is None:
                return _not_captured(error)
        except UnknownOutcome:
            intent = ended()
            if intent is None:
                raise
        outcome = captured(intent, units, used)
        if outcome is None:
            raise UnknownOutcome("stripe", f"{reference} is {intent.status} after its capture")
        return outcome

    def void(
        self,
        attempt: Attempt,
        order_id: str,
        reference: str | None,
        in_doubt: InDoubt | None = None,
        taken: Money | None = None,
        held: Money | None = None,
    ) -> Authorization | None:
        """Let go of money held for an order; without a reference, look for it first.

        ``attempt.first_at`` is when authorizing began. Where its outcome is ``in_doubt``, its
        keys are occupied first, so that no late try can hold money any more. Answers what this
        operation let go (at whichever attempt), or None where nothing was held. What was
        ``taken`` before stays taken; what is ``held`` Stripe knows itself.

        Raises:
            Mismatch: more was captured already.
            UnknownOutcome: also while a try at authorizing may still be under way.
        """
        used = 0 if taken is None else _units(taken)
        return void(self._calls.turn(), attempt, order_id, reference, in_doubt, used)

    def refund(self, attempt: Attempt, reference: str, money: Money) -> Refunded:
        """Give captured money back, once.

        Raises:
            Refused: Stripe gives no more back, or the bank sent it back again.
        """
        turn = self._calls.turn()

        def known() -> stripe.Refund | None:
            return refund_of(turn, reference, attempt.key)

        found = known() if attempt.repeated else None
        outcome = refunded(found or create(turn, attempt, reference, _units(money), known))
        if outcome.status is RefundStatus.FAILED:
            raise Refused("stripe", f"refund {outcome.reference} is {outcome.reason}")
        return outcome

    def give_back(self, attempt: Attempt, reference: str, money: Money) -> Refunded:
        """Give back a part of a capture, once; as much of it as Stripe can, to its last unit."""
        return give_back(self._calls.turn(attempt.repeated), attempt, reference, money)

    def look_at_refund(self, refund: str) -> Refunded:
        """How a refund stands by now: it may take days, and come back."""
        return look_at_refund(self._calls.turn(), refund)


def _units(money: Money) -> int:
    try:
        return to_stripe(money)
    except ValueError as error:
        raise Refused("stripe", str(error)) from error


def _not_captured(error: stripe.StripeError) -> NotCaptured:
    if isinstance(error, stripe.CardError) or error.code == _LAPSED:
        return NotCaptured(reason=(error.user_message or error.code or "declined")[:250])
    raise refusal(error) from error
