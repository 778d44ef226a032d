"""What the customer, the bank and the cardholder do, as a test or a person asks for it."""

import html
from urllib.parse import urlencode

from sandbox.core.http import Answer, ParsedRequest
from sandbox.core.store import Document
from sandbox.core.world import World, plain_error
from sandbox.stripe import authorization, disputes
from sandbox.stripe.endpoint import Call
from sandbox.stripe.objects import INTENT, shown
from sandbox.stripe.params import Params, parse

_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>3-D Secure</title>
<h1>Your bank asks: is this you?</h1><p>{amount} {currency}</p>
<form method="post"><button name="outcome" value="succeeded">Yes, pay</button>
<button name="outcome" value="failed">No</button></form></html>"""


async def authenticate(world: World, request: ParsedRequest) -> Answer:
    """`{"outcome": "succeeded"|"failed"}`: the customer has been through 3-D Secure."""
    outcome = request.json().get("outcome")
    intent = world.store.get(INTENT, request.path_params["id"])
    if intent is None or intent["status"] != "requires_action":
        status = "unknown" if intent is None else intent["status"]
        return _refused(409, f"the intent waits for no authentication, it is {status}")
    if outcome not in ("succeeded", "failed"):
        return _refused(422, "outcome must be succeeded or failed")
    return Answer.json(shown(_finish(world, request, intent, outcome == "succeeded")))


async def bank_page(world: World, request: ParsedRequest) -> Answer:
    """The page to which `next_action` sends a customer."""
    intent = world.store.get(INTENT, request.path_params["id"])
    if intent is None or intent["status"] != "requires_action":
        return Answer.content(b"Nothing to confirm.", "text/plain", 404)
    page = _PAGE.format(amount=intent["amount"], currency=html.escape(intent["currency"]))
    return Answer.content(page.encode(), "text/html; charset=utf-8")


async def bank_answer(world: World, request: ParsedRequest) -> Answer:
    """The customer has pressed a button on that page; back to the shop."""
    intent = world.store.get(INTENT, request.path_params["id"])
    if intent is None or intent["status"] != "requires_action":
        return Answer.content(b"Nothing to confirm.", "text/plain", 404)
    passed = parse(request.body.decode()).get("outcome") == "succeeded"
    back = intent["_"]["return_url"]
    done = _finish(world, request, intent, passed)
    if back is None:
        return Answer.content(f"The payment is {done['status']}.".encode(), "text/plain")
    query = urlencode(
        {
            "payment_intent": done["id"],
            "payment_intent_client_secret": done["client_secret"],
            "redirect_status": "succeeded" if passed else "failed",
        }
    )
    return Answer.empty(303, {"location": f"{back}{'&' if '?' in back else '?'}{query}"})


async def dispute(world: World, request: ParsedRequest) -> Answer:
    """`{"payment": "pi_... or ch_...", "reason", "inquiry", "amount", "due_in"}`: the cardholder
    disputes a charge, or a part of it; evidence is due in so many seconds."""
    body = request.json()
    asked = {name: body[name] for name in ("inquiry", "amount", "due_in") if name in body}
    try:
        opened = disputes.open_dispute(
            world, str(body.get("payment")), str(body.get("reason", "fraudulent")), **asked
        )
    except disputes.NotDisputableError as error:
        return _refused(409, str(error))
    return Answer.json(shown(opened), 201)


async def close_dispute(world: World, request: ParsedRequest) -> Answer:
    """`{"outcome": "won"|"lost"|"prevented"|"warning_closed"|"escalated"}`."""
    outcome = str(request.json().get("outcome"))
    try:
        closed = disputes.close_dispute(world, request.path_params["id"], outcome)
    except disputes.NotDisputableError as error:
        return _refused(409, str(error))
    return Answer.json(shown(closed))


def _finish(world: World, request: ParsedRequest, intent: Document, passed: bool) -> Document:
    call = Call(world, Params({}), request.path_params, request.path, request.headers["host"])
    return authorization.authenticated(call, intent, passed)


def _refused(status: int, message: str) -> Answer:
    return Answer.json(plain_error(status, message), status)
