"""Customers and their payment methods."""

from sandbox.core.store import Document
from sandbox.stripe.cards import BY_NUMBER, BY_TOKEN, Card, by_card_token
from sandbox.stripe.endpoint import Call
from sandbox.stripe.errors import StripeError, card_error, invalid, missing, unknown_id
from sandbox.stripe.objects import CUSTOMER, METHOD, created_within, new_id, page, shown
from sandbox.stripe.params import Params

CUSTOMER_PARAMS = (
    "address", "description", "email", "metadata", "name", "phone", "preferred_locales",
    "shipping", "tax_exempt", "business_name", "individual_name",
)  # fmt: skip
METHOD_PARAMS = ("type", "card", "billing_details", "metadata", "allow_redisplay")
_LINES = ("city", "country", "line1", "line2", "postal_code", "state")


def create_customer(call: Call) -> Document:
    """POST /v1/customers."""
    params = call.params
    locales = params.texts("preferred_locales")
    customer: Document = {
        "id": new_id("cus"),
        "object": "customer",
        "address": _address(params.section("address")),
        "balance": 0,
        "created": call.now,
        "currency": None,
        "default_source": None,
        "delinquent": False,
        "description": params.text("description"),
        "email": params.text("email"),
        "invoice_prefix": new_id("x")[2:10].upper(),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": params.metadata(),
        "name": params.text("name"),
        "phone": params.text("phone"),
        "preferred_locales": locales,
        "shipping": params.plain("shipping"),
        "tax_exempt": params.choice("tax_exempt", ("none", "exempt", "reverse")) or "none",
        "test_clock": None,
    }
    call.store.put(CUSTOMER, customer["id"], customer)
    call.emit("customer.created", customer, customer["metadata"].get("order"))
    return customer


def retrieve_customer(call: Call) -> Document:
    """GET /v1/customers/{id}."""
    return call.subject(CUSTOMER, "customer")


def list_customers(call: Call) -> Document:
    """GET /v1/customers, by email and created."""
    email = call.params.text("email")
    store = call.store
    if email is None:
        found = store.list(CUSTOMER, newest_first=True)
    else:
        found = store.find(CUSTOMER, "email", email, newest_first=True)
    return page(created_within(found, call.params), call.params, "/v1/customers")


def create_method(call: Call) -> Document:
    """POST /v1/payment_methods, from a test number or a token."""
    params = call.params
    params.needed("type", lambda name: params.choice(name, ("card",)))
    card = _card_of(params.section("card"))
    return _new_method(call, card, params)


def retrieve_method(call: Call) -> Document:
    """GET /v1/payment_methods/{id}."""
    return call.subject(METHOD, "PaymentMethod")


def attach_method(call: Call) -> Document:
    """POST /v1/payment_methods/{id}/attach; the bank is asked, and may decline."""
    params = call.params
    customer = params.needed("customer", params.text)
    call.find(CUSTOMER, "customer", customer, "customer")
    method = usable(call, call.ids["id"], None, attaching=True)
    card = card_of(method)
    if card.decline is not None and card.declines_attach:
        raise card_error(card.decline, {}, shown(method), None)
    return attach(call, method, customer)


def detach_method(call: Call) -> Document:
    """POST /v1/payment_methods/{id}/detach; a detached one can never be used again."""
    method = call.subject(METHOD, "PaymentMethod")
    if method["customer"] is None:
        raise invalid("The payment method you provided is not attached to a customer.")
    method |= {"customer": None}
    method["_"]["spent"] = True
    call.store.put(METHOD, method["id"], method)
    return method


def list_methods(call: Call) -> Document:
    """GET /v1/payment_methods and /v1/customers/{id}/payment_methods."""
    customer = call.ids.get("id") or call.params.text("customer")
    if customer is None:
        raise missing("customer")
    found = call.store.find(METHOD, "customer", customer, newest_first=True)
    return page(found, call.params, call.path)


def attach(call: Call, method: Document, customer: str) -> Document:
    """Give the method to a customer."""
    method["customer"] = customer
    call.store.put(METHOD, method["id"], method)
    call.emit("payment_method.attached", method, None)
    return method


def usable(call: Call, name: str, customer: str | None, *, attaching: bool = False) -> Document:
    """The method by id, or a new one for a test token, if this customer may use it."""
    card = BY_TOKEN.get(name)
    if card is not None:
        return _new_method(call, card, Params({}))
    method = call.store.get(METHOD, name)
    if method is None:
        raise unknown_id("PaymentMethod", name, "payment_method")
    if method["_"].get("spent"):
        raise invalid(
            "The provided PaymentMethod was previously used with a PaymentIntent without Customer"
            " attachment, or was detached from a Customer. It may not be used again."
        )
    owner = method["customer"]
    if owner is not None and attaching:
        raise invalid("The payment method you provided has already been attached to a customer.")
    if owner is not None and owner != customer:
        raise invalid(
            f"The PaymentMethod supplied ({name}) belongs to a Customer. Include that Customer in"
            " the `customer` parameter of the PaymentIntent.",
            param="payment_method",
        )
    return method


def card_of(method: Document) -> Card:
    """How the method's card behaves."""
    return BY_TOKEN[method["_"]["card"]]


def _card_of(section: Params) -> Card:
    token, number = section.text("token"), section.text("number")
    if token is not None:
        card = by_card_token(token)
    elif number is not None:
        card = BY_NUMBER.get(number.replace(" ", ""))
    else:
        raise missing("card")
    if card is None:
        raise StripeError(
            402,
            "Your card number is incorrect.",
            code="incorrect_number",
            param="number",
            kind="card_error",
            saved=False,
        )
    return card


def _new_method(call: Call, card: Card, params: Params) -> Document:
    details = params.section("billing_details")
    method: Document = {
        "id": new_id("pm"),
        "object": "payment_method",
        "allow_redisplay": params.text("allow_redisplay") or "unspecified",
        "billing_details": {
            "address": _address(details.section("address")) or dict.fromkeys(_LINES),
            "email": details.text("email"),
            "name": details.text("name"),
            "phone": details.text("phone"),
            "tax_id": None,
        },
        "card": {
            "brand": card.brand,
            "checks": {
                "address_line1_check": None,
                "address_postal_code_check": None,
                "cvc_check": "pass",
            },
            "country": card.country,
            "display_brand": card.brand,
            "exp_month": 12,
            "exp_year": call.world.clock.now().year + 4,
            "fingerprint": f"fp{card.number[-10:]}",
            "funding": card.funding,
            "generated_from": None,
            "last4": card.last4,
            "networks": {"available": [card.brand], "preferred": None},
            "regulated_status": "unregulated",
            "three_d_secure_usage": {"supported": True},
            "wallet": None,
        },
        "created": call.now,
        "customer": None,
        "livemode": False,
        "metadata": params.metadata(),
        "type": "card",
        "_": {"card": card.token},
    }
    call.store.put(METHOD, method["id"], method)
    return method


def _address(section: Params) -> Document | None:
    if not section.tree:
        return None
    section.only(_LINES)
    return {line: section.tree.get(line) or None for line in _LINES}
