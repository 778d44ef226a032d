"""Step 2 and step 13: authorize, capture, void, refund."""

from datetime import timedelta

from temporalio import activity

from activities.operations import operation
from activities.payment_provider import PaymentClaims, PaymentProvider, PaymentProviders
from activities.payment_requests import (
    AuthorizePayment,
    CapturePayment,
    CaptureResult,
    LookAtPayment,
    LookAtReview,
    Outcome,
    PaymentRequest,
    PaymentSecured,
    RefundPayment,
    Voided,
    VoidPayment,
)
from activities.step import IN_DOUBT_FOR, Records, StepRun, step_run
from domain.failures import Refused
from domain.ids import idempotency_key
from domain.journal import FactOutcome
from domain.money import Money
from domain.payment import (
    Authorization,
    AuthorizeMethod,
    Captured,
    ConfirmationNeeded,
    Decline,
    DeclineKind,
    ExistingIntent,
    InDoubt,
    KeptMethod,
    NotCaptured,
    Payer,
    PaymentEvent,
    PaymentEventKind,
    Prepaid,
    Transfer,
)
from domain.record import Commit
from domain.risk import Assessment
from domain.status import Step

_AUTHORIZE = "authorize"
_NOT_TAKEN = Decline(
    kind=DeclineKind.CARD,
    code="refused",
    message="This payment method cannot be used. Please choose another one.",
)


def _authorize_key(order_id: str, sequence: int) -> str:
    """What an order's n-th authorization is called, whoever hears of it first."""
    return idempotency_key(order_id, _AUTHORIZE, sequence)


