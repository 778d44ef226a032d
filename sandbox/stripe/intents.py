"""PaymentIntents: their parameters and the state machine (Stripe docs: How PaymentIntents work)."""

from sandbox.core.store import Document
from sandbox.stripe import authorization, captures
from sandbox.stripe.currencies import check_charge, check_currency
from sandbox.stripe.customers import usable
from sandbox.stripe.drafts import draft, shape
from sandbox.stripe.endpoint import Call
from sandbox.stripe.errors import StripeError, invalid, unexpected_state
from sandbox.stripe.objects import CUSTOMER, INTENT, created_within, page, shown
from sandbox.stripe.search import save

CREATE_PARAMS = (
    "amount", "currency", "automatic_payment_methods", "capture_method", "confirm",
    "confirmation_method", "customer", "description", "error_on_requires_action",
    "mandate_data", "metadata", "off_session", "payment_method", "payment_method_options",
    "payment_method_types", "allowed_payment_method_types", "excluded_payment_method_types",
    "receipt_email", "return_url", "setup_future_usage", "shipping", "amount_details",
    "payment_details", "radar_options", "transfer_group", "statement_descriptor",
    "statement_descriptor_suffix", "use_stripe_sdk",
)  # fmt: skip
CONFIRM_PARAMS = (
    "capture_method", "error_on_requires_action", "mandate_data", "off_session",
    "payment_method", "payment_method_options", "payment_method_types",
    "allowed_payment_method_types", "radar_options", "receipt_email", "return_url",
    "setup_future_usage", "shipping", "use_stripe_sdk",
)  # fmt: skip
UPDATE_PARAMS = (
    "amount", "currency", "customer", "description", "metadata", "payment_method",
    "receipt_email", "setup_future_usage", "shipping", "statement_descriptor_suffix",
)  # fmt: skip
CAPTURE_PARAMS = (
    "amount_to_capture", "final_capture", "metadata", "amount_details", "payment_details",
    "statement_descriptor", "statement_descriptor_suffix",
)  # fmt: skip
CAPTURE_FAULTS = ("expired", "decline")
"""The authorization has just run out; the bank refuses what it had promised."""
LIST_PARAMS = ("customer", "created")
CANCEL_REASONS = ("duplicate", "fraudulent", "requested_by_customer", "abandoned")
_CONFIRMABLE = ("requires_payment_method", "requires_confirmation", "requires_action")
_CANCELABLE = (*_CONFIRMABLE, "requires_capture")


def create(call: Call) -> Document:
    """POST /v1/payment_intents; with `confirm=true`, the bank is asked at once."""
    params = call.params
    amount = params.needed("amount", params.integer)
    currency = check_currency(params.needed("currency", params.text))
    check_charge(amount, currency)
    customer = params.text("customer")
    if customer is not None:
        call.find(CUSTOMER, "customer", customer, "customer")
    confirm = params.flag("confirm") or False
    if "off_session" in params and not confirm:
        raise invalid("off_session can only be used with confirm=true.", param="off_session")
    intent = draft(call, amount, currency, customer)
    method = params.text("payment_method")
    call.emit("payment_intent.created", intent, intent["metadata"].get("order"))
    if confirm:
        return _confirm(call, intent, method)
    if method is not None:
        intent["payment_method"] = usable(call, method, customer)["id"]
        intent["status"] = "requires_confirmation"
    save(call.world, intent)
    return intent


def confirm(call: Call) -> Document:
    """POST /v1/payment_intents/{id}/confirm."""
    intent = call.subject(INTENT, "payment_intent")
    if intent["status"] not in _CONFIRMABLE:
        reason = f"it has a status of {intent['status']}"
        if intent["status"] == "succeeded":
            reason = "it has already succeeded after being previously confirmed"
        raise unexpected_state(
            f"You cannot confirm this PaymentIntent because {reason}.", shown(intent)
        )
    shape(call, intent)
    return _confirm(call, intent, call.params.text("payment_method"))


