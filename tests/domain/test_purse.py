"""Whatever is divided, shipped, cancelled and given back: no more is taken than was held."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.address import Address, Customer
from domain.dues import Dues, owed
from domain.invoicing import due_for
from domain.money import Money
from domain.order import Line, Order, Shipping, Sums
from domain.payment import Authorization, Prepaid
from domain.purse import Purse
from domain.shares import added_up, goods_due, rest_of, what_is_there, whole
from domain.shipping import Portion

CURRENCIES = ("JPY", "EUR", "KWD")
"""Without a minor unit, with cents, and with a thousand of them, of which cards take tens."""
SEQUENCES = settings(max_examples=1000)
HOME = Address(name="Grete Beispiel", line1="Ringstraße 5", city="Wien", country="AT")


@st.composite
def orders(draw: st.DrawFn, currency: str) -> Order:
    """A few lines with discounts, and a shipping fee."""
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
        currency=currency,
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
def divisions(draw: st.DrawFn, currency: str) -> tuple[Order, list[tuple[Portion, ...]]]:
    """An order, and its shares as goods come in two or three arrivals, the last with all."""
    order = draw(orders(currency))
    skus = {line.id: line.sku for line in order.lines}
    left, shares = whole(order), list[tuple[Portion, ...]]()
    for _ in range(draw(st.integers(0, 2))):
        free = {sku: draw(st.integers(0, 8)) for sku in sorted(set(skus.values()))}
        there = what_is_there(left, skus, free, whole_lines=draw(st.booleans()))
        if there:
            shares.append(there)
            left = rest_of(left, there)
    return order, [*shares, left] if left else shares


@pytest.mark.parametrize("currency", CURRENCIES)
@SEQUENCES
@given(data=st.data())
def test_in_1000_allocations_the_dues_of_all_shares_add_up_to_the_order_whichever_ships_first(
    currency: str, data: st.DataObject
) -> None:
    order, shares = data.draw(divisions(currency), "allocation")
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

    step: int
    """The least that it takes, in minor units."""
    holds: dict[str, int] = field(default_factory=dict[str, int])
    authorized: int = 0
    captured: int = 0
    refunded: int = 0

    def hold(self, money: Money, multicapture: bool) -> Authorization:
        name, held = f"pi_{len(self.holds) + 1}", self._whole(money)
        self.holds[name] = held.amount
        self.authorized += held.amount
        return Authorization(reference=name, money=held, multicapture=multicapture)

    def capture(self, reference: str, money: Money, *, last: bool) -> Money:
        taken = self._whole(money)
        assert taken.amount <= self.holds[reference], "more than is held"
        self.holds[reference] = 0 if last else self.holds[reference] - taken.amount
        self.captured += taken.amount
        return taken

    def _whole(self, money: Money) -> Money:
        return Money(amount=money.amount - money.amount % self.step, currency=money.currency)


class Fate(StrEnum):
    """What becomes of a shipment."""

    DROPPED = "dropped before its invoice"
    CREDITED = "dropped after its invoice"
    TAKEN = "captured"
    REFUNDED = "captured, and given back"


class Ledgers:
    """An order's shipments with what they owe, its purse, and the bank."""

    def __init__(self, order: Order, shares: list[tuple[Portion, ...]]) -> None:
        self.order = order
        self.dues = [Dues(order, one) for one in shares]
        for place, one in enumerate(self.dues):
            one.earlier = added_up(shares[:place])
            one.among(self.dues)
        self.bank = Bank(step=10 if order.currency == "KWD" else 1)
        self.purse = Purse()
        self.asked = 0

    def hold(self, multicapture: bool) -> None:
        self.purse.hold(self.bank.hold(owed(self.order, self.dues), multicapture))

    def take(self, place: int) -> None:
        one = self.dues[place]
        one.bear_fee()
        due = due_for(self.order, one.portions, one.part.earlier, one.part.shipping)
        last = self.purse.ends_with(one.rest())
        taken = self.bank.capture(self.purse.reference or "", due, last=last)
        assert 0 <= due.amount - taken.amount < self.bank.step
        self.purse.take(f"s{place}", taken, last=last)
        one.settled = True
        self.asked += due.amount

    def give_back(self, place: int) -> None:
        back = self.purse.taking(f"s{place}").money
        assert self.purse.left(f"s{place}") == back
        if back.amount:
            self.bank.refunded += back.amount
            self.purse.give_back(f"s{place}", back)
        assert self.purse.taken(f"s{place}") is None
        self.dues[place].shed_fee()

    def drop(self, place: int) -> None:
        self.dues[place].shed_fee()
        self.dues[place].dropped = True


@pytest.mark.parametrize("currency", CURRENCIES)
@SEQUENCES
@given(data=st.data())
def test_in_1000_sequences_no_more_is_captured_than_authorized_or_refunded_than_captured(
    currency: str, data: st.DataObject
) -> None:
    order, shares = data.draw(divisions(currency), "allocation")
    all_ = Ledgers(order, shares)
    fates: dict[int, Fate] = {}
    while len(fates) < len(shares):
        place = data.draw(st.sampled_from(sorted(set(range(len(shares))) - set(fates))), "shipment")
        fate = fates[place] = data.draw(st.sampled_from(Fate), "what becomes of it")
        if fate is Fate.CREDITED:
            all_.dues[place].bear_fee()
        if fate in (Fate.DROPPED, Fate.CREDITED):
            all_.drop(place)
            continue
        if not all_.purse.held or data.draw(st.booleans(), "its hold lapses"):
            all_.hold(data.draw(st.booleans(), "multicapture"))
        all_.take(place)
        if fate is Fate.REFUNDED:
            all_.give_back(place)
        bank = all_.bank
        assert bank.refunded <= bank.captured <= bank.authorized
        assert all_.asked - bank.captured < bank.step * len(shares)
    assert all_.asked <= order.due.amount
    if set(fates.values()) <= {Fate.TAKEN, Fate.REFUNDED}:
        assert all_.asked == order.due.amount
    kept = [one.money.amount for n in fates if (one := all_.purse.taken(f"s{n}")) is not None]
    assert all_.bank.captured - all_.bank.refunded == sum(kept)


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
