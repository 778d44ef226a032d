"""Step 2 and step 13: authorize, capture, void, refund."""

from datetime import datetime, timedelta

from temporalio import activity

from activities.operations import operation
from activities.payment_provider import PaymentClaims, PaymentProvider
from activities.step import IN_DOUBT_FOR, Records, Request, StepRun, step_run
from domain.ids import idempotency_key
from domain.journal import FactOutcome
from domain.model import Model, OptionalText
from domain.money import Money
from domain.payment import (
    Authorization,
    AuthorizeMethod,
    Decline,
    DeclineKind,
    ExistingIntent,
    InDoubt,
    NotCaptured,
    PaymentEvent,
    PaymentEventKind,
    PaymentTerms,
    Prepaid,
)
from domain.record import Commit
from domain.status import Step

_AUTHORIZE = "authorize"


class AuthorizePayment(Request):
    """Secure the money under the order's terms."""

    money: Money
    terms: PaymentTerms


class PaymentSecured(Model):
    """Either an authorization, or a decline, or neither where nothing has to be held."""

    authorization: Authorization | None = None
    decline: Decline | None = None


class CapturePayment(Request):
    """Take money that is held."""

    reference: str
    money: Money


class CaptureResult(Model):
    """Captured money, or why none was."""

    captured: Money | None = None
    reason: OptionalText = ""


class VoidPayment(Request):
    """Let go of money that is, or may be, held.

    ``in_doubt`` is what was asked for, where no answer to that was heard; ``authorize_sequence``
    says which authorization of the order it was. ``unverified`` is what a checkout is said to hold
    under ``reference``, where nobody has verified that it does, and for this order.
    """

    reference: str | None = None
    authorized_since: datetime
    in_doubt: Money | None = None
    authorize_sequence: int = 1
    unverified: Money | None = None


class Voided(Model):
    """What was let go of; None where nothing was held. In the history for the records' sake."""

    let_go: Authorization | None = None


class RefundPayment(Request):
    """Give back money that was captured."""

    reference: str
    money: Money


