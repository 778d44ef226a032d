"""Reviews in Radar: opened by a rule or by hand, closed by the seller's people."""

from sandbox.core.http import Answer, ParsedRequest
from sandbox.core.store import Document
from sandbox.core.world import World, plain_error
from sandbox.stripe import authorization, radar
from sandbox.stripe.endpoint import Call
from sandbox.stripe.errors import StripeError
from sandbox.stripe.objects import CHARGE, INTENT, REVIEW, page, shown
from sandbox.stripe.params import Params

_CLOSED = ("approved", "refunded", "refunded_as_fraud")


def retrieve(call: Call) -> Document:
    """GET /v1/reviews/{id}."""
    return call.subject(REVIEW, "review")


def list_open(call: Call) -> Document:
    """GET /v1/reviews: those that are open."""
    found = (one for one in call.store.list(REVIEW, newest_first=True) if one["open"])
    return page(found, call.params, "/v1/reviews")


def approve(call: Call) -> Document:
    """POST /v1/reviews/{id}/approve."""
    review = call.subject(REVIEW, "review")
    if not review["open"]:
        raise StripeError(400, "This review is already closed.")
    radar.close(call.world, review, "approved")
    return review


async def open_by_hand(world: World, request: ParsedRequest) -> Answer:
    """`{"payment": "pi_..."}`: somebody of the seller's puts a payment into review."""
    intent = world.store.get(INTENT, str(request.json().get("payment")))
    charge = None if intent is None else world.store.get(CHARGE, intent["latest_charge"] or "")
    if charge is None or charge["review"] is not None:
        return _refused("there is no such payment, or it is in review")
    return Answer.json(shown(radar.open_review(world, charge, "manual")), 201)


async def decide(world: World, request: ParsedRequest) -> Answer:
    """`{"outcome": "approved"|"refunded"|"refunded_as_fraud"}` about a payment's open review.

    A refund of what was not captured lets the authorization go.
    """
    outcome = str(request.json().get("outcome"))
    intent = world.store.get(INTENT, request.path_params["id"])
    charge = None if intent is None else world.store.get(CHARGE, intent["latest_charge"] or "")
    review = None if charge is None else world.store.get(REVIEW, charge["review"] or "")
    if intent is None or review is None or not review["open"] or outcome not in _CLOSED:
        return _refused("no open review of this payment, or no such outcome")
    radar.close(world, review, outcome)
    if outcome != "approved" and intent["status"] == "requires_capture":
        call = Call(world, Params({}), request.path_params, request.path, request.headers["host"])
        authorization.void(call, intent, "fraudulent")
    return Answer.json(shown(review))


def _refused(message: str) -> Answer:
    return Answer.json(plain_error(409, message), 409)
