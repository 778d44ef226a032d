"""Asking the bank: authorized, declined, or 3-D Secure first; and letting an authorization go."""

from collections.abc import Callable

from sandbox.core.store import Document
from sandbox.core.world import World
from sandbox.stripe import charges, events, radar
from sandbox.stripe.captures import book_capture
from sandbox.stripe.cards import Authentication, Card
from sandbox.stripe.customers import attach, card_of
from sandbox.stripe.endpoint import Call
from sandbox.stripe.errors import DECLINES, card_error
from sandbox.stripe.objects import CHARGE, INTENT, METHOD, shown
from sandbox.stripe.search import save

EXPIRY = "stripe.authorization_expiry"
FAULTS = ("decline", "insufficient_funds", "three_d_secure")
"""Kinds that change what the bank says, whatever the card."""
_NOT_AUTHENTICATED = "payment_intent_authentication_failure"
Emit = Callable[[str, Document, str | None], None]


def order_of(document: Document) -> str | None:
    """The order that this money is about."""
    return document["metadata"].get("order")


def attempt(call: Call, intent: Document, method: Document) -> Document:
    """Confirm with this method. Raises StripeError, 402, when the bank says no."""
    card = card_of(method)
    kind = call.fault.kind if call.fault else None
    if _needs_authentication(card, intent, method) or kind == "three_d_secure":
        if intent["_"]["off_session"] or intent["_"]["no_action"]:
            raise _declined(call, intent, method, "authentication_required")
        return _ask_customer(call, intent)
    decline = card.decline
    if call.fault is not None and kind == "decline":
        decline = str(call.fault.params.get("decline_code", "generic_decline"))
    elif kind == "insufficient_funds":
        decline = "insufficient_funds"
    if decline is not None:
        raise _declined(call, intent, method, decline)
    return _approved(call, intent, method)


def authenticated(call: Call, intent: Document, passed: bool) -> Document:
    """The customer has been through 3-D Secure. A failure is recorded, not raised."""
    method = call.store.get(METHOD, intent["payment_method"])
    if method is None:
        raise KeyError(intent["payment_method"])
    intent["next_action"] = None
    if not passed:
        _fail(call, intent, method, "authentication_required", None, _NOT_AUTHENTICATED)
        return intent
    intent["_"]["authenticated"] = True
    decline = card_of(method).decline
    if decline is not None:
        _refuse(call, intent, method, decline)
        return intent
    return _approved(call, intent, method)


def void(call: Call, intent: Document, reason: str | None) -> None:
    """Cancel the intent; an authorization is let go, what was captured stays captured."""
    held = intent["amount_capturable"]
    _end(call.world, intent, reason, call.emit)
    if held:
        call.world.ledger.append(
            "stripe",
            "void",
            order_of(intent),
            {
                "intent": intent["id"],
                "charge": intent["latest_charge"],
                "amount": held,
                "currency": intent["currency"],
            },
        )


async def expire(world: World, payload: Document) -> None:
    """The bank's time is up: whatever was not captured is gone."""
    intent = world.store.get(INTENT, payload["intent"])
    if intent is not None and intent["status"] == "requires_capture":
        expire_now(world, intent)


def expire_now(world: World, intent: Document) -> None:
    """End an authorization as `capture_before` would."""
    held = intent["amount_capturable"]

    def emit(kind: str, subject: Document, order: str | None) -> None:
        events.emit(world, kind, subject, order)

    _end(world, intent, "expired", emit)
    charge = world.store.get(CHARGE, intent["latest_charge"])
    if charge is not None:
        emit("charge.expired", charge, order_of(intent))
    world.ledger.append(
        "stripe",
        "authorization_expired",
        order_of(intent),
        {
            "intent": intent["id"],
            "charge": intent["latest_charge"],
            "amount": held,
            "currency": intent["currency"],
        },
    )


def _end(world: World, intent: Document, reason: str | None, emit: Emit) -> None:
    # Since the API of 2025-03-31 the charge shows no refund of what was never captured.
    if "timer" in intent["_"]:
        world.timers.cancel(intent["_"].pop("timer"))
    intent |= {
        "status": "canceled",
        "amount_capturable": 0,
        "canceled_at": world.clock.timestamp(),
        "cancellation_reason": reason,
        "next_action": None,
    }
    save(world, intent)
    emit("payment_intent.canceled", intent, order_of(intent))
    radar.payment_ended(world, intent["latest_charge"])


