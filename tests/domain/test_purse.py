"""Whatever is divided, shipped, cancelled and given back: no more is taken than was held."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.address import Address, Customer
from domain.money import Money
from domain.order import Line, Order, Shipping, Sums
from domain.payment import Authorization, Prepaid
from domain.purse import Purse
from domain.shares import added_up, goods_due, rest_of, what_is_there, whole
from domain.shipping import Portion

HOME = Address(name="Grete Beispiel", line1="Ringstraße 5", city="Wien", country="AT")


@st.composite
def orders(draw: st.DrawFn) -> Order:
    """A few lines with discounts, and a shipping fee, in currencies of every exponent."""
    lines: list[Line] = []
    for place in range(draw(st.integers(1, 3))):
        quantity, price = draw(st.integers(1, 7)), draw(st.integers(1, 9999))
        discount = draw(st.integers(0, price * quantity - 1))
        gross = price * quantity - discount
        tax = gross * 19 // 119
        lines.append(
            Line(
                id=str(place),
                sku=f"SKU-{draw(st.integers(0, 1))}",
                name="Mug",
                quantity=quantity,
                unit_price=price,
                discount=discount,
                tax_rate="19",
                net=gross - tax,
                tax=tax,
                gross=gross,
            )
        )
    fee = draw(st.integers(0, 999))
    shipping = Shipping(tax_rate="19", net=fee, tax=0, gross=fee)
    parts = (*lines, shipping)
    return Order(
        number="1001",
        channel="web",
        placed_at=datetime(2026, 3, 4, tzinfo=UTC),
        currency=draw(st.sampled_from(("JPY", "EUR", "KWD"))),
        customer=Customer(name=HOME.name, email="grete@example.com"),
        billing_address=HOME,
        shipping_address=HOME,
        lines=tuple(lines),
        shipping=shipping,
        total=Sums(
            net=sum(part.net for part in parts),
            tax=sum(part.tax for part in parts),
            gross=sum(part.gross for part in parts),
        ),
        payment=Prepaid(reference="R1"),
    )


@st.composite
def divisions(draw: st.DrawFn) -> tuple[Order, list[tuple[Portion, ...]]]:
    """An order, and its shares as goods come in two or three arrivals, the last with all."""
    order = draw(orders())
    skus = {line.id: line.sku for line in order.lines}
    left, shares = whole(order), list[tuple[Portion, ...]]()
    for _ in range(draw(st.integers(0, 2))):
        free = {sku: draw(st.integers(0, 8)) for sku in sorted(set(skus.values()))}
        there = what_is_there(left, skus, free, whole_lines=draw(st.booleans()))
        if there:
            shares.append(there)
            left = rest_of(left, there)
    return order, [*shares, left] if left else shares


@given(divisions(), st.data())
def test_dues_of_all_shares_add_up_to_the_order_whichever_ships_first(
    divided: tuple[Order, list[tuple[Portion, ...]]], data: st.DataObject
) -> None:
    order, shares = divided
    assert added_up(shares) == tuple(sorted(whole(order), key=lambda one: _place(shares, one)))
    due = Money.zero(order.currency)
    for turn, place in enumerate(data.draw(st.permutations(range(len(shares))))):
        due += goods_due(order, shares[place], added_up(shares[:place]))
        due += Money(amount=order.shipping.gross if turn == 0 else 0, currency=order.currency)
    assert due == order.due


def _place(shares: list[tuple[Portion, ...]], one: Portion) -> int:
    names = [portion.line for share in shares for portion in share]
    return names.index(one.line)


@dataclass
class Bank:
    """Holds as a provider keeps them: a capture that is the last lets the rest go."""

    currency: str
    holds: dict[str, int] = field(default_factory=dict[str, int])
    authorized: int = 0
    captured: int = 0
    refunded: int = 0

    def hold(self, money: Money, multicapture: bool) -> Authorization:
        name = f"pi_{len(self.holds) + 1}"
        self.holds[name] = money.amount
        self.authorized += money.amount
        return Authorization(reference=name, money=money, multicapture=multicapture)

    def capture(self, reference: str, money: Money, *, last: bool) -> Money:
        step = 10 if self.currency == "KWD" else 1
        taken = money.amount - money.amount % step
        assert taken <= self.holds[reference], "more than is held"
        self.holds[reference] = 0 if last else self.holds[reference] - taken
        self.captured += taken
        return Money(amount=taken, currency=self.currency)


@given(divisions(), st.data())
def test_no_more_is_taken_than_was_held_and_no_more_given_back_than_was_taken(
    divided: tuple[Order, list[tuple[Portion, ...]]], data: st.DataObject
) -> None:
    order, shares = divided
    dues = [goods_due(order, one, added_up(shares[:n])) for n, one in enumerate(shares)]
    bank, purse = Bank(order.currency), Purse()
    open_, fee_paid, net = set(range(len(shares))), False, 0

    def owed(but: int | None = None) -> Money:
        rest = [dues[n].amount for n in open_ if n != but]
        fee = order.shipping.gross if rest and not fee_paid and but is None else 0
        return Money(amount=sum(rest) + fee, currency=order.currency)

    purse.hold(bank.hold(owed(), data.draw(st.booleans(), "multicapture")))
    while open_:
        place = data.draw(st.sampled_from(sorted(open_)), "shipment")
        if data.draw(st.integers(0, 3), "what becomes of it") == 0:
            open_.remove(place)
            continue
        if not purse.held or data.draw(st.booleans(), "it lapses"):
            purse.hold(bank.hold(owed(), data.draw(st.booleans(), "multicapture")))
        fee = 0 if fee_paid else order.shipping.gross
        due = dues[place] + Money(amount=fee, currency=order.currency)
        last = purse.ends_with(owed(but=place))
        taken = bank.capture(purse.reference or "", due, last=last)
        assert 0 <= due.amount - taken.amount < 10
        purse.take(f"s{place}", taken, last=last)
        open_.remove(place)
        fee_paid = True
        net += taken.amount
        if data.draw(st.integers(0, 3), "it comes back") == 0:
            back = purse.taken(f"s{place}")
            assert back is not None
            assert back.money == taken
            purse.give_back(f"s{place}")
            assert purse.taken(f"s{place}") is None
            bank.refunded += taken.amount
            net -= taken.amount
            fee_paid = False
        assert bank.refunded <= bank.captured <= bank.authorized
        assert bank.captured - bank.refunded == net <= order.due.amount


def test_a_shipment_takes_once_and_not_what_others_hold() -> None:
    purse = Purse()
    ten, six = (Money(amount=amount, currency="EUR") for amount in (10, 6))
    with pytest.raises(ValueError, match="nothing is held"):
        purse.take("s1", six, last=False)
    purse.hold(Authorization(reference="pi_1", money=ten, multicapture=True))
    purse.take("s1", six, last=False)
    with pytest.raises(ValueError, match="captured already"):
        purse.take("s1", six, last=False)
    with pytest.raises(ValueError, match="would be taken"):
        purse.take("s2", six, last=True)
