"""Stripe as its SDK sees it: payment intents with manual capture, refunds, disputes, payouts,
webhooks."""

import functools
from collections.abc import Iterable

from sandbox.core.http import ParsedRequest
from sandbox.core.store import Document
from sandbox.core.timers import TimerHandler
from sandbox.core.world import Operation, Vendor, World, with_world
from sandbox.stripe import (
    authorization,
    controls,
    customers,
    disputes,
    evidence,
    files,
    intents,
    payouts,
    reading,
    refunds,
    reviews,
    search,
)
from sandbox.stripe.endpoint import Call, CallHandler, endpoint
from sandbox.stripe.errors import StripeError, general
from sandbox.stripe.events import DEFAULT_EVENTS, sign
from sandbox.stripe.idempotency import Idempotency
from sandbox.stripe.objects import (
    BALANCE,
    CHARGE,
    CUSTOMER,
    DISPUTE,
    INTENT,
    METHOD,
    PAGE,
    REFUND,
)

_INDEXES = (
    (CUSTOMER, "email"),
    (METHOD, "customer"),
    (INTENT, "customer"),
    (CHARGE, "payment_intent"),
    (CHARGE, "customer"),
    (REFUND, "charge"),
    (REFUND, "payment_intent"),
    (BALANCE, "source"),
    (DISPUTE, "charge"),
    (DISPUTE, "payment_intent"),
)
_INTENT = "/v1/payment_intents/{id}"
_LISTED = (*PAGE, "created")


def routes(world: World) -> list[Operation]:
    """Everything under /v1, and the bank's page for 3-D Secure."""
    for kind, field in _INDEXES:
        world.store.index(kind, field)
    api = functools.partial(endpoint, Idempotency(world))
    page = "/authenticate/{id}"
    return [
        *_customers(api),
        *_payments(api),
        *_money(api),
        Operation("GET", page, "bank_page", controls.bank_page, faults=None),
        Operation("POST", page, "bank_answer", controls.bank_answer, faults=None),
        api(("*", "/{path:path}", "unknown"), _unknown),
    ]


def _customers(api: "functools.partial[Operation]") -> Iterable[Operation]:
    method = "/v1/payment_methods/{id}"
    of_customer = "/v1/customers/{id}/payment_methods"
    listed = (*PAGE, "customer", "type")
    yield api(
        ("POST", "/v1/customers", "create_customer"),
        customers.create_customer,
        customers.CUSTOMER_PARAMS,
    )
    yield api(
        ("GET", "/v1/customers", "list_customers"),
        customers.list_customers,
        (*_LISTED, "email"),
    )
    yield api(("GET", "/v1/customers/{id}", "retrieve_customer"), customers.retrieve_customer)
    yield api(("GET", of_customer, "list_customer_methods"), customers.list_methods, listed)
    yield api(
        ("POST", "/v1/payment_methods", "create_payment_method"),
        customers.create_method,
        customers.METHOD_PARAMS,
    )
    yield api(
        ("GET", "/v1/payment_methods", "list_payment_methods"), customers.list_methods, listed
    )
    yield api(("GET", method, "retrieve_payment_method"), customers.retrieve_method)
    yield api(
        ("POST", f"{method}/attach", "attach_payment_method"),
        customers.attach_method,
        ("customer",),
    )
    yield api(("POST", f"{method}/detach", "detach_payment_method"), customers.detach_method)


def _payments(api: "functools.partial[Operation]") -> Iterable[Operation]:
    yield api(
        ("POST", "/v1/payment_intents", "create_intent"),
        intents.create,
        intents.CREATE_PARAMS,
        name_of=_create_or_authorize,
    )
    yield api(
        ("GET", "/v1/payment_intents", "list_intents"),
        intents.list_intents,
        (*PAGE, *intents.LIST_PARAMS),
    )
    yield api(("GET", "/v1/payment_intents/search", "search_intents"), _search, search.PARAMS)
    yield api(("GET", _INTENT, "retrieve_intent"), intents.retrieve, ("client_secret",))
    yield api(("POST", _INTENT, "update_intent"), intents.update, intents.UPDATE_PARAMS)
    yield api(
        ("POST", f"{_INTENT}/confirm", "authorize"),
        intents.confirm,
        intents.CONFIRM_PARAMS,
        authorization.FAULTS,
    )
    yield api(
        ("POST", f"{_INTENT}/capture", "capture"),
        intents.capture,
        intents.CAPTURE_PARAMS,
        intents.CAPTURE_FAULTS,
    )
    yield api(("POST", f"{_INTENT}/cancel", "cancel"), intents.cancel, ("cancellation_reason",))