class PaymentActivities:
    """What an order asks of its payment provider."""

    def __init__(
        self,
        providers: PaymentProviders,
        claims: PaymentClaims,
        records: Records,
        in_doubt_for: timedelta = IN_DOUBT_FOR,
    ) -> None:
        """Wire the providers and the back office."""
        self._providers = providers
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
            refused = ""
            try:
                outcome = self._secure(run, request)
            except Refused as refusal:
                if not request.anew:
                    raise
                outcome, refused = _NOT_TAKEN, refusal.reason
            _commit(run, self._event(run, request, outcome), outcome, refused)
            return PaymentSecured.of(outcome)

    @activity.defn(name="look_at_payment", no_thread_cancel_exception=True)
    @operation("look_at_payment")
    def look(self, request: LookAtPayment) -> PaymentSecured:
        """Ask the provider whether the customer has confirmed. Webhooks are only ever a hint."""
        with step_run(self._records, request, Step.PAYMENT, self.look) as run:
            provider = self._provider(request)
            outcome = provider.look(request.order_id, request.reference, request.money)
            event = self._event(run, request, outcome)
            if event is not None and event.kind is PaymentEventKind.AUTHORIZATION:
                key = _authorize_key(request.order_id, request.authorize_sequence)
                event = event.model_copy(update={"key": key})
            _commit(run, event, outcome)
            return PaymentSecured.of(outcome)

    @activity.defn(name="look_at_review", no_thread_cancel_exception=True)
    @operation("look_at_review")
    def look_at_review(self, request: LookAtReview) -> Assessment:
        """Ask the provider what a review there came to. Webhooks are only ever a hint."""
        with step_run(self._records, request, Step.PAYMENT, self.look_at_review) as run:
            found = self._provider(request).assess(request.order_id, request.reference)
            run.commit(detail=f"risk {found.risk.value}, review {found.review.value}")
            return found

    def _provider(self, request: PaymentRequest) -> PaymentProvider:
        return self._providers(request.way)

    def _secure(self, run: StepRun, request: AuthorizePayment) -> Outcome:
        terms = request.terms
        if isinstance(terms, ExistingIntent):
            return self._verified(request, terms)
        if isinstance(terms, KeptMethod):
            return self._provider(request).renew(
                run.attempt,
                request.order_id,
                request.money,
                terms.reference,
                parts=request.parts,
            )
        if isinstance(terms, AuthorizeMethod | Transfer):
            on_record = self._records.order(request.order_id)
            payer = Payer(
                customer=on_record.order.customer,
                waits=request.waits,
                back_to=on_record.shop.status_page,
            )
            provider = self._provider(request)
            outcome = provider.authorize(
                run.attempt, request.order_id, request.money, terms, payer, parts=request.parts
            )
            return self._known(request, outcome) if isinstance(terms, Transfer) else outcome
        reference = terms.reference if isinstance(terms, Prepaid) else "nothing-due"
        return Authorization(reference=reference, money=request.money)

    def _verified(self, request: AuthorizePayment, terms: ExistingIntent) -> Outcome:
        provider = self._provider(request)
        owner = self._claims.claim(provider.name, terms.payment_intent, request.order_id)
        if owner != request.order_id:
            return _in_use()
        verified = provider.verify(request.order_id, request.money, terms)
        if isinstance(verified, Decline):
            # The corrected order, under a number of its own, may use it.
            self._claims.release(provider.name, terms.payment_intent, request.order_id)
        return verified

    def _known(self, request: AuthorizePayment, outcome: Outcome) -> Outcome:
        """Before a customer hears of a reference, it is on record whose money comes under it."""
        if isinstance(outcome, Decline):
            return outcome
        name = self._provider(request).name
        owner = self._claims.claim(name, outcome.reference, request.order_id)
        return outcome if owner == request.order_id else _in_use()

    def _event(
        self, run: StepRun, request: AuthorizePayment | LookAtPayment, outcome: Outcome
    ) -> PaymentEvent | None:
        terms = request.terms if isinstance(request, AuthorizePayment) else None
        prepaid = isinstance(terms, Prepaid)
        provider, money = self._provider(request).name, request.money
        if isinstance(outcome, ConfirmationNeeded):
            return None
        if isinstance(outcome, Decline):
            return PaymentEvent(
                key=run.key,
                kind=PaymentEventKind.DECLINE,
                money=money,
                provider=provider,
                reference=outcome.code or outcome.kind.value,
                at=run.now(),
            )
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
            outcome = self._provider(request).capture(
                run.attempt,
                request.reference,
                request.money,
                final=request.final,
                before=request.before,
                rest=request.rest,
            )
            if isinstance(outcome, NotCaptured):
                run.commit(outcome=FactOutcome.DECLINED, detail=outcome.reason)
                return CaptureResult(reason=outcome.reason)
            run.commit(Commit(order=request.order_id, payments=self._taken(run, request, outcome)))
            return CaptureResult(captured=outcome.money, released=outcome.released)

    def _taken(
        self, run: StepRun, request: CapturePayment, captured: Captured
    ) -> tuple[PaymentEvent, ...]:
        """The capture; what the provider let go of with it is a void of its own."""
        capture = self._money_moved(
            run,
            request,
            PaymentEventKind.CAPTURE,
            captured.money,
            request.reference,
        )
        if captured.released is None:
            return (capture,)
        rest = {"key": f"{run.key}:rest", "kind": PaymentEventKind.VOID, "money": captured.released}
        return (capture, capture.model_copy(update=rest))

    @activity.defn(name="void_payment", no_thread_cancel_exception=True)
    @operation("void")
    def void(self, request: VoidPayment) -> Voided:
        """Let go of held money; when it is not known whether any is held, look it up first."""
        with step_run(self._records, request, Step.PAYMENT, self.void) as run:
            if request.unverified is not None and not self._is_ours(request, request.unverified):
                run.commit(outcome=FactOutcome.DECLINED, detail="it pays for no order of ours")
                return Voided()
            attempt = run.attempt.model_copy(update={"first_at": request.authorized_since})
            voided = self._provider(request).void(
                attempt,
                request.order_id,
                request.reference,
                self._doubt(run, request),
                request.taken,
                request.held,
            )
            events = () if voided is None else self._held_and_let_go(run, request, voided)
            run.commit(Commit(order=request.order_id, payments=events))
            return Voided(let_go=voided)

    def _is_ours(self, request: VoidPayment, money: Money) -> bool:
        """Whether a checkout's hold is this order's to let go of."""
        terms = ExistingIntent(payment_intent=request.reference or "")
        provider = self._provider(request)
        owner = self._claims.claim(provider.name, terms.payment_intent, request.order_id)
        return owner == request.order_id and not isinstance(
            provider.verify(request.order_id, money, terms), Decline
        )

    def _held_and_let_go(
        self, run: StepRun, request: VoidPayment, voided: Authorization
    ) -> tuple[PaymentEvent, ...]:
        """The void; where nobody had heard of what it lets go, the books hear of both."""
        kind = PaymentEventKind.VOID
        void = self._money_moved(run, request, kind, voided.money, voided.reference)
        if request.reference is not None and not (request.unconfirmed or request.unverified):
            return (void,)
        held = {
            "key": _authorize_key(request.order_id, request.authorize_sequence),
            "kind": PaymentEventKind.AUTHORIZATION,
            "capture_before": voided.capture_before,
        }
        return (void.model_copy(update=held), void)

    def _doubt(self, run: StepRun, request: VoidPayment) -> InDoubt | None:
        if request.in_doubt is None:
            return None
        return InDoubt(
            key=_authorize_key(request.order_id, request.authorize_sequence),
            money=request.in_doubt,
            settled=run.waited >= self._in_doubt_for,
        )

    @activity.defn(name="refund_payment", no_thread_cancel_exception=True)
    @operation("refund")
    def refund(self, request: RefundPayment) -> Money:
        """Give captured money back once; answers the provider's own figure."""
        with step_run(self._records, request, Step.HAND_OVER, self.refund) as run:
            provider = self._provider(request)
            refunded = provider.refund(run.attempt, request.reference, request.money)
            run.commit(
                Commit(
                    order=request.order_id,
                    payments=(
                        self._money_moved(
                            run,
                            request,
                            PaymentEventKind.REFUND,
                            refunded.money,
                            refunded.reference,
                        ),
                    ),
                )
            )
            return refunded.money

    def _money_moved(
        self,
        run: StepRun,
        request: PaymentRequest,
        kind: PaymentEventKind,
        money: Money,
        reference: str,
    ) -> PaymentEvent:
        return PaymentEvent(
            key=run.key,
            kind=kind,
            money=money,
            provider=self._provider(request).name,
            reference=reference,
            shipment=request.shipment,
            at=run.now(),
        )


def _in_use() -> Decline:
    return Decline(
        kind=DeclineKind.MISMATCH,
        code="payment_intent_in_use",
        message="this payment already belongs to another order",
    )


def _commit(run: StepRun, event: PaymentEvent | None, outcome: Outcome, refused: str = "") -> None:
    """Only money that is held is success; a transition goes on record with success alone.

    ``refused`` is the provider's own word about a method that it does not take, for staff.
    """
    commit = Commit(order=run.order_id, payments=() if event is None else (event,))
    match outcome:
        case Authorization():
            run.commit(commit)
        case Decline():
            run.commit(commit, FactOutcome.DECLINED, refused or outcome.message or outcome.code)
        case ConfirmationNeeded():
            run.commit(commit, FactOutcome.DECLINED, "the bank asks the customer to confirm")
