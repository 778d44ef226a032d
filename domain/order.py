"""The canonical order: what every channel's own format is turned into."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator
from pydantic.json_schema import SkipJsonSchema

from domain.address import Address, Customer
from domain.clocks import ZoneClock
from domain.model import AwareMoment, Code, LongText, Model, Number, OptionalText, Text, unsaid
from domain.money import Currency, Money
from domain.payment import NothingDue, PaymentTerms
from domain.policy import Policy
from domain.shipping import ServiceLevel

Minor = Annotated[int, Field(strict=True, ge=0, le=10**13)]
"""A sum in the order's minor unit."""


def _rate(text: str) -> str:
    if not 0 <= Decimal(text) <= 100:
        raise ValueError("must be a percentage from 0 to 100")
    return text


TaxRate = Annotated[str, StringConstraints(pattern=r"^\d{1,3}(\.\d{1,4})?$"), AfterValidator(_rate)]
"""A percentage in decimal text, as the channel charged it: "19" or "8.875"."""


class Sums(Model):
    """Net, tax and gross of something, in the order's minor unit. Tax is the channel's word."""

    net: Minor
    tax: Minor
    gross: Minor

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if self.net + self.tax != self.gross:
            raise ValueError(
                f"net {self.net} and tax {self.tax} are {self.net + self.tax}, not gross "
                f"{self.gross}"
            )
        return self


class Line(Sums):
    """One line: what, how many, and its sums after discount.

    ``unit_price`` times ``quantity`` less ``discount`` is the line's gross, or its net where the
    order's prices do not include tax.
    """

    id: Code
    sku: Code
    name: Text
    quantity: Annotated[int, Field(strict=True, gt=0, le=100_000)]
    options: dict[Text, OptionalText] = Field(default_factory=dict)
    note: LongText = ""
    unit_price: Minor
    discount: Minor = 0
    tax_rate: TaxRate
    substitutions_welcome: Annotated[bool, unsaid(False)] = False


class Substitute(Line):
    """Pieces of another article that go in place of pieces of a line which were not there.

    Its sums are a part of that line's, or less: it adds nothing to what the order comes to.
    """

    instead_of: Code


class Shipping(Sums):
    """What the customer pays for shipping, and the service that was promised for it."""

    service_level: ServiceLevel = ServiceLevel.STANDARD
    tax_rate: TaxRate
    deliver_by: AwareMoment | None = None


class Order(Model):
    """A channel's order in canonical form. Sums are checked exactly and never recomputed."""

    number: Number
    channel: Code
    placed_at: AwareMoment
    currency: Currency
    prices_include_tax: bool = True
    customer: Customer
    billing_address: Address
    shipping_address: Address
    lines: Annotated[tuple[Line, ...], Field(min_length=1, max_length=200)]
    shipping: Shipping
    total: Sums
    payment: PaymentTerms
    notes: LongText = ""
    gift_note: LongText = ""
    reviews_welcome: bool = True
    substitutions_welcome: Annotated[bool, unsaid(False)] = False
    # Nobody sends them with an order: they come of its way, with the customer's consent.
    substitutes: Annotated[SkipJsonSchema[tuple[Substitute, ...]], unsaid(())] = ()

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        problems = [*self._line_problems(), *self._total_problems()]
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _line_problems(self) -> list[str]:
        problems: list[str] = []
        seen: set[str] = set()
        for place, line in enumerate(self.lines):
            if line.id in seen:
                problems.append(f"lines.{place}.id: {line.id} is used twice")
            seen.add(line.id)
            price = line.unit_price * line.quantity - line.discount
            basis = "gross" if self.prices_include_tax else "net"
            if price != getattr(line, basis):
                problems.append(
                    f"lines.{place}.{basis}: {line.quantity} at {line.unit_price} less "
                    f"{line.discount} is {price}, not {getattr(line, basis)}"
                )
        return problems

    def _total_problems(self) -> list[str]:
        problems: list[str] = []
        for part in ("net", "tax", "gross"):
            count = sum(getattr(line, part) for line in self.lines) + getattr(self.shipping, part)
            if count != getattr(self.total, part):
                problems.append(
                    f"total.{part}: lines and shipping add up to {count}, not "
                    f"{getattr(self.total, part)}"
                )
        if isinstance(self.payment, NothingDue) != (self.total.gross == 0):
            problems.append("payment.terms: nothing_due is for a total of 0, and only for that")
        return problems

    @property
    def due(self) -> Money:
        """What the customer owes for the whole order."""
        return Money(amount=self.total.gross, currency=self.currency)

    @property
    def articles(self) -> tuple[Line, ...]:
        """Its lines, and after them what goes in place of pieces of theirs."""
        return (*self.lines, *self.substitutes)

    def line(self, line_id: str) -> Line | None:
        """The line with this id, or what goes in place of one, if the order has it."""
        return next((line for line in self.articles if line.id == line_id), None)

    def with_substitutes(self, substitutes: tuple[Substitute, ...]) -> "Order":
        """The order with these as well; one that it has already stays as it is."""
        known = {one.id for one in self.substitutes}
        new = tuple(one for one in substitutes if one.id not in known)
        return self.model_copy(update={"substitutes": (*self.substitutes, *new)}) if new else self


