"""Whatever is captured, in however many parts, and given back in whatever way and sequence: no more
is given back than was taken, and credit notes come to their invoices and not to more."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.crediting import ToCredit, credit_for
from domain.dues import Dues, owed
from domain.invoicing import IssuedInvoice, Part, TaxTotal, invoice_for
from domain.money import Money
from domain.order import Order
from domain.purse import Purse
from domain.refundable import NotRefundable, Refundable, Slice, Sold
from domain.refunds import RefundedLine, RefundKind, RefundWanted
from domain.shares import added_up
from domain.shipping import Portion
from tests.domain.test_purse import CURRENCIES, SEQUENCES, Bank, divisions


@dataclass
class Books:
    """One order: its purse, its bank, what was sold, and what its invoices were credited."""

    order: Order
    shares: list[tuple[Portion, ...]]
    bank: Bank
    purse: Purse = field(default_factory=Purse)
    sold: list[Sold] = field(default_factory=list[Sold])
    credited: dict[str, list[TaxTotal]] = field(default_factory=dict[str, list[TaxTotal]])
    given: dict[str, int] = field(default_factory=dict[str, int])

    def __post_init__(self) -> None:
        self.dues = [Dues(self.order, one) for one in self.shares]
        for place, one in enumerate(self.dues):
            one.earlier = added_up(self.shares[:place])
            one.among(self.dues)
        self.refundable = Refundable(lambda: self.order, self.purse)

    def capture(self, place: int, *, anew: bool, multicapture: bool) -> None:
        """Take a shipment's money, of a hold made anew where that is so."""
        due = self.dues[place]
        if anew or not self.purse.held:
            self.purse.hold(self.bank.hold(owed(self.order, self.dues), multicapture))
        due.bear_fee()
        part, name = due.part, f"s{place}"
        gross = invoice_for(self.order, due.portions, part.earlier, part.shipping).total.gross
        last = self.purse.ends_with(due.rest())
        money = Money(amount=gross, currency=self.order.currency)
        taken = self.bank.capture(self.purse.reference or "", money, last=last)
        self.purse.take(name, taken, last=last)
        due.settled = True
        if taken.amount:
            self.sold.append(Sold(name, due.portions, part))

    def give_back(self, wanted: RefundWanted) -> tuple[Slice, ...]:
        """Press the button; nothing where it is refused."""
        try:
            slices = self.refundable.plan(wanted, self.sold)
        except NotRefundable:
            return ()
        for one in slices:
            self.refundable.give_back(one)
            self._at_the_bank(one)
            self._on_paper(one)
        return slices

    def _at_the_bank(self, one: Slice) -> None:
        whole = one.money.amount - one.money.amount % self.bank.step
        said = Money(amount=whole, currency=one.money.currency)
        self.purse.put_right(one.shipment, one.money, said)
        self.bank.refunded += whole
        self.given[one.shipment] = self.given.get(one.shipment, 0) + whole

    def _on_paper(self, one: Slice) -> None:
        sold = next(each for each in self.sold if each.shipment == one.shipment)
        credit = credit_for(
            self.order, invoice_of(sold), wanted_of(one), self.credited.get(one.shipment, ())
        )
        if credit is not None:
            self.credited[one.shipment] = [
                *self.credited.get(one.shipment, ()),
                *credit.by_rate,
            ]

    def check(self) -> None:
        """What must hold after every press."""
        assert self.bank.refunded <= self.bank.captured
        for one in self.sold:
            taking, left = self.purse.taking(one.shipment), self.purse.left(one.shipment)
            assert left is not None
            assert 0 <= left.amount <= taking.money.amount
            assert self.given.get(one.shipment, 0) == taking.money.amount - left.amount
            whole = invoice_for(self.order, one.portions, one.part.earlier, one.part.shipping)
            for rate in whole.by_rate:
                off = [
                    each for each in self.credited.get(one.shipment, ()) if each.rate == rate.rate
                ]
                for part in ("net", "tax", "gross"):
                    assert sum(getattr(each, part) for each in off) <= getattr(rate, part)


def invoice_of(sold: Sold) -> IssuedInvoice:
    return IssuedInvoice.model_construct(portions=sold.portions, part=sold.part, credit=None)


def wanted_of(one: Slice) -> ToCredit:
    return ToCredit(
        money=one.money,
        portions=one.portions,
        earlier=one.earlier,
        shipping=one.shipping,
        last=one.last,
    )


@st.composite
def presses(draw: st.DrawFn, order: Order) -> RefundWanted:
    """Any refund, sensible or not."""
    kind = draw(st.sampled_from(RefundKind))
    amount, lines, shipping = None, (), False
    if kind is RefundKind.GOODWILL:
        most = max(1, order.total.gross)
        amount = Money(amount=draw(st.integers(1, most)), currency=order.currency)
    if kind is RefundKind.LINES:
        names = draw(st.sets(st.sampled_from([line.id for line in order.lines]), min_size=1))
        lines = tuple(
            RefundedLine(line=name, quantity=draw(st.integers(1, 4))) for name in sorted(names)
        )
        shipping = draw(st.booleans())
    return RefundWanted(kind=kind, who="Ana", amount=amount, lines=lines, shipping=shipping)


