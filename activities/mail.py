"""Steps 3, 10, 14, 16, 17 and 20: mails, each of its kind once."""

from datetime import datetime, timedelta
from typing import Protocol

from temporalio import activity

from activities.operations import operation
from activities.step import Records, Request, step_run
from domain.failures import NotDone, Refused, UnknownOutcome
from domain.journal import FactOutcome
from domain.mail import MailFact, MailKind, MailOnRecord, MailState
from domain.model import Model, OptionalText
from domain.record import OrderOnRecord
from domain.status import Step

_STEPS = {
    MailKind.CONFIRMATION: Step.CONFIRMATION,
    MailKind.BACKORDERED: Step.RECEIVED,
    MailKind.SUBSTITUTION: Step.PICKING,
    MailKind.PAYMENT_NEEDED: Step.PAYMENT,
    MailKind.DECLINED: Step.PAYMENT,
    MailKind.OUT_OF_STOCK: Step.RECEIVED,
    MailKind.ADDRESS_CHANGED: Step.RECORDS,
    MailKind.AMENDED: Step.RECORDS,
    MailKind.DELIVERY_LATER: Step.BOOKING,
    MailKind.DELIVERY_LATE: Step.DELIVERY,
    MailKind.SHIPPED: Step.SHIPPING_NOTICE,
    MailKind.CANCELLED: Step.HAND_OVER,
    MailKind.PART_CANCELLED: Step.HAND_OVER,
    MailKind.REFUNDED: Step.SOLUTION,
    MailKind.COMPLAINT: Step.COMPLAINT,
    MailKind.SOLUTION: Step.SOLUTION,
    MailKind.COMPLAINT_DECLINED: Step.SOLUTION,
    MailKind.RESTOCK: Step.RESTOCK_ALERT,
    MailKind.REVIEW: Step.REVIEW,
}

_LISTEN_EVERY = 30.0
"""Seconds between looks for the provider's word on an ambiguous send."""


class MailOutbox(Protocol):
    """One row for each mail, unique by its key."""

    def begin(self, key: str, order_id: str, kind: MailKind, to: str) -> MailOnRecord:
        """The row as it was before this try; a new one is SENDING with no sends."""
        ...

    def sending(self, key: str, sends: int) -> bool:
        """Note that a send begins now: until told otherwise, its outcome is unknown.

        False where another try has begun one since ``begin``: of two at once, one sends.
        """
        ...

    def not_sent(self, key: str) -> None:
        """Note that the last send certainly did not happen."""
        ...

    def sent(self, key: str, message_id: str) -> None:
        """Note that the provider accepted it."""
        ...


class MailProvider(Protocol):
    """A mail provider. It raises NotDone, UnknownOutcome or Refused."""

    def send(
        self, key: str, kind: MailKind, on_record: OrderOnRecord, facts: dict[str, str]
    ) -> str:
        """Write and send one mail with our key in its custom arguments; answers its id."""
        ...


class SendMail(Request):
    """Send one mail. ``about`` tells two mails of one kind apart (a SKU, a shipment)."""

    kind: MailKind
    about: OptionalText = ""
    facts: tuple[MailFact, ...] = ()


class MailSent(Model):
    """Whether it was accepted; a refusal never holds an order up."""

    sent: bool
    reason: OptionalText = ""


def _operation(request: SendMail) -> str:
    return f"mail_{request.kind.value}"


class MailActivities:
    """What an order asks of the mail provider."""

    def __init__(
        self,
        provider: MailProvider,
        outbox: MailOutbox,
        records: Records,
        ambiguity: timedelta = timedelta(minutes=10),
    ) -> None:
        """``ambiguity`` is how long an unknown send waits for the provider's own word."""
        self._provider = provider
        self._outbox = outbox
        self._records = records
        self._ambiguity = ambiguity

    @activity.defn(name="send_mail", no_thread_cancel_exception=True)
    @operation(_operation)
    def send(self, request: SendMail) -> MailSent:
        """Send it once; an ambiguous send waits for the provider's processed event."""
        with step_run(self._records, request, _STEPS[request.kind], self.send) as run:
            key = f"{run.key}:{request.about}" if request.about else run.key
            on_record = self._records.order(request.order_id)
            to = (
                on_record.shop.restock_email
                if request.kind is MailKind.RESTOCK
                else on_record.order.customer.email
            )
            row = self._outbox.begin(key, request.order_id, request.kind, to)
            if row.state in (MailState.SENDING, MailState.AMBIGUOUS):
                if row.sends:
                    self._wait_for_word(row, run.now())
                refusal = self._try(row, request, on_record)
                if refusal:
                    run.commit(outcome=FactOutcome.MISTAKE, detail=refusal)
                    return MailSent(sent=False, reason=refusal[:250])
            run.commit()
            return MailSent(sent=True)

    def _wait_for_word(self, row: MailOnRecord, now: datetime) -> None:
        left = (row.since + self._ambiguity - now).total_seconds()
        if left > 0:
            pause = min(left, _LISTEN_EVERY)
            raise NotDone("mail", "an earlier send may have gone out; waiting for word", pause)

    def _try(self, row: MailOnRecord, request: SendMail, on_record: OrderOnRecord) -> str:
        key = row.key
        if not self._outbox.sending(key, row.sends):
            raise NotDone("mail", "another try is sending it", _LISTEN_EVERY)
        try:
            facts = {fact.name: fact.value for fact in request.facts}
            message = self._provider.send(key, request.kind, on_record, facts)
        except NotDone:
            self._outbox.not_sent(key)
            raise
        except Refused as refusal:
            self._outbox.not_sent(key)
            return refusal.reason
        except UnknownOutcome as unknown:
            raise NotDone("mail", unknown.reason, _LISTEN_EVERY) from unknown
        self._outbox.sent(key, message)
        return ""
