"""Something else in place of pieces that are not there, where the customer takes it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum

from domain.catalogue import Product
from domain.invoicing import proportion, sums_of
from domain.model import Code, LongText, Model, Text
from domain.order import Line, Order, Substitute, Sums
from domain.policy import SubstitutePrice
from domain.shipping import Portion
from domain.warehouse import HandoffLine, PickedLine, Proposal


class OfferState(StrEnum):
    """How far an offer is. Only one that is ``offered`` takes an answer, and only once."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNANSWERED = "unanswered"
    WITHDRAWN = "withdrawn"


class AnsweredBy(StrEnum):
    """Whose word it was: the customer's own, or told by the shop or staff; or nobody's."""

    CUSTOMER = "customer"
    SHOP = "shop"
    STAFF = "staff"
    CHECKOUT = "checkout"
    NOBODY = "nobody"


class Lack(Sums):
    """Pieces of a line that are missing, what they come to, and what might go in their place.

    ``id`` names the offer, ``as_line`` the line that it would be; ``proposed`` are the warehouse's
    own words.
    """

    id: str
    line: str
    as_line: str
    quantity: int
    proposed: tuple[str, ...] = ()


class Offer(Model):
    """Other pieces that are reserved until the customer has answered, by ``answer_by`` at last.

    ``token`` is the secret of the customer's page; nobody else has it.
    """

    id: str
    shipment: str
    line: Line
    substitute: Substitute
    ordered: Sums
    answer_by: datetime
    token: str
    state: OfferState = OfferState.OFFERED

    @property
    def words(self) -> str:
        """In words without personal data: "1 x MUG-RED instead of MUG-BLUE"."""
        return f"{self.substitute.quantity} x {self.substitute.sku} instead of {self.line.sku}"


class OfferAnswer(Model):
    """What became of an offer, and by whose word."""

    id: str
    state: OfferState
    by: AnsweredBy
    at: datetime


class Choice(StrEnum):
    """What may be said to an offer."""

    ACCEPT = "accept"
    REFUSE = "refuse"


class SubstitutionReply(Model):
    """Update ``answer_substitution``: which offer, what, and who says so."""

    substitution: Code
    answer: Choice
    by: AnsweredBy = AnsweredBy.CUSTOMER
    who: Text
    why: LongText = ""


def lacks_of(
    order: Order,
    shipment: str,
    lines: Iterable[HandoffLine],
    picked: Iterable[PickedLine],
    proposals: Iterable[Proposal],
    earlier: Iterable[Portion],
    counted: int,
) -> tuple[Lack, ...]:
    """What is missing of an order's own lines: what went in place of one is not replaced again.

    ``earlier`` are the pieces that stand before this shipment's in the order's division, and
    ``counted`` is how many offers the shipment has had.
    """
    found = {one.line: one.quantity for one in picked}
    before = {one.line: one.quantity for one in earlier}
    ordered = {line.id: line for line in order.lines}
    wanted = [(one, ordered[one.line]) for one in lines if one.line in ordered]
    lacks: list[Lack] = []
    for one, line in wanted:
        there = found.get(line.id, 0)
        missing = one.quantity - there
        if not missing:
            continue
        number = counted + len(lacks) + 1
        sums = sums_of(order, line, before.get(line.id, 0) + there, missing)
        lacks.append(
            Lack(
                **dict(sums),
                id=f"{shipment}-x{number}",
                line=line.id,
                as_line=_line_name(ordered, shipment, number),
                quantity=missing,
                proposed=tuple(each.sku for each in proposals if each.line == line.id),
            )
        )
    return tuple(lacks)


def _line_name(ordered: Mapping[str, Line], shipment: str, number: int) -> str:
    """Short enough to be scanned, and no line's of the order."""
    name = f"X{shipment.rpartition('-s')[2]}.{number}"
    while name in ordered:
        name += "x"
    return name


def may_replace(ordered: Product, lack: Lack) -> tuple[str, ...]:
    """SKUs to be tried, the best first: what the warehouse holds in its hands, then the shop's own
    list. A shop that has a list has said what does not fit as well."""
    listed = ordered.substitutes
    proposed = (sku for sku in lack.proposed if sku in listed or not listed)
    return tuple(sku for sku in dict.fromkeys((*proposed, *listed)) if sku != ordered.sku)


def stand_in(order: Order, lack: Lack, product: Product, price: SubstitutePrice) -> Substitute:
    """The line that a product would be in place of missing pieces.

    It costs what they come to, or its own price where that is lower; its tax is theirs in
    proportion.
    """
    line = order.line(lack.line)
    if line is None:
        raise ValueError(f"line {lack.line} is not on the order")
    own = product.prices.get(order.currency)
    gross = lack.gross
    if own is not None and price is SubstitutePrice.LOWER:
        gross = min(gross, own * lack.quantity)
    tax = proportion(lack.tax, gross, lack.gross) if lack.gross else lack.tax
    basis = gross if order.prices_include_tax else gross - tax
    # What it costs is its price, or the ordered one less what was taken off that.
    unit = line.unit_price if gross == lack.gross else -(-basis // lack.quantity)
    return Substitute(
        id=lack.as_line,
        sku=product.sku,
        name=product.name,
        quantity=lack.quantity,
        unit_price=unit,
        discount=unit * lack.quantity - basis,
        tax_rate=line.tax_rate,
        net=gross - tax,
        tax=tax,
        gross=gross,
        instead_of=line.id,
    )


def is_welcome(order: Order, line: str) -> bool:
    """Whether the customer said with the order that something else may come in its place."""
    ordered = order.line(line)
    return order.substitutions_welcome or (ordered is not None and ordered.substitutions_welcome)
