"""What an order's shipments owe: for their goods, and once for the way."""

from collections.abc import Sequence

from domain.invoicing import Part
from domain.money import Money
from domain.order import Order
from domain.shares import goods_due
from domain.shipping import Portion


class Dues:
    """What one shipment owes for its goods, its place in the order's division given.

    The shipping fee goes with the first of them that is invoiced, or captured unlabelled. Where
    that one is undone before its money was taken, the next to be invoiced bears it; one whose
    invoice is out without the fee costs what its invoice says.
    """

    def __init__(self, order: Order, portions: tuple[Portion, ...]) -> None:
        """For an order that goes in one shipment: all of its sum."""
        self._order = order
        self.portions = portions
        self.earlier: tuple[Portion, ...] = ()
        self.waits = False
        self.settled = False
        self.dropped = False
        self._bears_fee = False
        self._billed = False
        self._all: Sequence[Dues] = (self,)

    def amended(self, order: Order, portions: tuple[Portion, ...]) -> None:
        """The order is another one; it goes in one shipment, and all of it is owed."""
        self._order, self.portions = order, portions

    def among(self, others: "Sequence[Dues]") -> None:
        """These are the dues of the same order's shipments, this one's among them."""
        self._all = others

    @property
    def several(self) -> bool:
        """Whether others belong to the same order."""
        return len(self._all) > 1

    @property
    def open(self) -> bool:
        """Whether it is still to be taken."""
        return not (self.settled or self.dropped)

    @property
    def part(self) -> Part:
        """Which part of the order its invoice is about."""
        open_to_it = not (self._billed or self._fee_is_borne)
        return Part(earlier=self.earlier, shipping=self._bears_fee or open_to_it)

    @property
    def _fee_is_borne(self) -> bool:
        return any(one._bears_fee for one in self._all)

    def bear_fee(self) -> None:
        """Its invoice is issued, or its money taken: unless another does, it bears the fee."""
        self._bears_fee = self.part.shipping
        self._billed = True

    def shed_fee(self) -> None:
        """Its invoice is credited. What was taken with it is given back with it, and to nobody."""
        self._bears_fee = self._bears_fee and self.settled
        self._billed = self.settled

    def others_open(self) -> bool:
        """Whether another shipment's money is still to be taken."""
        return any(one.open for one in self._all if one is not self)

    def rest(self) -> Money:
        """What the others are still to be charged, once this one has been."""
        return _owed(self._order, [one for one in self._all if one is not self and one.open])


def owed(order: Order, dues: Sequence[Dues]) -> Money:
    """What is still to be taken of an order, its fee included unless that was taken."""
    left = [one for one in dues if one.open]
    fee = Money(amount=order.shipping.gross, currency=order.currency)
    borne = any(one.part.shipping for one in left) if left else False
    return _owed(order, left) + (fee if borne else Money.zero(order.currency))


def _owed(order: Order, dues: Sequence[Dues]) -> Money:
    goods = (goods_due(order, one.portions, one.earlier) for one in dues)
    return sum(goods, Money.zero(order.currency))