class Contents(Model):
    """What an amendment may change of an order: its lines, its shipping sums and its total."""

    lines: tuple[Line, ...]
    shipping: Shipping
    total: Sums

    @classmethod
    def of(cls, order: Order) -> Self:
        """An order's contents as they are now."""
        return cls(lines=order.lines, shipping=order.shipping, total=order.total)

    def within(self, order: Order) -> Order:
        """The same order with these contents."""
        return order.model_copy(
            update={"lines": self.lines, "shipping": self.shipping, "total": self.total}
        )


class Amended(Model):
    """The n-th amendment of an order that was tried, counted from 1: from what to what.

    ``refused`` says why it was not made; it is empty where it was. ``key`` and ``digest`` tell the
    same amendment from another one.
    """

    number: int
    key: Code
    digest: str
    before: Contents
    after: Contents
    who: Text
    why: LongText = ""
    at: datetime
    refused: LongText = ""


class Replaces(Model):
    """Which order another one replaces pieces of, and for which of its complaints and offers."""

    order: str
    complaint: int
    offer: int


class OrderInput(Model):
    """What an order's workflow is started with.

    ``clocks`` are what the clocks of the policy's time zones show, written down when the order was
    accepted: whatever is learnt of them later changes no deadline on a replay.
    ``promised_by`` is when the customer is promised to have it; orders from before promises have
    none.
    ``begun_before`` is set where the engine has lost an earlier run of the order: since then each
    of its calls may have had its effect, and is looked up before it is made. ``order`` is as it
    came, and ``amendments`` are those that the earlier run has tried. ``deadlines_ring`` is unset
    in orders of earlier releases: a deadline of theirs passes for whoever looks first after it. So
    is ``decides_first``: they write into our books within the task that decides what is written;
    and ``hears_complaints``: they take none. ``page`` is the secret of the customer's page: records
    that are brought back know the links that customers have. One
    that ``replaces`` pieces of another takes none either: its customer complains about that.
    """

    order_id: str
    shop: str
    order: Order
    accepted_at: datetime
    policy: Policy = Policy()
    begun_before: datetime | None = None
    clocks: Annotated[tuple[ZoneClock, ...], unsaid(())] = ()
    amendments: Annotated[tuple[Amended, ...], unsaid(())] = ()
    promised_by: Annotated[datetime | None, unsaid(None)] = None
    deadlines_ring: Annotated[bool, unsaid(False)] = False
    decides_first: Annotated[bool, unsaid(False)] = False
    hears_complaints: Annotated[bool, unsaid(False)] = False
    page: Annotated[str, unsaid("")] = ""
    replaces: Annotated[Replaces | None, unsaid(None)] = None