def update(call: Call) -> Document:
    """POST /v1/payment_intents/{id}; money and method only before the bank was asked."""
    params = call.params
    intent = call.subject(INTENT, "payment_intent")
    amount = params.integer("amount")
    fixed = {"amount", "currency", "customer", "payment_method"} & params.tree.keys()
    if fixed and intent["status"] not in _CONFIRMABLE:
        raise unexpected_state(
            f"This PaymentIntent's {sorted(fixed)[0]} could not be updated because it has a"
            f" status of {intent['status']}.",
            shown(intent),
        )
    currency = params.text("currency")
    if currency is not None:
        intent["currency"] = check_currency(currency)
    intent["amount"] = intent["amount"] if amount is None else amount
    check_charge(intent["amount"], intent["currency"])
    customer = params.text("customer")
    if customer is not None:
        intent["customer"] = call.find(CUSTOMER, "customer", customer, "customer")["id"]
    method = params.text("payment_method")
    if method is not None:
        intent["payment_method"] = usable(call, method, intent["customer"])["id"]
        intent["status"] = "requires_confirmation"
    intent["metadata"] = params.metadata(intent["metadata"])
    shape(call, intent)
    save(call.world, intent)
    return intent


def retrieve(call: Call) -> Document:
    """GET /v1/payment_intents/{id}."""
    return call.subject(INTENT, "payment_intent")


def list_intents(call: Call) -> Document:
    """GET /v1/payment_intents, by customer and created; never by metadata."""
    customer = call.params.text("customer")
    store = call.store
    if customer is None:
        found = store.list(INTENT, newest_first=True)
    else:
        found = store.find(INTENT, "customer", customer, newest_first=True)
    return page(created_within(found, call.params), call.params, "/v1/payment_intents")


def capture(call: Call) -> Document:
    """POST /v1/payment_intents/{id}/capture."""
    intent = call.subject(INTENT, "payment_intent")
    fault = call.fault
    if fault is None or intent["status"] != "requires_capture":
        return captures.capture(call, intent)
    if fault.kind == "expired":
        authorization.expire_now(call.world, intent)
        raise StripeError(
            400,
            "The charge cannot be captured as the authorization has expired.",
            code="charge_expired_for_capture",
        )
    raise StripeError(
        402,
        "Your card was declined.",
        code="card_declined",
        kind="card_error",
        decline_code=str(fault.params.get("decline_code", "generic_decline")),
    )


def cancel(call: Call) -> Document:
    """POST /v1/payment_intents/{id}/cancel; what was authorized and not captured is let go."""
    intent = call.subject(INTENT, "payment_intent")
    reason = call.params.choice("cancellation_reason", CANCEL_REASONS)
    if intent["status"] not in _CANCELABLE:
        raise unexpected_state(
            "You cannot cancel this PaymentIntent because it has a status of"
            f" {intent['status']}. Only a PaymentIntent with one of the following statuses may be"
            f" canceled: {', '.join(_CANCELABLE)}.",
            shown(intent),
        )
    authorization.void(call, intent, reason)
    return intent


def _confirm(call: Call, intent: Document, named: str | None) -> Document:
    params = call.params
    method_id = named or intent["payment_method"]
    if method_id is None:
        raise unexpected_state(
            "You cannot confirm this PaymentIntent because it's missing a payment method.",
            shown(intent),
        )
    off_session = params.text("off_session") not in (None, "false")
    if off_session and intent["setup_future_usage"] is not None:
        raise StripeError(
            400,
            "You cannot confirm with `off_session=true` when `setup_future_usage` is also set on"
            " the PaymentIntent. The customer needs to be on-session for that.",
            param="off_session",
            saved=False,
        )
    _check_return_url(call, intent)
    method = usable(call, method_id, intent["customer"])
    intent["_"] |= {
        "off_session": off_session,
        "no_action": params.flag("error_on_requires_action") or False,
        "return_url": params.text("return_url") or intent["_"]["return_url"],
        "authenticated": False,
    }
    intent |= {"payment_method": method["id"], "next_action": None, "last_payment_error": None}
    return authorization.attempt(call, intent, method)


def _check_return_url(call: Call, intent: Document) -> None:
    """Methods that may redirect need somewhere to come back to, whoever is at the screen."""
    automatic = intent["automatic_payment_methods"]
    if automatic is None or not automatic["enabled"] or automatic["allow_redirects"] == "never":
        return
    if call.params.text("return_url") is None and intent["_"]["return_url"] is None:
        raise invalid(
            "This PaymentIntent accepts payment methods that might redirect the customer: give a"
            " `return_url`, or set `automatic_payment_methods[allow_redirects]` to `never`, or"
            " name the `allowed_payment_method_types`.",
            param="return_url",
        )
