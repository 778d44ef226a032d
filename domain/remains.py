"""What an order whose workflow is closed has left behind, and whether it can still be undone."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from domain.model import LongText, Model, Text, unsaid
from domain.money import Money
from domain.payment import PaymentWay
from domain.shipping import Label, Portion
from domain.status import OrderStatus
from domain.stock import MAIN, Want

_GONE = (
    OrderStatus.SHIPPED,
    OrderStatus.DELIVERED,
    OrderStatus.NOT_DELIVERED,
    OrderStatus.COMPLETED,
)
_MAY_GO = (OrderStatus.RELEASED, OrderStatus.RECALLING)


class Taken(Model):
    """Money that was taken for a shipment and not given back."""

    shipment: str
    reference: str
    money: Money


class Promised(Model):
    """A refund by staff that the provider was, or may have been, asked for; no answer is on record.

    ``sequence`` is its number among the order's refunds at the provider.
    """

    shipment: str
    sequence: int
    payment: str
    money: Money


class Rest(Model):
    """The shipments of an order that are still here where others have left, paid; the pieces that
    the customer does not get without them, and what the order comes to."""

    shipments: tuple[str, ...]
    portions: tuple[Portion, ...]
    comes_to: OrderStatus


class Remains(Model):
    """What is left of an order, as the records have it.

    ``money_asked`` means that a payment provider was, or may have been, asked to hold money:
    the one that ``way`` leads to;
    ``reference`` names it where that is known; ``in_doubt`` is what we asked for, where no answer
    is on record, and ``authorize_sequence`` counts the order's authorizations up to that one.
    ``held_besides`` names other holds: a new one takes an old one's place just now.
    ``unverified`` is what a checkout is said to hold, ``captured`` what was taken and not given
    back. Where the order goes in several shipments, ``takings`` says for each what was taken,
    ``used`` what was taken of ``reference``, and ``statuses`` where they are. What is ``promised``
    to the customer by staff is in neither ``captured`` nor ``takings``. With a ``rest``
    everything else that is said is about that alone: what has left stays sold. ``warehouses`` are
    those that have, or may have, a shipment, where that is not the main one alone.
    """

    order_id: str
    shop: str
    status: OrderStatus
    number: int
    accepted_at: datetime
    reserved: tuple[Want, ...] = ()
    way: Annotated[PaymentWay, unsaid(PaymentWay.CARD)] = PaymentWay.CARD
    money_asked: bool = False
    reference: str | None = None
    held_besides: Annotated[tuple[str, ...], unsaid(())] = ()
    in_doubt: Money | None = None
    unverified: Money | None = None
    authorize_sequence: int = 1
    held: Money | None = None
    captured: Money | None = None
    takings: tuple[Taken, ...] = ()
    promised: Annotated[tuple[Promised, ...], unsaid(())] = ()
    used: Money | None = None
    statuses: tuple[OrderStatus, ...] = ()
    labels: tuple[Label, ...] = ()
    handed_off: tuple[str, ...] = ()
    warehouses: Annotated[dict[str, tuple[str, ...]], unsaid({})] = Field(default_factory=dict)
    issued: tuple[str, ...] = ()
    in_couriers_hands: bool = False
    started: bool = True
    cases: tuple[str, ...] = ()
    rest: Annotated[Rest | None, unsaid(None)] = None

    def stops(self) -> tuple[tuple[str, str], ...]:
        """Each shipment with each warehouse that has, or may have, it."""
        return tuple(
            (shipment, warehouse)
            for shipment in self.handed_off
            for warehouse in self.warehouses.get(shipment, (MAIN,))
        )

    @property
    def words(self) -> tuple[str, ...]:
        """What is left, one thing each, for a person."""
        found = [f"{want.quantity} x {want.sku} reserved" for want in self.reserved]
        found += [f"goods issued for {shipment}" for shipment in self.issued]
        if self.held is not None:
            found.append(f"{self.held} held ({self.reference})")
        elif self.money_asked and self.captured is None:
            found.append("money that may be held")
        if self.captured is not None:
            found.append(f"{self.captured} captured ({self.reference})")
        found += [f"a refund of {one.money} that was asked for" for one in self.promised]
        found += [f"label {label.tracking_number} not void" for label in self.labels]
        return tuple(found)

    @property
    def objection(self) -> str:
        """Why this cannot be undone by itself, and what to do instead; empty where it can."""
        if not self.started:
            return "the order was not started yet; it will be in a moment. Cancel it then"
        left = "; ".join(self.words) or "nothing on record"
        statuses = self.statuses if self.rest else (self.status, *self.statuses)
        if self.in_couriers_hands or any(one in _GONE for one in statuses):
            return (
                f"the goods have left, so nothing is undone. Left: {left}. Where money is held, "
                "capture it at the payment provider; where the customer shall not keep the goods, "
                "take them back as a return"
            )
        if any(one in _MAY_GO for one in statuses):
            return (
                "the parcel was released to the courier and may be gone. Ask the warehouse to pull "
                "it. If it can: refund the money at the payment provider, void the label at the "
                f"label provider, book the goods in. Left: {left}"
            )
        if self.status.ended and not self.words:
            return f"the order has ended as {self.status.value}, and nothing is left of it"
        return ""


class Settlement(Model):
    """What `workflows.aftermath` is asked with. Nothing is done ``before`` that moment: what the
    dead workflow had under way has ended by then."""

    remains: Remains
    before: datetime
    who: Text
    why: LongText = ""


class Settled(Model):
    """How it ended: everything was undone, or what a person has to look at."""

    undone: bool
    problems: tuple[LongText, ...] = ()