def _money(api: "functools.partial[Operation]") -> Iterable[Operation]:
    yield api(
        ("POST", "/v1/refunds", "refund"), refunds.create, refunds.CREATE_PARAMS, refunds.FAULTS
    )
    yield api(
        ("GET", "/v1/refunds", "list_refunds"),
        refunds.list_refunds,
        (*PAGE, *refunds.LIST_PARAMS),
    )
    yield api(("GET", "/v1/refunds/{id}", "retrieve_refund"), refunds.retrieve)
    reads: tuple[tuple[str, str, CallHandler, tuple[str, ...]], ...] = (
        ("/v1/charges", "list_charges", reading.list_charges, ("payment_intent", "customer")),
        ("/v1/charges/{id}", "retrieve_charge", reading.charge, ()),
        ("/v1/balance", "retrieve_balance", reading.balance, ()),
        (
            "/v1/balance_transactions",
            "list_balance_transactions",
            reading.list_transactions,
            ("source", "payout", "currency", "type"),
        ),
        (
            "/v1/balance_transactions/{id}",
            "retrieve_balance_transaction",
            reading.transaction,
            (),
        ),
        ("/v1/payouts", "list_payouts", payouts.list_payouts, payouts.LIST_PARAMS),
        ("/v1/payouts/{id}", "retrieve_payout", payouts.retrieve, ()),
        ("/v1/disputes", "list_disputes", reading.list_disputes, ("charge", "payment_intent")),
        ("/v1/disputes/{id}", "retrieve_dispute", reading.dispute, ()),
        ("/v1/files/{id}", "retrieve_file", files.retrieve, ()),
        ("/v1/events", "list_events", reading.list_events, ("type", "types")),
        ("/v1/events/{id}", "retrieve_event", reading.event, ()),
    )
    for path, name, handler, allowed in reads:
        yield api(("GET", path, name), handler, (*_LISTED, *allowed))
    yield api(
        ("POST", "/v1/disputes/{id}", "update_dispute"), evidence.update, evidence.UPDATE_PARAMS
    )
    yield api(("POST", "/v1/disputes/{id}/close", "close_dispute"), evidence.close)
    yield api(("POST", "/v1/files", "create_file"), files.create, files.CREATE_PARAMS)
    yield api(("GET", "/v1/reviews", "list_reviews"), reviews.list_open, _LISTED)
    yield api(("GET", "/v1/reviews/{id}", "retrieve_review"), reviews.retrieve)
    yield api(("POST", "/v1/reviews/{id}/approve", "approve_review"), reviews.approve)


def operations_of_controls(_: World) -> list[Operation]:
    """What a test may ask customer, bank and cardholder to do."""
    table = (
        ("POST", "/intents/{id}/authenticate", "authenticate", controls.authenticate),
        ("POST", "/disputes", "open_dispute", controls.dispute),
        ("POST", "/disputes/{id}/close", "decide_dispute", controls.close_dispute),
        ("POST", "/reviews", "open_review", reviews.open_by_hand),
        ("POST", "/intents/{id}/review", "decide_review", reviews.decide),
        ("POST", "/payouts", "close_payout", payouts.close),
        ("POST", "/payouts/{id}/fail", "fail_payout", payouts.fail),
    )
    return [Operation(*entry, faults=None) for entry in table]


def timers(world: World) -> dict[str, TimerHandler]:
    """What happens by itself: banks lose patience or have the money, refunds change, cardholders
    dispute."""
    return {
        authorization.EXPIRY: with_world(world, authorization.expire),
        refunds.CHANGE: with_world(world, refunds.change),
        disputes.FUTURE_DISPUTE: with_world(world, disputes.dispute_later),
        disputes.DUE: with_world(world, disputes.fall_due),
        payouts.ARRIVAL: with_world(world, payouts.arrive),
    }


def _create_or_authorize(request: ParsedRequest) -> str:
    """A creation that asks the bank at once goes wrong as an authorization does."""
    return "authorize" if b"confirm=true" in request.body else "create_intent"


def _search(call: Call) -> Document:
    return search.search(call.world, call.params)


def _unknown(call: Call) -> Document:
    raise StripeError(404, f"Unrecognized request URL ({call.path}).", saved=False)


VENDOR = Vendor(
    name="stripe",
    routes=routes,
    controls=operations_of_controls,
    timers=timers,
    sign=sign,
    settings={
        "webhook_url": None,
        "webhook_secret": "whsec_sandbox",
        "webhook_events": list(DEFAULT_EVENTS),
        "authorization_days": 7,
        "search_lag": 60,
        "refund_changes_after": 2,
        "payout_arrives_after": 2,
        "settles": {},
    },
    error=general,
)
