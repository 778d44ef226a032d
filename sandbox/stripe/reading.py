"""The endpoints that only read: charges, balance, disputes, events."""

from collections.abc import Iterator

from sandbox.core.store import Document
from sandbox.stripe.balance import totals
from sandbox.stripe.endpoint import Call
from sandbox.stripe.objects import BALANCE, CHARGE, DISPUTE, EVENT, created_within, page
from sandbox.stripe.payouts import payout_of


def charge(call: Call) -> Document:
    """GET /v1/charges/{id}."""
    return call.subject(CHARGE, "charge")


def list_charges(call: Call) -> Document:
    """GET /v1/charges, by payment intent, customer and created."""
    found = _by(call, CHARGE, ("payment_intent", "customer"))
    return page(created_within(found, call.params), call.params, "/v1/charges")


def transaction(call: Call) -> Document:
    """GET /v1/balance_transactions/{id}."""
    return call.subject(BALANCE, "balance transaction")


def list_transactions(call: Call) -> Document:
    """GET /v1/balance_transactions, by source, payout, currency, type and created."""
    found = _by(call, BALANCE, ("source",))
    payout = call.params.text("payout")
    if payout is not None:
        found = (one for one in found if payout_of(one) == payout)
    for name in ("currency", "type"):
        value = call.params.text(name)
        if value is not None:
            found = _only(found, name, value)
    return page(created_within(found, call.params), call.params, "/v1/balance_transactions")


def _only(found: Iterator[Document], name: str, value: str) -> Iterator[Document]:
    return (one for one in found if one[name] == value)


def balance(call: Call) -> Document:
    """GET /v1/balance: the sums of all transactions, each currency by itself."""
    available, pending = totals(call.world)
    return {
        "object": "balance",
        "available": [{"amount": net, "currency": name} for name, net in available.items()],
        "livemode": False,
        "pending": [{"amount": net, "currency": name} for name, net in pending.items()],
    }


def dispute(call: Call) -> Document:
    """GET /v1/disputes/{id}."""
    return call.subject(DISPUTE, "dispute")


def list_disputes(call: Call) -> Document:
    """GET /v1/disputes, by charge, payment intent and created."""
    found = _by(call, DISPUTE, ("charge", "payment_intent"))
    return page(created_within(found, call.params), call.params, "/v1/disputes")


def event(call: Call) -> Document:
    """GET /v1/events/{id}."""
    return call.subject(EVENT, "event")


def list_events(call: Call) -> Document:
    """GET /v1/events, by type (`refund.*` for a family), types and created."""
    one, several = call.params.text("type"), call.params.texts("types")
    wanted = [one] if one else several
    found = call.store.list(EVENT, newest_first=True)
    if wanted:
        found = (item for item in found if any(_is(item["type"], kind) for kind in wanted))
    return page(created_within(found, call.params), call.params, "/v1/events")


def _is(kind: str, wanted: str) -> bool:
    return kind.startswith(wanted[:-1]) if wanted.endswith("*") else kind == wanted


def _by(call: Call, kind: str, names: tuple[str, ...]) -> Iterator[Document]:
    for name in names:
        value = call.params.text(name)
        if value is not None:
            return call.store.find(kind, name, value, newest_first=True)
    return call.store.list(kind, newest_first=True)
