"""Refunds by staff: a sum, lines, the shipping fee, or the rest of what was taken."""

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.concurrency import run_in_threadpool

from api.access import OfficeKey, SupportKey, Wired
from api.bodies import JsonBody
from api.meant import order_to_change, order_to_see
from api.parameters import IdempotencyKey, Name
from api.problems import FieldProblem, ProblemError, invalid
from api.steering import steering
from api.wiring import Wiring
from backoffice.views import RefundView
from domain.model import Model
from domain.refunds import RefundRequest, RefundTaken, RefundWanted

router = APIRouter(tags=["refunds"])

_WHO = {"who": "Ana, support", "why": "came late"}
_REFUND = JsonBody(
    RefundWanted,
    {
        "goodwill": _WHO | {"kind": "goodwill", "amount": {"amount": 500, "currency": "EUR"}},
        "one of two": _WHO | {"kind": "lines", "lines": [{"line": "1", "quantity": 1}]},
        "the shipping fee": _WHO | {"kind": "shipping"},
        "all that is left": _WHO | {"kind": "rest"},
    },
)


class RefundList(Model):
    """An order's refunds by staff, oldest first, with the provider's own figures."""

    refunds: tuple[RefundView, ...]


@router.get("/orders/{order}/refunds", summary="What was given back")
def look_up(wiring: Wired, key: OfficeKey, order: Name) -> RefundList:
    """Who wanted each refund, why and what for; and how each stands at the payment provider."""
    return RefundList(refunds=order_to_see(wiring, key.shop, order).refunds)


@router.post("/orders/{order}/refunds", status_code=202, summary="Give money back")
async def give_back(
    wiring: Wired,
    key: SupportKey,
    order: Name,
    idempotency_key: IdempotencyKey,
    wanted: Annotated[RefundWanted, Depends(_REFUND)],
) -> RefundTaken:
    """Money that was taken, before or after the parcel has arrived; the goods stay sold.

    Never more than was taken: what two people press together is given back once, and the second
    is told what is left. The same key again is the same refund. 409 where the order was not paid
    here, nothing is taken yet (cancel it), it has ended, or a dispute of its money is open or lost.
    """
    view = await run_in_threadpool(order_to_change, wiring, key.shop, order)
    request = RefundRequest(key=idempotency_key, **dict(wanted))
    before = await run_in_threadpool(wiring.books.refunds.under_key, view.order_id, request.key)
    if before is not None:
        return _again(view.order_id, before, request)
    _check_units(wiring, wanted)
    disputed = await run_in_threadpool(wiring.books.dispute_pages.objection, view.order_id)
    if disputed:
        raise ProblemError(409, disputed)
    with steering(view):
        return await wiring.starter.refund(view.order_id, request)


def _again(order: str, before: RefundView, request: RefundRequest) -> RefundTaken:
    """The same press twice is answered from the record, also when the order has ended.

    Raises:
        ProblemError: 409 where something else was pressed under the key.
    """
    same = (before.kind, before.lines, before.shipping)
    if same != (request.kind, request.lines, request.shipping) or (
        request.amount is not None and request.amount != before.money
    ):
        words = "another refund was asked for under this Idempotency-Key; it holds"
        raise ProblemError(409, words)
    message = f"{before.money} was given back already: refund {before.number}"
    return RefundTaken(order=order, number=before.number, money=before.money, message=message)


def _check_units(wiring: Wiring, wanted: RefundWanted) -> None:
    """A sum that the provider cannot give to its last unit is refused; what lines come to is
    nobody's choice.

    Raises:
        ProblemError: 422.
    """
    problem = None if wanted.amount is None else wiring.refund_problem(wanted.amount)
    if problem is not None:
        raise invalid((FieldProblem(field="amount.amount", message=problem),))
