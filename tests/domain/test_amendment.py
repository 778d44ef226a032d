"""What an amendment makes of an order, and what it may not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from cli import demo_orders
from domain.amendment import (
    Alteration,
    Amendment,
    NotAmendable,
    amended,
    fewer,
    more,
    words_of,
)
from domain.order import Contents, Order
from tests.amending import PARTS, amendment, mugs, no_mugs, teapot
from tests.world import Json


def order(quantity: int = 2) -> Order:
    rows = [demo_orders.line("1", "MUG-BLUE", "Stoneware mug", quantity, 1890)]
    return Order.model_validate(demo_orders.order("1", rows, demo_orders.card()))


def wanted(*lines: Json, gross: tuple[int, ...]) -> Amendment:
    return Amendment.model_validate(amendment(lines, gross))


def test_lines_are_added_changed_and_removed_with_the_sums_that_were_sent() -> None:
    before = order()
    after = amended(before, wanted(mugs(3), teapot(), gross=(3 * 1890, 6900)))
    assert [(line.id, line.quantity) for line in after.lines] == [("1", 3), ("2", 1)]
    assert after.total.gross == 3 * 1890 + 6900 + 490
    assert after.customer == before.customer
    gone = amended(after, wanted(no_mugs(), gross=(6900,)))
    assert [line.sku for line in gone.lines] == ["TEAPOT"]


@given(st.integers(1, 50), st.integers(1, 50), st.integers(0, 20))
def test_pieces_that_are_more_and_fewer_are_the_whole_difference(
    had: int, wants: int, pots: int
) -> None:
    before = order(had)
    lines = [mugs(wants)] + ([teapot(quantity=pots)] if pots else [])
    gross = (1890 * wants, *((6900 * pots,) if pots else ()))
    if had == wants and not pots:
        return
    after = amended(before, wanted(*lines, gross=gross))
    old, new = Contents.of(before), Contents.of(after)
    plus = {one.sku: one.quantity for one in more(old, new)}
    minus = {one.sku: one.quantity for one in fewer(old, new)}
    for sku, count, then in (("MUG-BLUE", had, wants), ("TEAPOT", 0, pots)):
        assert count + plus.get(sku, 0) - minus.get(sku, 0) == then
    assert not plus.keys() & minus.keys()


@pytest.mark.parametrize(
    ("lines", "gross", "words"),
    [
        ([no_mugs()], (), "cancel it instead"),
        ([mugs(0)], (0,), "remove the line"),
        ([{"remove": "7"}], (3780,), "lines.0: the order has no line 7"),
        ([mugs(2)], (3780,), "says already"),
        ([mugs(3)], (3780,), "total.gross"),
        ([mugs(3), mugs(4)], (4 * 1890,), "altered twice"),
        ([teapot("1")], (3780, 6900), "is, or was, another line"),
    ],
)
def test_what_cannot_be_is_said_in_words(
    lines: list[Json], gross: tuple[int, ...], words: str
) -> None:
    with pytest.raises(NotAmendable, match=words.replace(".", r"\.")):
        amended(order(), wanted(*lines, gross=gross))


def test_the_id_of_a_line_that_is_gone_is_not_used_again() -> None:
    with pytest.raises(NotAmendable, match="is, or was"):
        amended(order(), wanted(teapot("9"), gross=(3780, 6900)), used=["9"])


def test_a_line_s_sums_are_checked_exactly() -> None:
    wrong = mugs(3)
    wrong["change"] |= {"unit_price": 1891}
    with pytest.raises(NotAmendable, match=r"3 at 1891 less 0 is 5673, not 5670"):
        amended(order(), wanted(wrong, gross=(3 * 1890,)))


def test_one_alteration_is_one_thing() -> None:
    with pytest.raises(ValidationError, match="not add and remove"):
        Alteration.model_validate(teapot() | no_mugs())
    with pytest.raises(ValidationError, match="not none"):
        Alteration.model_validate({})


def test_shipping_that_costs_otherwise_is_in_the_total_and_in_the_words() -> None:
    free = dict.fromkeys(PARTS, 0)
    body = amendment([mugs(3)], [3 * 1890]) | {"shipping": free}
    line = mugs(3)["change"]
    body["total"] = {part: line[part] for part in PARTS}
    before = order()
    after = amended(before, Amendment.model_validate(body))
    assert after.total.gross == 3 * 1890
    assert words_of(Contents.of(before), Contents.of(after), "EUR") == (
        "3 x MUG-BLUE (line 1) instead of 2; shipping 0.00 EUR instead of 4.90 EUR; "
        "total 56.70 EUR, was 42.70 EUR"
    )
