"""A PaymentIntent before the bank has heard of it."""

from sandbox.core.store import Document
from sandbox.stripe.endpoint import Call
from sandbox.stripe.errors import invalid
from sandbox.stripe.objects import new_id

_CAPTURE_METHODS = ("automatic", "automatic_async", "manual")
_USAGES = ("off_session", "on_session")
_UNSET = (
    "application", "application_fee_amount", "canceled_at", "cancellation_reason", "description",
    "last_payment_error", "latest_charge", "next_action", "on_behalf_of", "payment_method",
    "payment_method_configuration_details", "processing", "receipt_email", "review",
    "setup_future_usage", "shipping", "source", "statement_descriptor",
    "statement_descriptor_suffix", "transfer_data", "transfer_group",
)  # fmt: skip
"""What the API shows as null until something happens."""
_ALLOWED = "allowed_payment_method_types"


def shape(call: Call, intent: Document) -> None:
    """Take over what create, update and confirm have in common."""
    params = call.params
    if "payment_method_types" in params:
        raise invalid(
            "The payment_method_types parameter is no longer supported. Use"
            " allowed_payment_method_types, or none.",
            "payment_method_types_no_longer_supported",
            "payment_method_types",
        )
    for name in ("description", "receipt_email", "statement_descriptor_suffix"):
        if name in params:
            intent[name] = params.text(name)
    if "shipping" in params:
        intent["shipping"] = params.plain("shipping")
    usage = params.choice("setup_future_usage", _USAGES)
    intent["setup_future_usage"] = usage or intent["setup_future_usage"]
    method = params.choice("capture_method", _CAPTURE_METHODS)
    intent["capture_method"] = method or intent["capture_method"]
    card = params.section("payment_method_options").section("card")
    asked = card.choice("request_multicapture", ("if_available", "never"))
    if asked is not None:
        intent["_"]["multicapture"] = asked == "if_available"


def draft(call: Call, amount: int, currency: str, customer: str | None) -> Document:
    """A new intent (minor units) as the parameters describe it, not yet stored."""
    params = call.params
    key = new_id("pi")
    intent: Document = dict.fromkeys(_UNSET) | {
        "id": key,
        "object": "payment_intent",
        "allowed_payment_method_types": params.texts(_ALLOWED) or None,
        "amount": amount,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "automatic_payment_methods": _automatic(call),
        "capture_method": "automatic_async",
        "client_secret": f"{key}_secret_{new_id('s')[2:]}",
        "confirmation_method": params.choice("confirmation_method", ("automatic", "manual"))
        or "automatic",
        "created": call.now,
        "currency": currency,
        "customer": customer,
        "livemode": False,
        "metadata": params.metadata(),
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "payment_method_types": ["card"],
        "status": "requires_payment_method",
        "_": {
            "multicapture": False,
            "captures": 0,
            "off_session": False,
            "return_url": params.text("return_url"),
        },
    }
    shape(call, intent)
    return intent


def _automatic(call: Call) -> Document | None:
    """On unless the types are narrowed down, as in every API version since 2023-08-16."""
    section = call.params.section("automatic_payment_methods")
    if _ALLOWED in call.params:
        for other in ("automatic_payment_methods", "excluded_payment_method_types"):
            if other in call.params:
                message = f"You may only specify one of these parameters: {_ALLOWED}, {other}."
                raise invalid(message, param=_ALLOWED)
        if "card" not in call.params.texts(_ALLOWED):
            raise invalid("No valid payment method types for this PaymentIntent.", param=_ALLOWED)
        return None
    if section.tree and not section.flag("enabled"):
        return None
    redirects = section.choice("allow_redirects", ("always", "never")) or "always"
    return {"allow_redirects": redirects, "enabled": True}
