"""Finding an order's money at Stripe when its id was never heard.

Stripe lists by customer and by time of creation, never by metadata; Search can do that, but lags
behind, so that what it does not find may well be there.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

import stripe

from providers.stripe_calls import StripeTurn
from providers.stripe_words import refusal

_SLACK = timedelta(minutes=10)
"""How far Stripe's clock and ours may differ."""
_PAGE = 100
_WITH_CHARGE = ["latest_charge"]
FENCE = "fence"
"""The mark of an intent that only occupies a key: it never asks a bank for anything."""


def mark(marked: stripe.PaymentIntent | stripe.Customer | stripe.Refund, name: str) -> str | None:
    """One of the marks we left in an object's metadata: ``order``, ``operation``, ``fence``."""
    metadata = marked.metadata
    return None if metadata is None else metadata.to_dict().get(name)


def retrieve(turn: StripeTurn, reference: str) -> stripe.PaymentIntent:
    """An intent by its id, with ``latest_charge`` expanded.

    Raises:
        Refused: Stripe knows no such intent.
    """
    try:
        return turn.read(
            lambda options: turn.v1.payment_intents.retrieve(
                reference, {"expand": _WITH_CHARGE}, options
            )
        )
    except stripe.InvalidRequestError as error:
        raise refusal(error) from error


def intents_of(
    turn: StripeTurn, order_id: str, since: datetime, customer: str | None = None
) -> list[stripe.PaymentIntent]:
    """Every intent that bears the order's mark, newest first, with ``latest_charge`` expanded."""
    return [
        intent for intent in _intents(turn, since, customer) if mark(intent, "order") == order_id
    ]


def intent_of(
    turn: StripeTurn, order_id: str, operation: str, since: datetime, customer: str
) -> stripe.PaymentIntent | None:
    """The intent that an operation made; of several the one that holds money."""
    made = [
        intent
        for intent in intents_of(turn, order_id, since, customer)
        if is_outcome(intent, operation)
    ]
    holding = [intent for intent in made if intent.status == "requires_capture"]
    return next(iter(holding or made), None)


def customers_of(turn: StripeTurn, order_id: str, email: str, since: datetime) -> list[str]:
    """Customers that were made for this order."""
    found: list[str] = []
    after: str | None = None
    while True:
        page = _customer_page(turn, email, since, after)
        found += [one.id for one in page.data if mark(one, "order") == order_id]
        if not page.has_more or not page.data:
            return found
        after = page.data[-1].id


def refund_of(turn: StripeTurn, reference: str, operation: str) -> stripe.Refund | None:
    """The refund of this intent that an operation made."""
    after: str | None = None
    while True:
        page = _refund_page(turn, reference, after)
        for refund in page.data:
            if mark(refund, "operation") == operation:
                return refund
        if not page.has_more or not page.data:
            return None
        after = page.data[-1].id


def is_outcome(intent: stripe.PaymentIntent, operation: str) -> bool:
    """Whether an operation asked the bank with this intent, whatever the bank said."""
    marked = mark(intent, "operation") == operation and mark(intent, FENCE) is None
    return marked and _was_confirmed(intent)


def _was_confirmed(intent: stripe.PaymentIntent) -> bool:
    """An intent that the bank was never asked about is the trace of a failure, not an outcome."""
    untouched = intent.status in ("requires_payment_method", "requires_confirmation")
    return not untouched or intent.last_payment_error is not None


def _intents(
    turn: StripeTurn, since: datetime, customer: str | None
) -> Iterator[stripe.PaymentIntent]:
    after: str | None = None
    while True:
        page = intent_page(turn, since, customer, after)
        yield from page.data
        if not page.has_more or not page.data:
            return
        after = page.data[-1].id


def intent_page(
    turn: StripeTurn, since: datetime, customer: str | None, after: str | None
) -> stripe.ListObject[stripe.PaymentIntent]:
    """A page of intents, newest first, from the one that follows ``after``."""
    params: stripe.params.PaymentIntentListParams = {
        "created": {"gte": _from(since)},
        "limit": _PAGE,
        "expand": ["data.latest_charge"],
    }
    if customer is not None:
        params["customer"] = customer
    if after is not None:
        params["starting_after"] = after
    return turn.read(lambda options: turn.v1.payment_intents.list(params, options))


def _customer_page(
    turn: StripeTurn, email: str, since: datetime, after: str | None
) -> stripe.ListObject[stripe.Customer]:
    params: stripe.params.CustomerListParams = {
        "email": email,
        "created": {"gte": _from(since)},
        "limit": _PAGE,
    }
    if after is not None:
        params["starting_after"] = after
    return turn.read(lambda options: turn.v1.customers.list(params, options))


def _refund_page(
    turn: StripeTurn, reference: str, after: str | None
) -> stripe.ListObject[stripe.Refund]:
    params: stripe.params.RefundListParams = {"payment_intent": reference, "limit": _PAGE}
    if after is not None:
        params["starting_after"] = after
    return turn.read(lambda options: turn.v1.refunds.list(params, options))


def _from(since: datetime) -> int:
    return int((since - _SLACK).timestamp())
