"""How much can be given back, of which capture, and for which pieces.

Whatever is pressed, and however often, no more is given back than was taken: of each capture, and
so in all. Sums of lines follow from their place in the order's division (domain.invoicing), so that
they add up; the last refund of a capture takes what is left of it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from domain.invoicing import Part, invoice_for
from domain.money import Money
from domain.order import Order
from domain.purse import Purse
from domain.refunds import RefundedLine, RefundKind, RefundWanted
from domain.shares import added_up
from domain.shipping import Portion


class NotRefundable(ValueError):
    """It cannot be given back; the message says why, and what can be."""


@dataclass(frozen=True)
class Sold:
    """A shipment whose money was taken: its pieces, and which part of the order they are."""

    shipment: str
    portions: tuple[Portion, ...]
    part: Part


@dataclass(frozen=True)
class Slice:
    """A part of a refund, before it is asked for."""

    shipment: str
    money: Money
    portions: tuple[Portion, ...] = ()
    earlier: tuple[Portion, ...] = ()
    shipping: bool = False
    last: bool = False


class Refundable:
    """What of an order's money can still be given back, and for which pieces."""

    def __init__(self, order: Callable[[], Order], purse: Purse) -> None:
        """Nothing has been given back by staff. ``order`` is what it has been amended to."""
        self._order_now = order
        self._purse = purse
        self._pieces: dict[str, tuple[Portion, ...]] = {}
        self._fees: set[str] = set()

    @property
    def _order(self) -> Order:
        return self._order_now()

    def left(self, sold: Sequence[Sold]) -> Money:
        """What is left of all captures."""
        return sum((self._left(one) for one in sold), Money.zero(self._order.currency))

    def plan(self, wanted: RefundWanted, sold: Sequence[Sold]) -> tuple[Slice, ...]:
        """How much of which capture; nothing is given back by this.

        Raises:
            NotRefundable: more than is left, or what was not sold.
        """
        left = self.left(sold)
        if not left.amount:
            raise NotRefundable("everything that was taken is given back already")
        match wanted.kind:
            case RefundKind.GOODWILL if wanted.amount is not None:
                return self._sum(wanted.amount, sold, left)
            case RefundKind.REST:
                return tuple(
                    Slice(one.shipment, self._left(one), last=True)
                    for one in sold
                    if self._left(one).amount
                )
            case _:
                return self._goods(wanted, sold)

    def check_kept(self, lines: Sequence[RefundedLine], sold: Sequence[Sold]) -> None:
        """Refuse pieces whose price was given back: nobody gets both.

        Raises:
            NotRefundable: with the pieces.
        """
        if not self.left(sold).amount:
            raise NotRefundable("everything that was taken is given back already")
        for line in lines:
            kept = sum(self._open(one).get(line.line, 0) for one in sold)
            if kept < line.quantity:
                raise NotRefundable(
                    f"of line {line.line} only {kept} is paid and not given back, not "
                    f"{line.quantity}: what was given back is not sent as well"
                )

    def give_back(self, one: Slice) -> None:
        """It is given back from now on: nobody else can have it."""
        self._purse.give_back(one.shipment, one.money)
        before = self._pieces.get(one.shipment, ())
        self._pieces[one.shipment] = added_up((before, one.portions))
        if one.shipping:
            self._fees.add(one.shipment)

    def _left(self, one: Sold) -> Money:
        return self._purse.left(one.shipment) or Money.zero(self._order.currency)

    def _sum(self, money: Money, sold: Sequence[Sold], left: Money) -> tuple[Slice, ...]:
        """Of one capture where one has it all, else of one after the other."""
        if money.currency != left.currency:
            raise NotRefundable(f"the order is in {left.currency}, not in {money.currency}")
        if money.amount > left.amount:
            raise NotRefundable(
                f"only {left} of what was taken is left, which is less than {money}"
            )
        whole = [one for one in sold if self._left(one).amount >= money.amount]
        slices: list[Slice] = []
        for one in whole[:1] or sold:
            here = self._left(one)
            part = money if money.amount < here.amount else here
            if part.amount:
                slices.append(Slice(one.shipment, part, last=part == here))
                money -= part
        return tuple(slices)

    def _goods(self, wanted: RefundWanted, sold: Sequence[Sold]) -> tuple[Slice, ...]:
        """Pieces of lines and the fee, by the shipments that brought them."""
        pieces: dict[str, list[Portion]] = {one.shipment: [] for one in sold}
        for line in wanted.lines:
            self._spread(line, sold, pieces)
        fee = self._fee(sold) if wanted.shipping or wanted.kind is RefundKind.SHIPPING else None
        return tuple(
            self._slice(one, tuple(pieces[one.shipment]), fee=one.shipment == fee)
            for one in sold
            if pieces[one.shipment] or one.shipment == fee
        )

    def _spread(
        self, line: RefundedLine, sold: Sequence[Sold], pieces: dict[str, list[Portion]]
    ) -> None:
        if self._order.line(line.line) is None:
            raise NotRefundable(f"the order has no line {line.line}")
        missing = line.quantity
        for one in sold:
            here = min(missing, self._open(one).get(line.line, 0))
            if here:
                pieces[one.shipment].append(Portion(line=line.line, quantity=here))
                missing -= here
        if missing:
            there = line.quantity - missing
            raise NotRefundable(
                f"of line {line.line} {there} can still be given back, not {line.quantity}: the "
                "others are given back already, or were not paid"
            )

    def _open(self, one: Sold) -> dict[str, int]:
        """The pieces of a shipment that are paid and not given back, by line."""
        given = {each.line: each.quantity for each in self._pieces.get(one.shipment, ())}
        return {
            each.line: each.quantity - given.get(each.line, 0) for each in added_up((one.portions,))
        }

    def _fee(self, sold: Sequence[Sold]) -> str:
        if not self._order.shipping.gross:
            raise NotRefundable("the order has no shipping fee")
        bears = next((one.shipment for one in sold if one.part.shipping), None)
        if bears is None:
            raise NotRefundable("the shipping fee is not taken yet")
        if bears in self._fees:
            raise NotRefundable("the shipping fee is given back already")
        return bears

    def _slice(self, one: Sold, portions: tuple[Portion, ...], *, fee: bool) -> Slice:
        """What its pieces come to. With the last of them, what is left of the capture."""
        left, earlier = self._left(one), self._earlier(one, portions)
        last = self._is_last(one, portions, fee=fee)
        amount = self._order.shipping.gross if fee else 0
        if portions:
            goods = invoice_for(self._order, portions, earlier, shipping=False)
            amount += goods.total.gross
        money = left if last else Money(amount=amount, currency=left.currency)
        if 0 < money.amount - left.amount <= self._never_taken(one):
            money = left
        if money.amount > left.amount:
            raise NotRefundable(
                f"only {left} is left of what was taken for {one.shipment}, and this comes to "
                f"{money}: give back a sum, or the rest"
            )
        if not money.amount:
            raise NotRefundable("there is nothing left to give back for it, or it was free")
        last = money == left
        return Slice(one.shipment, money, portions, earlier, shipping=fee, last=last)

    def _never_taken(self, one: Sold) -> int:
        """What the provider could not take of the invoice, to its last unit: no refund is blocked
        because of it."""
        part, taken = one.part, self._purse.taking(one.shipment).money
        whole = invoice_for(self._order, one.portions, part.earlier, part.shipping)
        return whole.total.gross - taken.amount

    def _earlier(self, one: Sold, portions: Iterable[Portion]) -> tuple[Portion, ...]:
        names = {each.line for each in portions}
        before = added_up((one.part.earlier, self._pieces.get(one.shipment, ())))
        return tuple(each for each in before if each.line in names)

    def _is_last(self, one: Sold, portions: tuple[Portion, ...], *, fee: bool) -> bool:
        now = {each.line: each.quantity for each in portions}
        rest = (count - now.get(line, 0) for line, count in self._open(one).items())
        owes_fee = one.part.shipping and self._order.shipping.gross > 0
        return not any(rest) and (not owes_fee or fee or one.shipment in self._fees)