def _needs_authentication(card: Card, intent: Document, method: Document) -> bool:
    if intent["_"].get("authenticated"):
        return False
    if card.authentication is Authentication.ALWAYS:
        return True
    set_up = bool(method["_"].get("set_up"))
    return card.authentication is Authentication.UNLESS_SET_UP and not set_up


def _ask_customer(call: Call, intent: Document) -> Document:
    url = f"http://{call.host}/stripe/authenticate/{intent['id']}"
    back = intent["_"]["return_url"]
    if back is not None:
        action: Document = {
            "type": "redirect_to_url",
            "redirect_to_url": {"return_url": back, "url": url},
        }
    else:
        sdk = {"type": "three_d_secure_redirect", "stripe_js": url}
        action = {"type": "use_stripe_sdk", "use_stripe_sdk": sdk}
    intent |= {"status": "requires_action", "next_action": action}
    save(call.world, intent)
    call.emit("payment_intent.requires_action", intent, order_of(intent))
    return intent


def _approved(call: Call, intent: Document, method: Document) -> Document:
    world = call.world
    charge = charges.new_charge(world, intent, method, None)
    intent |= {
        "latest_charge": charge["id"],
        "amount_capturable": intent["amount"],
        "status": "requires_capture",
        "last_payment_error": None,
    }
    capture_before = charge["payment_method_details"]["card"]["capture_before"]
    world.ledger.append(
        "stripe",
        "authorization",
        order_of(intent),
        {
            "intent": intent["id"],
            "charge": charge["id"],
            "amount": intent["amount"],
            "currency": intent["currency"],
            "capture_before": capture_before,
            "customer": intent["customer"],
        },
    )
    _remember_method(call, intent, method)
    call.emit("charge.succeeded", charge, order_of(intent))
    if intent["capture_method"] != "manual":
        return book_capture(call, intent, charge, intent["amount"], final=True)
    charges.save(world, charge)
    radar.review_by_rule(world, charge)
    seconds = capture_before - world.clock.timestamp()
    intent["_"]["timer"] = world.timers.after(seconds, EXPIRY, {"intent": intent["id"]})
    save(world, intent)
    call.emit("payment_intent.amount_capturable_updated", intent, order_of(intent))
    return intent


def _remember_method(call: Call, intent: Document, method: Document) -> None:
    """Attach for later use where that was asked for; else one use was all."""
    if intent["setup_future_usage"] is not None and intent["customer"] is not None:
        method["_"]["set_up"] = True
        if method["customer"] is None:
            attach(call, method, intent["customer"])
            return
    elif method["customer"] is None:
        method["_"]["spent"] = True
    call.store.put(METHOD, method["id"], method)


def _declined(call: Call, intent: Document, method: Document, decline: str) -> Exception:
    charge = _refuse(call, intent, method, decline)
    return card_error(decline, shown(intent), shown(method), charge["id"])


def _refuse(call: Call, intent: Document, method: Document, decline: str) -> Document:
    charge = charges.new_charge(call.world, intent, method, decline)
    charges.save(call.world, charge)
    call.emit("charge.failed", charge, order_of(intent))
    _fail(call, intent, method, decline, charge["id"])
    return charge


def _fail(
    call: Call,
    intent: Document,
    method: Document,
    decline: str,
    charge: str | None,
    code: str | None = None,
) -> None:
    usual, message = DECLINES.get(decline, ("card_declined", "Your card was declined."))
    code = code or usual
    intent |= {
        "status": "requires_payment_method",
        "payment_method": None,
        "next_action": None,
        "latest_charge": charge or intent["latest_charge"],
        "last_payment_error": {
            "type": "card_error",
            "code": code,
            "decline_code": decline,
            "message": message,
            "charge": charge,
            "doc_url": f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}",
            "payment_method": shown(method),
        },
    }
    save(call.world, intent)
    call.world.ledger.append(
        "stripe",
        "decline",
        order_of(intent),
        {
            "intent": intent["id"],
            "amount": intent["amount"],
            "currency": intent["currency"],
            "decline_code": decline,
        },
    )
    call.emit("payment_intent.payment_failed", intent, order_of(intent))
