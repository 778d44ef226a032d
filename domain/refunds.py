"""Refunds by staff: what is wanted, its parts at the provider, and what is said of them."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from domain.ids import idempotency_key
from domain.model import CallersKey, Code, LongText, Model, Text, unsaid
from domain.money import Money
from domain.payment import RefundStatus
from domain.shipping import Portion


class RefundKind(StrEnum):
    """What money is given back for. GOODWILL is a sum, REST all that is left."""

    GOODWILL = "goodwill"
    LINES = "lines"
    SHIPPING = "shipping"
    REST = "rest"


class RefundedLine(Model):
    """Pieces of one line of the order whose price is given back."""

    line: Code
    quantity: Annotated[int, Field(strict=True, gt=0, le=100_000)]


class RefundWanted(Model):
    """What staff want to give back, who says so, and why.

    ``amount`` is a goodwill's; ``lines`` are for a refund of lines, which may include the
    ``shipping`` fee.
    """

    kind: RefundKind
    who: Text
    why: LongText = ""
    amount: Money | None = None
    lines: tuple[RefundedLine, ...] = ()
    shipping: bool = False

    @model_validator(mode="after")
    def _says_what_its_kind_needs(self) -> Self:
        problems = [*self._problems()]
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _problems(self) -> Iterable[str]:
        if self.kind is RefundKind.GOODWILL and (self.amount is None or self.amount.amount <= 0):
            yield "amount: a goodwill needs one above 0, with its currency"
        if self.kind is not RefundKind.GOODWILL and self.amount is not None:
            yield f"amount: what a refund of {self.kind.value} comes to follows from the order"
        if self.kind is RefundKind.LINES and not self.lines:
            yield "lines: name one at least"
        if self.kind is not RefundKind.LINES and self.lines:
            yield "lines: are for a refund of lines"
        if self.kind in (RefundKind.GOODWILL, RefundKind.REST) and self.shipping:
            yield "shipping: is for a refund of lines, or of kind shipping"
        if len({one.line for one in self.lines}) < len(self.lines):
            yield "lines: one of them stands twice"


class RefundRequest(RefundWanted):
    """Update ``refund``. The same ``key`` again is the same refund."""

    key: CallersKey

    def same_as(self, other: "RefundRequest") -> bool:
        """Whether both want the same, whoever says so."""
        said = {"who", "why"}
        return self.model_dump(exclude=said) == other.model_dump(exclude=said)


class RefundPart(Model):
    """What is given back of one shipment's capture, by one refund at the provider.

    ``payment`` is the provider's name for what was captured; ``sequence`` counts the order's
    refunds there, tries anew included. ``portions`` are the pieces that it is for, ``earlier``
    those that come before them in the order's division. ``last`` says that nothing is left of the
    capture then.
    """

    sequence: int
    shipment: str
    payment: str
    money: Money
    portions: tuple[Portion, ...] = ()
    earlier: tuple[Portion, ...] = ()
    shipping: bool = False
    last: bool = False
    by_hand: Annotated[bool, unsaid(usual=False)] = False


GIVE_BACK = "give_back"
"""What a refund at the provider is called in its idempotency key."""


def part_key(part: RefundPart) -> str:
    """The idempotency key of a refund at the provider."""
    return idempotency_key(part.shipment, GIVE_BACK, part.sequence)


class Refund(Model):
    """An order's n-th refund by staff, counted from 1, and its parts."""

    number: int
    request: RefundRequest
    at: datetime
    parts: tuple[RefundPart, ...]

    @property
    def money(self) -> Money:
        """What was asked for in all."""
        return sum((one.money for one in self.parts[1:]), self.parts[0].money)


class RefundTaken(Model):
    """What became of a press on the button, in words for whoever pressed."""

    order: str
    number: int
    money: Money
    message: LongText


class AtProvider(Model):
    """A refund in the provider's own words: its name for it, and its figure."""

    reference: str
    status: RefundStatus
    money: Money


class RefundWord(Model):
    """What the shop is told of a refund whenever it changes."""

    number: int
    kind: RefundKind
    status: RefundStatus
    money: Money
    parts: tuple[AtProvider, ...]
    lines: tuple[RefundedLine, ...] = ()
    shipping: bool = False
    credit_notes: tuple[str, ...] = ()

    @property
    def event(self) -> str:
        """What it is called in a callback's type."""
        return "refund_failed" if self.status is RefundStatus.FAILED else "refunded"


class Standing(Model):
    """How a refund at the provider stands, for the record; ``key`` is its idempotency key."""

    key: str
    reference: str
    money: Money
    status: RefundStatus
    reason: str = ""
    at: datetime
