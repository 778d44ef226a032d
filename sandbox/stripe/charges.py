"""Charges, and the balance transactions that follow from moving money."""

from sandbox.core.store import Document
from sandbox.core.world import World
from sandbox.stripe import balance
from sandbox.stripe.cards import Card
from sandbox.stripe.customers import card_of
from sandbox.stripe.errors import DECLINES
from sandbox.stripe.objects import CHARGE, new_id

MULTICAPTURE_BRANDS = frozenset({"amex", "visa", "discover", "mastercard"})
_FEE_PERMYRIAD, _FEE_FIXED = 290, 30
_DAY = 86400
_UNSET = (
    "application", "application_fee", "application_fee_amount", "balance_transaction",
    "failure_balance_transaction", "on_behalf_of", "receipt_number", "receipt_url", "review",
    "source_transfer", "statement_descriptor", "statement_descriptor_suffix", "transfer_data",
    "transfer_group",
)  # fmt: skip
_MERCHANT_INITIATED_VISA_DAYS = 4.75


def new_charge(world: World, intent: Document, method: Document, decline: str | None) -> Document:
    """A charge for the intent: authorized, or refused by the bank. Stored by the caller."""
    card = card_of(method)
    now = world.clock.timestamp()
    code, message = DECLINES.get(decline, ("card_declined", None)) if decline else (None, None)
    return dict.fromkeys(_UNSET) | {
        "id": new_id("ch"),
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": 0,
        "amount_refunded": 0,
        "billing_details": method["billing_details"],
        "calculated_statement_descriptor": "ORDERSAGA SANDBOX",
        "captured": False,
        "created": now,
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "disputed": False,
        "failure_code": code,
        "failure_message": message,
        "fraud_details": {},
        "livemode": False,
        "metadata": dict(intent["metadata"]),
        "outcome": _outcome(card, decline),
        "paid": decline is None,
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": {
            "type": "card",
            "card": _card_details(world, intent, card, decline is None),
        },
        "receipt_email": intent["receipt_email"],
        "refunded": False,
        "shipping": intent["shipping"],
        "status": "failed" if decline else "succeeded",
        "_": {"card": card.token, "balance": [], "order": intent["metadata"].get("order")},
    }


def refundable(charge: Document) -> int:
    """What was captured and not yet given back, in minor units."""
    return charge["amount_captured"] - charge["amount_refunded"]


def move_money(
    world: World, charge: Document, kind: str, amount: int, source: str, fee: int = 0
) -> str:
    """A balance transaction (signed minor units) beside the charge; its id."""
    moved = balance.book(world, kind, (amount, charge["currency"]), source, fee)
    charge["_"]["balance"].append(moved)
    return moved


def fee_of(amount: int) -> int:
    """The provider's fee on a capture, in minor units: 2.9 % and 30, at most all of it."""
    return min(amount, (amount * _FEE_PERMYRIAD + 5000) // 10000 + _FEE_FIXED)


def save(world: World, charge: Document) -> None:
    """Store the charge."""
    world.store.put(CHARGE, charge["id"], charge)


def _outcome(card: Card, decline: str | None) -> Document:
    if decline is not None:
        return {
            "advice_code": "try_again_later",
            "network_advice_code": None,
            "network_decline_code": "05",
            "network_status": "declined_by_network",
            "reason": decline,
            "risk_level": card.risk,
            "seller_message": "The bank did not return any further details with this decline.",
            "type": "issuer_declined",
        }
    elevated = card.risk != "normal"
    return {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": "approved_by_network",
        "reason": "elevated_risk_level" if elevated else None,
        "risk_level": card.risk,
        "risk_score": 70 if elevated else 12,
        "seller_message": "Payment complete.",
        "type": "manual_review" if elevated else "authorized",
    }


def _card_details(world: World, intent: Document, card: Card, approved: bool) -> Document:
    private = intent["_"]
    multicapture = private["multicapture"] and card.brand in MULTICAPTURE_BRANDS
    return {
        "amount_authorized": intent["amount"] if approved else None,
        "authorization_code": new_id("a")[2:8].upper() if approved else None,
        "brand": card.brand,
        "capture_before": _capture_before(world, intent, card) if approved else None,
        "checks": {
            "address_line1_check": None,
            "address_postal_code_check": None,
            "cvc_check": "pass",
        },
        "country": card.country,
        "exp_month": 12,
        "exp_year": world.clock.now().year + 4,
        "extended_authorization": {"status": "disabled"},
        "fingerprint": f"fp{card.number[-10:]}",
        "funding": card.funding,
        "incremental_authorization": {"status": "unavailable"},
        "installments": None,
        "last4": card.last4,
        "mandate": None,
        "multicapture": {"status": "available" if multicapture else "unavailable"},
        "network": card.brand,
        "network_token": {"used": False},
        "network_transaction_id": new_id("n")[2:17],
        "overcapture": {
            "maximum_amount_capturable": intent["amount"],
            "status": "unavailable",
        },
        "regulated_status": "unregulated",
        "three_d_secure": _three_d_secure() if private.get("authenticated") else None,
        "wallet": None,
    }


def _three_d_secure() -> Document:
    return {
        "authentication_flow": "challenge",
        "electronic_commerce_indicator": "05",
        "exemption_indicator": None,
        "result": "authenticated",
        "result_reason": None,
        "transaction_id": new_id("t")[2:],
        "version": "2.2.0",
    }


def _capture_before(world: World, intent: Document, card: Card) -> int | None:
    """When the bank lets the money go; Visa gives less time where the customer is away."""
    if intent["capture_method"] != "manual":
        return None
    days = float(world.settings.section("stripe")["authorization_days"])
    if intent["_"]["off_session"] and card.brand == "visa":
        days = min(days, _MERCHANT_INITIATED_VISA_DAYS)
    return world.clock.timestamp() + int(days * _DAY)
