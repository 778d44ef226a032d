"""Money that came to the bank account without an order's reference: whose it is, a person says.

The account is the installation's, not a shop's: so is the key that opens this.
"""

from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends

from api.access import AdminKey, Wired
from api.bodies import JsonBody
from api.parameters import Name
from api.problems import FieldProblem, ProblemError, invalid, not_found
from api.wiring import Wiring
from backoffice.bookings import BookingOnRecord
from backoffice.refusals import NotOnRecord
from backoffice.tables.transfers import BookingState
from domain.cases import Answer, CaseAnswer
from domain.model import LongText, Model, OptionalText, Text
from domain.money import Money
from domain.payment import Transfer
from domain.transfers import case_of_booking

router = APIRouter(prefix="/transfers", tags=["cases"])


class StrayTransfer(Model):
    """Money that nobody owns. Who paid it, the bank shows under its name there."""

    booking: str
    money: Money
    seen_at: datetime


class StrayTransfers(Model):
    """All of them, oldest first."""

    transfers: tuple[StrayTransfer, ...]


class Decision(Model):
    """``accept``: it is this order's, which goes on by it; ``reject``: it goes back."""

    answer: Literal[CaseAnswer.ACCEPT, CaseAnswer.REJECT]
    order: OptionalText = ""
    who: Text
    why: LongText = ""


_DECISION = JsonBody(
    Decision,
    {
        "it is an order's": {
            "answer": "accept",
            "order": "ord_a7jyn3hfmyqgx5ln2tceu3kw",
            "who": "Ana, support",
            "why": "she wrote another order's number",
        },
        "it goes back": {"answer": "reject", "who": "Ana, support", "why": "not a customer"},
    },
)


@router.get("/strays", summary="Transfers that no order's reference bears")
def strays(wiring: Wired, key: AdminKey) -> StrayTransfers:
    """Each waits two weeks for an answer; then it goes back to where it came from."""
    found = wiring.books.bookings.strays()
    return StrayTransfers(
        transfers=tuple(
            StrayTransfer(booking=one.id, money=one.money, seen_at=one.seen_at) for one in found
        )
    )


@router.post("/strays/{booking}/answer", summary="Say whose a transfer is")
def answer(
    wiring: Wired,
    key: AdminKey,
    booking: Name,
    wanted: Annotated[Decision, Depends(_DECISION)],
) -> StrayTransfer:
    """The order is told of its money, or the money goes back. 409 where that was said before."""
    found = wiring.books.bookings.find(booking)
    if found is None:
        raise not_found("transfer")
    if wanted.answer is CaseAnswer.ACCEPT:
        words = _objection(wiring, found, wanted.order)
        if words:
            raise invalid((FieldProblem(field="order", message=words),))
        done = wiring.books.bookings.assign(found.id, wanted.order)
    else:
        done = wiring.books.bookings.move(found.id, BookingState.RETURNING, now=BookingState.STRAY)
    if not done:
        raise ProblemError(409, f"{found.id} waits for no answer: it is {found.state.value}")
    given = Answer(
        case=case_of_booking(found.id),
        answer=wanted.answer,
        who=wanted.who,
        why=wanted.why,
        at=datetime.now(UTC),
    )
    wiring.books.cases.close(given)
    return StrayTransfer(booking=found.id, money=found.money, seen_at=found.seen_at)


def _objection(wiring: Wiring, booking: BookingOnRecord, order: str) -> str:
    if not order:
        return "must say whose it is, by the order's id; `reject` sends it back"
    try:
        known = wiring.books.records.order(order).order
    except NotOnRecord:
        return f"no order {order} is on record"
    if not isinstance(known.payment, Transfer):
        return f"{order} is not paid by bank transfer"
    if known.currency != booking.money.currency:
        return f"{order} is in {known.currency}, and this is in {booking.money.currency}"
    return ""
