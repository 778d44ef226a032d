"""Refunds by staff: captured money is given back, and looked after until it has arrived."""

from typing import Annotated, Protocol

from temporalio import activity

from activities.operations import operation
from activities.step import Records, Request, StepRun, step_run
from domain.attempt import Attempt
from domain.failures import Mismatch, Refused
from domain.journal import FactOutcome
from domain.model import unsaid
from domain.money import Money
from domain.payment import (
    PaymentEvent,
    PaymentEventKind,
    PaymentWay,
    Refunded,
    RefundStatus,
)
from domain.record import Commit
from domain.refunds import GIVE_BACK, Standing
from domain.status import Step


class RefundProvider(Protocol):
    """A payment provider that gives captured money back. It raises NotDone, UnknownOutcome,
    Refused or Mismatch."""

    name: str

    def give_back(self, attempt: Attempt, reference: str, money: Money) -> Refunded:
        """Give back a part of a capture, once: what an earlier try did is found, whenever it was.

        Where the provider cannot give an amount to the last minor unit, it gives what it can below.
        """
        ...

    def look_at_refund(self, refund: str) -> Refunded:
        """How a refund stands by now."""
        ...


class RefundProviders(Protocol):
    """The payment providers of an installation."""

    def __call__(self, way: PaymentWay) -> RefundProvider:
        """The one that money was captured at.

        Raises:
            Refused: none is set up for that.
        """
        ...


class RefundRequest(Request):
    """What is asked of the payment provider that money was captured at."""

    way: Annotated[PaymentWay, unsaid(PaymentWay.CARD)] = PaymentWay.CARD


class GiveBack(RefundRequest):
    """Give back a part of what was captured as ``payment``; ``sequence`` counts the order's refunds
    at the provider."""

    payment: str
    money: Money


class LookAtRefund(RefundRequest):
    """See how the provider's ``refund`` stands, which was asked for under ``key``."""

    refund: str
    key: str


class RefundActivities:
    """What staff's refunds ask of the payment provider."""

    def __init__(self, providers: RefundProviders, records: Records) -> None:
        """Wire the providers and the back office."""
        self._providers = providers
        self._records = records

    @activity.defn(name="give_back", no_thread_cancel_exception=True)
    @operation(GIVE_BACK)
    def give_back(self, request: GiveBack) -> Refunded:
        """One refund at the provider, in its own figures. A refusal is an answer: FAILED."""
        with step_run(self._records, request, Step.SOLUTION, self.give_back) as run:
            try:
                provider = self._providers(request.way)
                given = provider.give_back(run.attempt, request.payment, request.money)
            except (Refused, Mismatch) as no:
                given = Refunded(
                    reference="",
                    money=request.money,
                    status=RefundStatus.FAILED,
                    reason=no.reason[:250],
                )
            self._commit(run, request, run.key, given)
            return given

    @activity.defn(name="look_at_refund", no_thread_cancel_exception=True)
    @operation("look_at_refund")
    def look(self, request: LookAtRefund) -> Refunded:
        """Whether it has arrived, or come back. Webhooks are only ever a hint."""
        with step_run(self._records, request, Step.SOLUTION, self.look) as run:
            given = self._providers(request.way).look_at_refund(request.refund)
            self._commit(run, request, request.key, given)
            return given

    def _commit(self, run: StepRun, request: RefundRequest, key: str, given: Refunded) -> None:
        """What the provider says, with the money that moved. One that came back counts twice: as
        given, and as come back."""
        at = run.now()
        standing = Standing(
            key=key,
            reference=given.reference,
            money=given.money,
            status=given.status,
            reason=given.reason,
            at=at,
        )
        event = PaymentEvent(
            key=key,
            kind=PaymentEventKind.REFUND,
            money=given.money,
            provider=self._providers(request.way).name,
            reference=given.reference,
            shipment=request.shipment,
            at=at,
        )
        failed = given.status is RefundStatus.FAILED
        events = (event,) if given.reference else ()
        if failed and given.reference:
            kind = {"key": f"{key}:failed", "kind": PaymentEventKind.REFUND_FAILED}
            events = (event, event.model_copy(update=kind))
        run.commit(
            Commit(order=request.order_id, payments=events, refunds=(standing,)),
            FactOutcome.DECLINED if failed else FactOutcome.DONE,
            given.reason,
        )
