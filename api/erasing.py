"""Erasing the person behind an order: only when nothing needs them any more."""

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool

from api.access import SupportKey, Wired
from api.meant import order_to_change
from api.parameters import Name
from api.problems import ProblemError, away
from api.starter import EngineAway, Starter
from backoffice.books import Books
from backoffice.erasure import Erasure, NotEnded
from domain.model import Model

router = APIRouter(tags=["orders"])


class ErasedOrder(Model):
    """What an erasure did. ``history`` says what became of what Temporal keeps."""

    order: str
    erased_at: str
    history: str

    @classmethod
    def of(cls, erasure: Erasure) -> "ErasedOrder":
        """In words."""
        return cls(
            order=erasure.order_id,
            erased_at=erasure.erased_at.isoformat(),
            history="unreadable: its key was destroyed"
            if erasure.encrypted
            else "not encrypted: Temporal keeps it until its retention ends",
        )


async def erase_order(books: Books, engine: Starter, order_id: str) -> Erasure:
    """Erase an order that has ended, on record and in the engine.

    Raises:
        NotEnded: it has not ended, or one that replaces pieces of it has not.
        NotOnRecord: there is no such order.
        EngineAway: nobody knows whether it has ended.
    """
    if await engine.is_open(order_id):
        raise NotEnded("its workflow runs")
    for other in await run_in_threadpool(books.replacements.replacements_of, order_id):
        if await engine.is_open(other):
            raise NotEnded(f"the workflow of its replacement {other} runs")
    return await run_in_threadpool(books.erasure.erase, order_id)


@router.post("/orders/{order}/erase", summary="Erase the person behind an order")
async def erase(wiring: Wired, key: SupportKey, order: Name) -> ErasedOrder:
    """Names, addresses, mails, notes and papers are gone for good, and its history is unreadable.

    What was bought, the money's records and issued invoices are kept. Orders that replace pieces of
    it are erased with it. Asking again changes nothing. 409 while the order is open: what it holds
    is needed to carry it out; and while a dispute about it is, as that is its evidence.
    """
    view = await run_in_threadpool(order_to_change, wiring, key.shop, order)
    try:
        erasure = await erase_order(wiring.books, wiring.starter, view.order_id)
    except NotEnded as error:
        raise ProblemError(409, str(error)) from error
    except EngineAway as error:
        raise away("the engine") from error
    if wiring.codec is not None:
        for gone in (view.order_id, *erasure.replacements):
            wiring.codec.keyring.forget(gone)
    return ErasedOrder.of(erasure)