@pytest.mark.parametrize("currency", CURRENCIES)
@SEQUENCES
@given(data=st.data())
def test_in_1000_sequences_no_more_is_given_back_than_taken_and_the_last_takes_the_rest(
    currency: str, data: st.DataObject
) -> None:
    order, shares = data.draw(divisions(currency), "allocation")
    books = Books(order, shares, Bank(step=10 if currency == "KWD" else 1))
    waiting = list(data.draw(st.permutations(range(len(shares)))))
    for _ in range(data.draw(st.integers(1, 8), "moves")):
        if waiting and data.draw(st.booleans(), "a capture"):
            anew, parts = data.draw(st.booleans()), data.draw(st.booleans())
            books.capture(waiting.pop(), anew=anew, multicapture=parts)
        else:
            books.give_back(data.draw(presses(order), "pressed"))
        books.check()
    left = books.refundable.left(books.sold) if books.sold else Money.zero(currency)
    rest = books.give_back(RefundWanted(kind=RefundKind.REST, who="Ana"))
    assert sum(one.money.amount for one in rest) == left.amount
    assert books.bank.refunded == sum(
        books.purse.taking(one.shipment).money.amount for one in books.sold
    )
    for one in books.sold:
        whole = invoice_for(order, one.portions, one.part.earlier, one.part.shipping)
        off = sum(each.gross for each in books.credited[one.shipment])
        assert off == whole.total.gross


@pytest.mark.parametrize("currency", CURRENCIES)
@SEQUENCES
@given(data=st.data())
def test_in_1000_orders_piece_by_piece_and_the_fee_come_to_the_capture_to_the_minor_unit(
    currency: str, data: st.DataObject
) -> None:
    order, shares = data.draw(divisions(currency), "allocation")
    books = Books(order, shares, Bank(step=10 if currency == "KWD" else 1))
    for place in range(len(shares)):
        books.capture(place, anew=False, multicapture=True)
    pieces = [line.id for line in order.lines for _ in range(line.quantity)]
    presses = [
        RefundWanted(kind=RefundKind.LINES, who="Ana", lines=(RefundedLine(line=name, quantity=1),))
        for name in data.draw(st.permutations(pieces), "pieces")
    ]
    if order.shipping.gross:
        presses.append(RefundWanted(kind=RefundKind.SHIPPING, who="Ana"))
    heard: list[bool] = []
    for one in data.draw(st.permutations(presses), "sequence"):
        heard.append(bool(books.give_back(one)))
        books.check()
    left = books.bank.captured - books.bank.refunded
    # A piece whose share of its line rounds to nothing is refused: only the rest takes it then.
    assert left == 0 or not all(heard)


def test_more_than_is_left_is_refused_with_what_is_left() -> None:
    _, refundable, sold = twenty_euros()
    refundable.give_back(refundable.plan(goodwill(1500), sold)[0])
    with pytest.raises(NotRefundable, match=r"only 5\.00 EUR of what was taken is left"):
        refundable.plan(goodwill(501), sold)
    assert [one.money.amount for one in refundable.plan(goodwill(500), sold)] == [500]


def test_a_sum_comes_out_of_one_capture_where_one_has_it_all() -> None:
    purse, refundable, sold = twenty_euros(800, 1200)
    assert [one.shipment for one in refundable.plan(goodwill(900), sold)] == ["s2"]
    both = refundable.plan(goodwill(1500), sold)
    assert [(one.shipment, one.money.amount, one.last) for one in both] == [
        ("s1", 800, True),
        ("s2", 700, False),
    ]
    for one in both:
        refundable.give_back(one)
    left = purse.left("s2")
    assert left is not None
    assert left.amount == 500


def test_a_purse_gives_back_nothing_that_it_has_not() -> None:
    purse, _, _ = twenty_euros()
    for amount in (0, -1, 2001):
        with pytest.raises(ValueError, match="cannot be given back"):
            purse.give_back("s1", Money(amount=amount, currency="EUR"))
    with pytest.raises(ValueError, match="cannot be given back"):
        purse.give_back("s9", Money(amount=1, currency="EUR"))


def goodwill(amount: int) -> RefundWanted:
    money = Money(amount=amount, currency="EUR")
    return RefundWanted(kind=RefundKind.GOODWILL, who="Ana", amount=money)


def twenty_euros(*amounts: int) -> tuple[Purse, Refundable, list[Sold]]:
    """Captures that come to 20.00, of holds of their own."""
    order = Order.model_construct(currency="EUR")
    purse, bank = Purse(), Bank(step=1)
    sold: list[Sold] = []
    for place, amount in enumerate(amounts or (2000,), 1):
        money = Money(amount=amount, currency="EUR")
        purse.hold(bank.hold(money, multicapture=False))
        purse.take(f"s{place}", money, last=True)
        sold.append(Sold(f"s{place}", (), Part()))
    return purse, Refundable(lambda: order, purse), sold
