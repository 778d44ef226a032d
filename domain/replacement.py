"""What a customer gets once more, at no charge, for pieces that they complained about."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import count

from domain.model import Model, Number
from domain.order import Line, Order, OrderInput, Shipping, Sums
from domain.payment import NothingDue
from domain.refunds import RefundedLine
from domain.status import OrderStatus

_LONGEST = 100
"""Signs that an order's number may have."""


class PlacedReplacement(Model):
    """A replacement on record, and what its workflow is started with.

    One that has ``begun`` is not started again: what is on record of it was done already.
    """

    given: OrderInput
    begun: bool


class ReplacementState(Model):
    """How far a replacement is on record: of its pieces, ``missing`` never left or came back."""

    order: str
    number: Number
    status: OrderStatus
    ended: bool
    delivered: bool
    missing: int

    @property
    def arrived(self) -> bool:
        """Whether the customer has all of it."""
        return self.delivered and not self.missing

    @property
    def words(self) -> str:
        """What became of it, for staff."""
        name = f"replacement {self.number} ({self.order})"
        if self.arrived:
            return f"{name} has arrived"
        if self.delivered:
            return f"{name} has arrived, but for {self.missing} piece(s)"
        if self.status is OrderStatus.COMPLETED:
            return f"{name} was not delivered"
        return f"{name} ended as {self.status.value}"


def numbers_of(number: str, place: int) -> Iterator[Number]:
    """What an order's n-th replacement may be called, counted from 1: the plainest name first, and
    others for where its channel has given that away."""
    for more in count(1):
        end = f"-R{place}" if more == 1 else f"-R{place}-{more}"
        yield number[: _LONGEST - len(end)] + end


def replacement_of(
    order: Order, lines: Sequence[RefundedLine], number: Number, placed_at: datetime
) -> Order:
    """These pieces of an order once more, to where the order goes by now, for nothing.

    Each line has its price, and a discount of as much: what the goods are worth can still be told.

    Raises:
        ValueError: the order has no such line.
    """
    shipping = order.shipping
    return Order(
        number=number,
        channel=order.channel,
        placed_at=placed_at,
        currency=order.currency,
        prices_include_tax=order.prices_include_tax,
        customer=order.customer,
        billing_address=order.billing_address,
        shipping_address=order.shipping_address,
        lines=tuple(_free(order, one) for one in lines),
        shipping=Shipping(
            net=0,
            tax=0,
            gross=0,
            service_level=shipping.service_level,
            tax_rate=shipping.tax_rate,
        ),
        total=Sums(net=0, tax=0, gross=0),
        payment=NothingDue(),
        notes=order.notes,
        reviews_welcome=False,
    )


def _free(order: Order, wanted: RefundedLine) -> Line:
    line = order.line(wanted.line)
    if line is None:
        raise ValueError(f"the order has no line {wanted.line}")
    return Line(
        id=line.id,
        sku=line.sku,
        name=line.name,
        quantity=wanted.quantity,
        options=line.options,
        note=line.note,
        unit_price=line.unit_price,
        discount=line.unit_price * wanted.quantity,
        net=0,
        tax=0,
        gross=0,
        tax_rate=line.tax_rate,
    )
