"""What a customer is unhappy with, what they are offered for it, and what they say to that."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from domain.model import CallersKey, LongText, Model, Text, unsaid
from domain.money import Money
from domain.refunds import RefundedLine, RefundKind, RefundWanted


class ComplaintReason(StrEnum):
    """What is wrong. ``came_back`` and ``not_arrived`` are about the way, the others about what
    is in the parcel."""

    DAMAGED = "damaged"
    MISSING = "missing"
    WRONG_ITEM = "wrong_item"
    NOT_AS_DESCRIBED = "not_as_described"
    NOT_ARRIVED = "not_arrived"
    CAME_BACK = "came_back"
    OTHER = "other"


class ComplainedBy(StrEnum):
    """Whose word it is: the customer's own, on their page; told by the shop or by staff; or the
    courier's, who has lost a parcel or brings it back."""

    CUSTOMER = "customer"
    SHOP = "shop"
    STAFF = "staff"
    COURIER = "courier"


class ComplaintState(StrEnum):
    """How far a complaint is.

    ``open`` waits for an offer, ``offered`` for the customer's word on it; ``accepted`` is being
    carried out. One that was ``declined`` or ``solved`` has ended.
    """

    OPEN = "open"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    SOLVED = "solved"
    DECLINED = "declined"

    @property
    def ended(self) -> bool:
        """Whether nothing more is to come of it."""
        return not _FOLLOWS[self]


_C = ComplaintState
_FOLLOWS = {
    _C.OPEN: frozenset({_C.OFFERED, _C.ACCEPTED, _C.DECLINED}),
    _C.OFFERED: frozenset({_C.OPEN, _C.ACCEPTED, _C.DECLINED}),
    _C.ACCEPTED: frozenset({_C.OPEN, _C.SOLVED}),
    _C.SOLVED: frozenset[ComplaintState](),
    _C.DECLINED: frozenset[ComplaintState](),
}


def may_become(now: ComplaintState, then: ComplaintState) -> bool:
    """Whether a complaint may go from one state to another. Words may be added in any of them."""
    return then in _FOLLOWS[now]


class ComplaintWanted(Model):
    """What somebody says is wrong with which pieces of an order."""

    reason: ComplaintReason
    lines: Annotated[tuple[RefundedLine, ...], Field(min_length=1, max_length=200)]
    words: LongText = ""
    who: Text

    @model_validator(mode="after")
    def _names_each_line_once(self) -> Self:
        if len({one.line for one in self.lines}) < len(self.lines):
            raise ValueError("lines: one of them stands twice")
        return self


class ComplaintRequest(ComplaintWanted):
    """Update ``complain``. The same ``key`` again is the same complaint."""

    key: CallersKey
    by: ComplainedBy = ComplainedBy.CUSTOMER

    def same_as(self, other: "ComplaintRequest") -> bool:
        """Whether both say the same, whoever says so."""
        return self.model_dump(exclude={"who"}) == other.model_dump(exclude={"who"})

    def is_about(self, other: "ComplaintRequest") -> bool:
        """Whether both are about the same pieces, for the same reason."""
        return (self.reason, _pieces(self.lines)) == (other.reason, _pieces(other.lines))


class Complaint(Model):
    """An order's n-th complaint, counted from 1, as it was made."""

    number: int
    request: ComplaintRequest
    at: datetime


class ComplaintTaken(Model):
    """What became of it, in words for whoever complained. One that stood already was joined."""

    order: str
    complaint: int
    joined: bool = False
    message: LongText


class SolutionKind(StrEnum):
    """What is offered: the price of the pieces, a sum, the pieces once more, or nothing, with the
    reason."""

    REFUND = "refund"
    PARTIAL_REFUND = "partial_refund"
    REPLACEMENT = "replacement"
    DECLINE = "decline"


class SolutionWanted(Model):
    """What staff offer for a complaint, who says so, and the words that the customer reads.

    ``amount`` is a partial refund's; with ``shipping`` a refund includes the shipping fee.
    """

    kind: SolutionKind
    who: Text
    words: LongText = ""
    amount: Money | None = None
    shipping: bool = False

    @model_validator(mode="after")
    def _says_what_its_kind_needs(self) -> Self:
        problems = [*self._problems()]
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _problems(self) -> Iterable[str]:
        partial = self.kind is SolutionKind.PARTIAL_REFUND
        if partial and (self.amount is None or self.amount.amount <= 0):
            yield "amount: a partial refund needs one above 0, with its currency"
        if not partial and self.amount is not None:
            yield "amount: is for a partial refund; what a refund comes to follows from the order"
        if self.shipping and self.kind is not SolutionKind.REFUND:
            yield "shipping: is for a refund"
        if self.kind is SolutionKind.DECLINE and not self.words.strip():
            yield "words: say to the customer why nothing is offered"


