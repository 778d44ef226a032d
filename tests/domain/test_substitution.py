"""What stands in for missing pieces: it fits the order's sums, and never costs more."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.catalogue import Product
from domain.invoicing import due_for, invoice_for, sums_of
from domain.order import Line, Order, Shipping
from domain.policy import SubstitutePrice
from domain.shipping import Portion
from domain.substitution import Lack, lacks_of, may_replace, stand_in
from domain.warehouse import HandoffLine, PickedLine
from tests.domain.test_invoicing import order_of

RED = Product(sku="RED", name="Red mug", weight_grams=1, bin="A")


FREE = Shipping(net=0, tax=0, gross=0, tax_rate="19")
MUGS = Line(
    id="1", sku="MUG", name="Mug", quantity=2, unit_price=9, tax_rate="0", net=18, tax=0, gross=18
)


@st.composite
def ordered(draw: st.DrawFn) -> tuple[Order, int, int, int]:
    """An order of one line, how many pieces stand before the missing ones, how many are missing,
    and what a piece of something else costs."""
    quantity = draw(st.integers(1, 9))
    unit = draw(st.integers(0, 10_000))
    discount = draw(st.integers(0, unit * quantity))
    price = unit * quantity - discount
    include_tax = draw(st.booleans())
    tax = draw(st.integers(0, price if include_tax else price // 3))
    net = price - tax if include_tax else price
    line = Line(
        id="1",
        sku="MUG",
        name="Mug",
        quantity=quantity,
        unit_price=unit,
        discount=discount,
        tax_rate="19",
        net=net,
        tax=tax,
        gross=net + tax,
    )
    missing = draw(st.integers(1, quantity))
    there = draw(st.integers(0, quantity - missing))
    return order_of([line], FREE, include_tax), there, missing, draw(st.integers(0, 20_000))


def lack(of: Order, there: int, missing: int) -> Lack:
    sums = sums_of(of, of.lines[0], there, missing)
    return Lack(**dict(sums), id="x", line="1", as_line="X1.1", quantity=missing)


@given(ordered(), st.sampled_from(SubstitutePrice))
def test_it_is_a_line_that_adds_up_and_never_costs_more_than_what_is_missing(
    given_order: tuple[Order, int, int, int], rule: SubstitutePrice
) -> None:
    whole, there, missing, price = given_order
    what = lack(whole, there, missing)
    product = RED.model_copy(update={"prices": {whole.currency: price}})
    line = stand_in(whole, what, product, rule)
    assert line.net + line.tax == line.gross <= what.gross
    basis = line.gross if whole.prices_include_tax else line.net
    assert line.unit_price * line.quantity - line.discount == basis
    assert line.discount >= 0
    lower = rule is SubstitutePrice.LOWER and price * missing < what.gross
    assert line.gross == (price * missing if lower else what.gross)


@given(ordered())
def test_found_and_standing_in_together_come_to_what_they_replace_to_the_minor_unit(
    given_order: tuple[Order, int, int, int],
) -> None:
    whole, there, missing, _ = given_order
    substitute = stand_in(whole, lack(whole, there, missing), RED, SubstitutePrice.LOWER)
    amended = whole.with_substitutes((substitute,))
    assert amended.with_substitutes((substitute,)) == amended
    found = (Portion(line="1", quantity=there),) if there else ()
    both = (*found, Portion(line="X1.1", quantity=missing))
    as_ordered = due_for(whole, (Portion(line="1", quantity=there + missing),))
    assert due_for(amended, both) == as_ordered
    assert invoice_for(amended, both).lines[-1].line == substitute


PICKED = PickedLine(line="1", sku="MUG", quantity=0, short="gone")
HANDED = HandoffLine(line="1", sku="MUG", name="Mug", quantity=2, bin="A", weight_grams=1)


def test_what_went_in_place_of_something_is_not_replaced_again() -> None:
    whole = order_of([MUGS], FREE, prices_include_tax=True)
    again = HANDED.model_copy(update={"line": "X1.1", "sku": "RED"})
    gone = PICKED.model_copy(update={"line": "X1.1", "sku": "RED"})
    found = lacks_of(whole, "ord-s1", (HANDED, again), (PICKED, gone), (), (), 0)
    assert [(one.id, one.line, one.quantity) for one in found] == [("ord-s1-x1", "1", 2)]


def test_the_name_of_a_new_line_is_no_other_lines() -> None:
    other = MUGS.model_copy(update={"id": "X1.1"})
    whole = order_of([MUGS, other], FREE, prices_include_tax=True)
    (found,) = lacks_of(whole, "ord-s1", (HANDED,), (PICKED,), (), (), 0)
    assert found.as_line == "X1.1x"


@pytest.mark.parametrize(
    ("listed", "proposed", "tried"),
    [
        ((), ("RED",), ("RED",)),
        (("GREY", "RED"), ("RED",), ("RED", "GREY")),
        (("GREY",), ("RED",), ("GREY",)),
        ((), (), ()),
        (("MUG", "RED"), ("MUG",), ("RED",)),
    ],
)
def test_the_shops_list_decides_what_fits_and_the_warehouse_what_is_tried_first(
    listed: tuple[str, ...], proposed: tuple[str, ...], tried: tuple[str, ...]
) -> None:
    product = RED.model_copy(update={"sku": "MUG", "substitutes": listed})
    what = Lack(id="x", line="1", as_line="X", quantity=1, proposed=proposed, net=0, tax=0, gross=0)
    assert may_replace(product, what) == tried
