"""Settling an order whose workflow is closed: what it left behind is undone."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.concurrency import run_in_threadpool

from api.access import SupportKey, Wired
from api.bodies import JsonBody
from api.meant import order_to_change
from api.parameters import Name
from api.problems import ProblemError, away
from api.starter import EngineAway, StillOpen
from api.wiring import Wiring
from domain.model import Model
from domain.steering import CancelRequest

router = APIRouter(tags=["cases"])

_SETTLE = JsonBody(
    CancelRequest, {"after a Terminate": {"who": "Ana, support", "why": "it was terminated"}}
)


class Settling(Model):
    """What is being undone, and from when on: what the closed workflow had under way ends first."""

    order: str
    undoes: tuple[str, ...]
    begins_at: datetime


@router.post("/orders/{order}/settle", status_code=202, summary="Undo what a closed order left")
async def settle(
    wiring: Wired, key: SupportKey, order: Name, wanted: Annotated[CancelRequest, Depends(_SETTLE)]
) -> Settling:
    """For an order whose workflow was terminated, failed or lost, while its goods have not left.

    The warehouse's work is stopped, labels and authorization are voided, captured money is given
    back, the stock is free again, and the order is cancelled on record. 409 says why not, and
    what to do instead.
    """
    view = await run_in_threadpool(order_to_change, wiring, key.shop, order)
    return await settle_order(wiring, view.order_id, wanted)


async def settle_order(wiring: Wiring, order_id: str, wanted: CancelRequest) -> Settling:
    """Settle an order that is on record."""
    remains = await run_in_threadpool(wiring.books.remains.of, order_id)
    if remains.objection:
        raise ProblemError(409, remains.objection)
    try:
        begins_at = await wiring.starter.settle(remains, wanted)
    except EngineAway as error:
        raise away("the engine") from error
    except StillOpen as error:
        raise ProblemError(
            409, "the order's workflow is open, so there is nothing to settle: cancel the order"
        ) from error
    return Settling(order=order_id, undoes=remains.words, begins_at=begins_at)


def closed_words(order_id: str, status: str) -> str:
    """What is said about an order whose workflow is closed, and which is open on record."""
    return (
        f"the order's workflow is closed in the engine (terminated, failed or lost) while the "
        f"order is {status} on record: it hears nothing any more. "
        f"POST /orders/{order_id}/settle undoes what it left"
    )