class SolutionOffer(Model):
    """Update ``offer_solution``: for which complaint, and what. ``key`` tells the same offer
    again from another one."""

    key: CallersKey
    complaint: int
    wanted: SolutionWanted


class Solution(Model):
    """The n-th offer for a complaint, counted from 1: ``money`` is what it comes to, ``answer_by``
    when silence counts as an answer."""

    number: int
    wanted: SolutionWanted
    money: Annotated[Money | None, unsaid(None)] = None
    answer_by: Annotated[datetime | None, unsaid(None)] = None

    def refund(self, complaint: Complaint) -> RefundWanted:
        """What is given back for it.

        Raises:
            ValueError: nothing is.
        """
        wanted = self.wanted
        why = f"complaint {complaint.number}: {complaint.request.reason.value}"
        match wanted.kind:
            case SolutionKind.REFUND:
                return RefundWanted(
                    kind=RefundKind.LINES,
                    who=wanted.who,
                    why=why,
                    lines=complaint.request.lines,
                    shipping=wanted.shipping,
                )
            case SolutionKind.PARTIAL_REFUND:
                return RefundWanted(
                    kind=RefundKind.GOODWILL, who=wanted.who, why=why, amount=wanted.amount
                )
            case SolutionKind.REPLACEMENT:
                raise ValueError("nothing is given back for what is sent once more")
            case SolutionKind.DECLINE:
                raise ValueError("nothing is given back for what is declined")


class OfferMade(Model):
    """An offer, in words for whoever made it."""

    order: str
    complaint: int
    offer: int
    message: LongText


class SolutionChoice(StrEnum):
    """What a customer may say to an offer."""

    ACCEPT = "accept"
    REFUSE = "refuse"


class SolutionReply(Model):
    """Update ``answer_solution``: the customer's word on an offer, and who says so."""

    complaint: int
    offer: int
    answer: SolutionChoice
    by: ComplainedBy = ComplainedBy.CUSTOMER
    who: Text
    words: LongText = ""


class ComplaintWord(Model):
    """The n-th thing that happened to a complaint, counted from 1: its state from then on, who did
    it and in which words, and what was offered where that is what happened."""

    complaint: int
    number: int
    state: ComplaintState
    who: Text
    words: LongText = ""
    solution: Annotated[Solution | None, unsaid(None)] = None
    at: datetime


class ComplaintOnRecord(Model):
    """A complaint with all that happened to it, oldest first."""

    complaint: Complaint
    words: tuple[ComplaintWord, ...]

    @property
    def state(self) -> ComplaintState:
        """How far it is."""
        return self.words[-1].state if self.words else ComplaintState.OPEN

    @property
    def offer(self) -> Solution | None:
        """What the customer may take at this moment."""
        if self.state is not ComplaintState.OFFERED:
            return None
        return next((one.solution for one in reversed(self.words) if one.solution), None)


def too_many(
    wanted: Sequence[RefundedLine], there: dict[str, int], complained: Iterable[Complaint]
) -> str:
    """Why these pieces cannot be complained about, or nothing.

    ``there`` is how many of each line have left, ``complained`` are the complaints that are open,
    or have made their pieces good.
    """
    kept: dict[str, int] = {}
    for line in (line for one in complained for line in one.request.lines):
        kept[line.line] = kept.get(line.line, 0) + line.quantity
    for one in wanted:
        if one.line not in there:
            return f"line {one.line}: none of it was sent; the order sent {_names(there)}"
        if one.quantity > there[one.line]:
            return f"line {one.line}: {there[one.line]} of it were sent, not {one.quantity}"
        taken = kept.get(one.line, 0)
        if one.quantity > there[one.line] - taken:
            return f"line {one.line}: {taken} of {there[one.line]} were complained about already"
    return ""


def _names(there: dict[str, int]) -> str:
    return ", ".join(f"{count} of line {line}" for line, count in sorted(there.items())) or "none"


def _pieces(lines: Iterable[RefundedLine]) -> dict[str, int]:
    return {one.line: one.quantity for one in lines}
