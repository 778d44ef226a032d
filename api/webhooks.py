"""What providers tell by themselves: verified on the raw body, stored once, answered 200.

Nothing is decided here. What matters to an order goes into the inbox with the signal that tells
it; everything else is a line on record, or nothing.
"""

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Header
from fastapi.concurrency import run_in_threadpool

from api.access import Wired
from api.bodies import RawBody
from api.parameters import Name
from api.problems import ProblemError
from backoffice.books import Books
from backoffice.courier_news import hear_courier
from domain.model import Model
from domain.status import OrderStatus
from providers.stripe_events import StripeEvent, StripeEventKind
from providers.webhooks import WebhookRefused

router = APIRouter(prefix="/webhooks", tags=["webhooks"])

_JSON: dict[str, Any] = {"type": ["object", "array"]}
# Whatever its Content-Type: the signature alone says whether it is the provider's.
Body = Annotated[bytes, Depends(RawBody("application/json", schema=_JSON, any_type=True))]
Event = TypeVar("Event")


class Heard(Model):
    """The webhook was understood; how many of its events were news."""

    stored: int


@router.post("/stripe", summary="Stripe's events")
async def stripe(
    wiring: Wired,
    raw: Body,
    signature: Annotated[str | None, Header(alias="Stripe-Signature")] = None,
) -> Heard:
    """Stored under the event's id; one whose order is not known (yet) waits, or goes to a person.

    It moves nothing: an order that waits for its money, or is held for review, is told to look,
    and asks Stripe itself. One of a payout has the account read at once, which would be done soon
    anyhow.
    """
    ears = wiring.webhooks.stripe
    if ears is None:
        raise _deaf("ORDERSAGA_STRIPE_WEBHOOK_SECRET")
    event = _verified(lambda: ears.read(raw, signature))
    if event.kind is StripeEventKind.OTHER:
        return Heard(stored=0)
    if event.kind is StripeEventKind.PAYOUT_CHANGED:
        return Heard(stored=int(await run_in_threadpool(_have_account_read, wiring.books, event)))
    return Heard(stored=int(await run_in_threadpool(_keep, wiring.books, event)))


def _have_account_read(books: Books, event: StripeEvent) -> bool:
    new = books.inbox.put("stripe", event.id, event.kind.value, None, {}, None)
    books.movements.ring()
    return new


_MONEY_MOVED = {
    StripeEventKind.CAPTURED,
    StripeEventKind.REFUND_CHANGED,
    StripeEventKind.DISPUTE_OPENED,
    StripeEventKind.DISPUTE_CHANGED,
}
_DISPUTED = (StripeEventKind.DISPUTE_OPENED, StripeEventKind.DISPUTE_CHANGED)
_HEARD_WHILE = {
    OrderStatus.AWAITING_PAYMENT: frozenset(
        {StripeEventKind.AUTHORIZED, StripeEventKind.FAILED, StripeEventKind.CANCELED}
    ),
    OrderStatus.IN_REVIEW: frozenset({StripeEventKind.REVIEW_CHANGED}),
}


def _keep(books: Books, event: StripeEvent) -> bool:
    """Keep it for the record; money that moved and that nobody owns is to be told to somebody.

    The relay finds no order for it, and the sweep makes it a case. A dispute is looked at by who
    looks after disputes, whether or not its order has ended.
    """
    owner = event.order if event.order and books.records.status(event.order) else None
    if owner is None and event.reference:
        owner = books.claims.owner("stripe", event.reference)
    if owner and event.reference and event.subject and event.kind in _DISPUTED:
        books.disputes.hear(event.subject, owner, event.reference)
    return books.inbox.put(
        "stripe",
        event.id,
        event.kind.value,
        owner,
        event.model_dump(mode="json"),
        _signal(books, event, owner),
    )


def _signal(books: Books, event: StripeEvent, owner: str | None) -> str | None:
    """An order hears of its money only while it waits for it: elsewhere it would be told what it
    did itself. Of its refunds it hears until it ends: they may come back."""
    if owner is None:
        return "payment_event" if event.kind in _MONEY_MOVED else None
    if event.kind is StripeEventKind.REFUND_CHANGED:
        news = books.refunds.is_news(owner, event.subject, event.status)
        return "payment_news" if news else None
    found = books.records.money_is_asked_for(owner)
    if found is None:
        return None
    status, asked = found
    heard = _HEARD_WHILE.get(status, frozenset())
    if asked:
        heard |= _HEARD_WHILE[OrderStatus.AWAITING_PAYMENT]
    return "payment_news" if event.kind in heard else None


@router.post("/bank", summary="The bank's events")
async def bank(
    wiring: Wired,
    raw: Body,
    signature: Annotated[str | None, Header(alias="Bank-Signature")] = None,
) -> Heard:
    """A hint and nothing more: the account is read at once, which would be done soon anyhow."""
    ears = wiring.webhooks.bank
    if ears is None:
        raise _deaf("ORDERSAGA_BANK_WEBHOOK_SECRET")
    event = _verified(lambda: ears.read(raw, signature))

    def note() -> bool:
        new = wiring.books.inbox.put("bank", event.id, event.type, None, {}, None)
        wiring.books.bookings.ring()
        return new

    return Heard(stored=int(await run_in_threadpool(note)))


@router.post("/shippo/{token}", summary="Shippo's tracking events")
async def shippo(
    wiring: Wired,
    raw: Body,
    token: Name,
    signature: Annotated[str | None, Header(alias="Shippo-Auth-Signature")] = None,
) -> Heard:
    """On record for the parcel; the order hears of it only where it changes what happens next.

    What comes before its label is on record waits for it.
    """
    ears = wiring.webhooks.shippo
    if ears is None:
        raise _deaf("ORDERSAGA_SHIPPO_WEBHOOK_TOKEN")
    event = _verified(lambda: ears.read(raw, token, signature))
    if event is None:
        return Heard(stored=0)
    return Heard(stored=int(await run_in_threadpool(hear_courier, wiring.books, event)))


@router.post("/sendgrid", summary="SendGrid's mail events")
async def sendgrid(
    wiring: Wired,
    raw: Body,
    signature: Annotated[str | None, Header(alias="X-Twilio-Email-Event-Webhook-Signature")] = None,
    timestamp: Annotated[str | None, Header(alias="X-Twilio-Email-Event-Webhook-Timestamp")] = None,
) -> Heard:
    """What became of mails; late, double and out-of-order events change nothing."""
    ears = wiring.webhooks.sendgrid
    if ears is None:
        raise _deaf("ORDERSAGA_SENDGRID_WEBHOOK_KEY")
    events = _verified(lambda: ears.read(raw, signature, timestamp))

    def note() -> int:
        ours = (one for one in events if "\x00" not in one.key)
        return sum(wiring.books.mails.event(one.key, one.state, one.at) for one in ours)

    return Heard(stored=await run_in_threadpool(note))


def _verified(read: Callable[[], Event]) -> Event:
    """401 for what anybody could have sent, 400 for what the provider sent and nobody can read."""
    try:
        return read()
    except WebhookRefused as refused:
        raise ProblemError(400 if refused.authentic else 401, refused.reason) from refused


def _deaf(setting: str) -> ProblemError:
    """503, so that the provider sends it again once the setting is there."""
    return ProblemError(503, f"{setting} is not set on this installation; see `ordersaga doctor`")
