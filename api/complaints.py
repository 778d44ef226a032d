"""Complaints told by shop or staff, and what staff offer for them."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from fastapi.concurrency import run_in_threadpool

from api.access import OfficeKey, SupportKey, Wired
from api.bodies import JsonBody
from api.meant import order_to_change, order_to_see
from api.orders import Taken
from api.parameters import IdempotencyKey, Name
from api.problems import FieldProblem, ProblemError, invalid, not_found
from api.steering import steering
from api.wiring import Wiring
from backoffice.views import OrderView
from domain.complaints import (
    ComplainedBy,
    ComplaintOnRecord,
    ComplaintRequest,
    ComplaintTaken,
    ComplaintWanted,
    OfferMade,
    SolutionChoice,
    SolutionOffer,
    SolutionReply,
    SolutionWanted,
)
from domain.model import LongText, Model, Text
from domain.shop import Scope

router = APIRouter(tags=["complaints"])

Number = Annotated[int, Path(ge=1, le=10**6, description="the order's n-th complaint")]


class ComplaintList(Model):
    """An order's complaints, oldest first, each with all that happened to it."""

    complaints: tuple[ComplaintOnRecord, ...]


class CustomersWord(Model):
    """What the customer has said to their shop about an offer, and who says so."""

    offer: int
    answer: SolutionChoice
    who: Text
    words: LongText = ""


_COMPLAINT = JsonBody(
    ComplaintWanted,
    {
        "one came broken": {
            "reason": "damaged",
            "lines": [{"line": "1", "quantity": 1}],
            "words": "the handle is off",
            "who": "the customer, by telephone",
        }
    },
)
_WHO = {"who": "Ana, support"}
_SOLUTION = JsonBody(
    SolutionWanted,
    {
        "the price of the pieces": _WHO | {"kind": "refund", "words": "We are sorry."},
        "a part of it": _WHO
        | {"kind": "partial_refund", "amount": {"amount": 500, "currency": "EUR"}},
        "the pieces once more": _WHO | {"kind": "replacement", "words": "We send you a new one."},
        "nothing": _WHO | {"kind": "decline", "words": "It was described as second-hand."},
    },
)
_WORD = JsonBody(
    CustomersWord, {"by telephone": {"offer": 1, "answer": "accept", "who": "the customer"}}
)


@router.get("/orders/{order}/complaints", summary="What the customer complained about")
def look_up(wiring: Wired, key: OfficeKey, order: Name) -> ComplaintList:
    """Each complaint as it was made, what was offered for it, and what became of it."""
    return ComplaintList(complaints=order_to_see(wiring, key.shop, order).complaints)


@router.post("/orders/{order}/complaints", status_code=202, summary="Complain")
async def complain(
    wiring: Wired,
    key: OfficeKey,
    order: Name,
    idempotency_key: IdempotencyKey,
    wanted: Annotated[ComplaintWanted, Depends(_COMPLAINT)],
) -> ComplaintTaken:
    """About pieces that have left, until `complaints_within` after the last parcel's end.

    What an open complaint is about already, for the same reason, is added to it. The same key again
    is the same complaint. 409 where nothing has left yet, or the order has ended.
    """
    view = await run_in_threadpool(order_to_change, wiring, key.shop, order)
    by = ComplainedBy.SHOP if Scope.SHOP in key.scopes else ComplainedBy.STAFF
    request = ComplaintRequest(key=idempotency_key, by=by, **dict(wanted))
    again = _under(view, request)
    if again is not None:
        return again
    with steering(view):
        return await wiring.starter.complain(view.order_id, request)


@router.post(
    "/orders/{order}/complaints/{complaint}/solutions",
    status_code=202,
    summary="Offer something for a complaint, or decline it",
)
async def offer(
    wiring: Wired,
    key: SupportKey,
    order: Name,
    complaint: Number,
    idempotency_key: IdempotencyKey,
    wanted: Annotated[SolutionWanted, Depends(_SOLUTION)],
) -> OfferMade:
    """The customer is asked by mail, and answers by `solution_within`; a newer offer replaces one
    that was not answered. What is offered can be kept: more than was taken is refused (409)."""
    view = await run_in_threadpool(order_to_change, wiring, key.shop, order)
    _known(view, complaint)
    _check_units(wiring, wanted)
    made = SolutionOffer(key=idempotency_key, complaint=complaint, wanted=wanted)
    with steering(view):
        return await wiring.starter.offer_solution(view.order_id, made)


@router.post(
    "/orders/{order}/complaints/{complaint}/answer",
    status_code=202,
    summary="Answer an offer for the customer",
)
async def answer(
    wiring: Wired,
    key: OfficeKey,
    order: Name,
    complaint: Number,
    word: Annotated[CustomersWord, Depends(_WORD)],
) -> Taken:
    """What the customer has said to the shop, or to staff. Accepted, it is carried out; refused,
    staff are asked anew."""
    view = await run_in_threadpool(order_to_change, wiring, key.shop, order)
    _known(view, complaint)
    by = ComplainedBy.SHOP if Scope.SHOP in key.scopes else ComplainedBy.STAFF
    reply = SolutionReply(complaint=complaint, by=by, **dict(word))
    with steering(view):
        await wiring.starter.answer_solution(view.order_id, reply)
    return Taken(order=view.order_id)


def _under(view: OrderView, request: ComplaintRequest) -> ComplaintTaken | None:
    """The same complaint sent again is answered from the record, also when the order has ended.

    Raises:
        ProblemError: 409 where another one was made under its key.
    """
    for one in (each.complaint for each in view.complaints):
        if one.request.key == request.key:
            if not one.request.same_as(request):
                raise ProblemError(409, "another complaint was made under this key; it holds")
            message = f"It is complaint {one.number} of the order already"
            return ComplaintTaken(order=view.order_id, complaint=one.number, message=message)
    return None


def _known(view: OrderView, complaint: int) -> None:
    if complaint not in {one.complaint.number for one in view.complaints}:
        raise not_found("complaint")


def _check_units(wiring: Wiring, wanted: SolutionWanted) -> None:
    """A sum that the provider cannot give to its last unit is refused. Raises ProblemError: 422."""
    problem = None if wanted.amount is None else wiring.refund_problem(wanted.amount)
    if problem is not None:
        raise invalid((FieldProblem(field="amount.amount", message=problem),))