class PaymentActivities:
    """What an order asks of its payment provider."""

    def __init__(
        self,
        provider: PaymentProvider,
        claims: PaymentClaims,
        records: Records,
        in_doubt_for: timedelta = IN_DOUBT_FOR,
    ) -> None:
        """Wire the provider and the back office."""
        self._provider = provider
        self._claims = claims
        self._records = records
        self._in_doubt_for = in_doubt_for

    @activity.defn(name="authorize_payment", no_thread_cancel_exception=True)
    @operation(_AUTHORIZE)
    def authorize(self, request: AuthorizePayment) -> PaymentSecured:
        """Hold the money (manual capture), or verify that the checkout did. Declines are answers.

        Source: Stripe, "Place a hold on a payment method".
        """
        with step_run(self._records, request, Step.PAYMENT, self.authorize) as run:
            outcome = self._secure(run, request)
            event = self._event(run, request, outcome)
            commit = Commit(order=request.order_id, payments=(event,))
            if isinstance(outcome, Decline):
                run.commit(commit, FactOutcome.DECLINED, outcome.message or outcome.code)
                return PaymentSecured(decline=outcome)
            run.commit(commit)
            return PaymentSecured(authorization=outcome)

    def _secure(self, run: StepRun, request: AuthorizePayment) -> Authorization | Decline:
        terms = request.terms
        if isinstance(terms, ExistingIntent):
            owner = self._claims.claim(self._provider.name, terms.payment_intent, request.order_id)
            if owner != request.order_id:
                return Decline(
                    kind=DeclineKind.MISMATCH,
                    code="payment_intent_in_use",
                    message="this payment already belongs to another order",
                )
            verified = self._provider.verify(request.order_id, request.money, terms)
            if isinstance(verified, Decline):
                # The corrected order, under a number of its own, may use it.
                self._claims.release(self._provider.name, terms.payment_intent, request.order_id)
            return verified
        if isinstance(terms, AuthorizeMethod):
            customer = self._records.order(request.order_id).order.customer
            return self._provider.authorize(
                run.attempt, request.order_id, request.money, terms, customer
            )
        reference = terms.reference if isinstance(terms, Prepaid) else "nothing-due"
        return Authorization(reference=reference, money=request.money)

    def _event(
        self, run: StepRun, request: AuthorizePayment, outcome: Authorization | Decline
    ) -> PaymentEvent:
        provider = self._provider.name
        if isinstance(outcome, Decline):
            return PaymentEvent(
                key=run.key,
                kind=PaymentEventKind.DECLINE,
                money=request.money,
                provider=provider,
                reference=outcome.code or outcome.kind.value,
                at=run.now(),
            )
        prepaid = isinstance(request.terms, Prepaid)
        return PaymentEvent(
            key=run.key,
            kind=PaymentEventKind.PREPAID if prepaid else PaymentEventKind.AUTHORIZATION,
            money=outcome.money,
            provider="channel" if prepaid else provider,
            reference=outcome.reference,
            at=run.now(),
            capture_before=outcome.capture_before,
        )

    @activity.defn(name="capture_payment", no_thread_cancel_exception=True)
    @operation("capture")
    def capture(self, request: CapturePayment) -> CaptureResult:
        """Take held money once. A refusal (lapsed, cancelled at the bank) is an answer."""
        with step_run(self._records, request, Step.HAND_OVER, self.capture) as run:
            outcome = self._provider.capture(run.attempt, request.reference, request.money)
            if isinstance(outcome, NotCaptured):
                run.commit(outcome=FactOutcome.DECLINED, detail=outcome.reason)
                return CaptureResult(reason=outcome.reason)
            run.commit(
                Commit(
                    order=request.order_id,
                    payments=(
                        self._money_moved(
                            run,
                            PaymentEventKind.CAPTURE,
                            outcome.money,
                            request.reference,
                            request.shipment,
                        ),
                    ),
                )
            )
            return CaptureResult(captured=outcome.money)

    @activity.defn(name="void_payment", no_thread_cancel_exception=True)
    @operation("void")
    def void(self, request: VoidPayment) -> Voided:
        """Let go of held money; when it is not known whether any is held, look it up first."""
        with step_run(self._records, request, Step.PAYMENT, self.void) as run:
            if request.unverified is not None and not self._is_ours(request, request.unverified):
                run.commit(outcome=FactOutcome.DECLINED, detail="it pays for no order of ours")
                return Voided()
            attempt = run.attempt.model_copy(update={"first_at": request.authorized_since})
            voided = self._provider.void(
                attempt, request.order_id, request.reference, self._doubt(run, request)
            )
            events = () if voided is None else self._held_and_let_go(run, request, voided)
            run.commit(Commit(order=request.order_id, payments=events))
            return Voided(let_go=voided)

    def _is_ours(self, request: VoidPayment, money: Money) -> bool:
        """Whether a checkout's hold is this order's to let go of."""
        terms = ExistingIntent(payment_intent=request.reference or "")
        owner = self._claims.claim(self._provider.name, terms.payment_intent, request.order_id)
        return owner == request.order_id and not isinstance(
            self._provider.verify(request.order_id, money, terms), Decline
        )

    def _held_and_let_go(
        self, run: StepRun, request: VoidPayment, voided: Authorization
    ) -> tuple[PaymentEvent, ...]:
        """The void; where nobody had heard of what it lets go, the books hear of both."""
        void = self._money_moved(run, PaymentEventKind.VOID, voided.money, voided.reference, None)
        if request.reference is not None and request.unverified is None:
            return (void,)
        held = {
            "key": idempotency_key(request.order_id, _AUTHORIZE, request.authorize_sequence),
            "kind": PaymentEventKind.AUTHORIZATION,
            "capture_before": voided.capture_before,
        }
        return (void.model_copy(update=held), void)

    def _doubt(self, run: StepRun, request: VoidPayment) -> InDoubt | None:
        if request.in_doubt is None:
            return None
        return InDoubt(
            key=idempotency_key(request.order_id, _AUTHORIZE, request.authorize_sequence),
            money=request.in_doubt,
            settled=run.waited >= self._in_doubt_for,
        )

    @activity.defn(name="refund_payment", no_thread_cancel_exception=True)
    @operation("refund")
    def refund(self, request: RefundPayment) -> Money:
        """Give captured money back once; answers the provider's own figure."""
        with step_run(self._records, request, Step.HAND_OVER, self.refund) as run:
            refunded = self._provider.refund(run.attempt, request.reference, request.money)
            run.commit(
                Commit(
                    order=request.order_id,
                    payments=(
                        self._money_moved(
                            run,
                            PaymentEventKind.REFUND,
                            refunded.money,
                            refunded.reference,
                            request.shipment,
                        ),
                    ),
                )
            )
            return refunded.money

    def _money_moved(
        self,
        run: StepRun,
        kind: PaymentEventKind,
        money: Money,
        reference: str,
        shipment: str | None,
    ) -> PaymentEvent:
        return PaymentEvent(
            key=run.key,
            kind=kind,
            money=money,
            provider=self._provider.name,
            reference=reference,
            shipment=shipment,
            at=run.now(),
        )
