"""Of pieces that are not there nothing is owed, and every piece has one fate."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.invoicing import due_for, invoice_for
from domain.money import Money
from domain.order import Line, Order
from domain.shipping import Portion
from domain.short_pick import Division, divide, words_for
from domain.warehouse import (
    HandoffLine,
    Packed,
    PackedParcel,
    Picked,
    PickedLine,
    problems_of_contents,
    problems_of_pick,
)
from sandbox import dues
from tests.domain.test_invoicing import orders

CURRENCIES = ("JPY", "EUR", "KWD")


def handed_off(line: Line) -> HandoffLine:
    return HandoffLine(
        line=line.id, sku=line.sku, name=line.name, quantity=line.quantity, bin="A", weight_grams=1
    )


@st.composite
def short_picks(draw: st.DrawFn) -> tuple[Order, tuple[PickedLine, ...]]:
    """An order in one of three currencies, of which some pieces were found."""
    order = draw(orders()).model_copy(update={"currency": draw(st.sampled_from(CURRENCIES))})
    counts = [draw(st.integers(0, line.quantity)) for line in order.lines]
    return order, tuple(
        PickedLine(
            line=line.id,
            sku=line.sku,
            quantity=count,
            short="broken" if count < line.quantity else "",
        )
        for line, count in zip(order.lines, counts, strict=True)
    )


def pieces(portions: tuple[Portion, ...]) -> dict[str, int]:
    return {one.line: one.quantity for one in portions}


def divided(order: Order, picked: tuple[PickedLine, ...], drop: bool) -> Division:
    lines = tuple(handed_off(line) for line in order.lines)
    assert problems_of_pick(lines, Picked(shipment="s", lines=picked)) == ()
    return divide(lines, picked, drop_short_lines=drop)


@given(short_picks(), st.booleans())
def test_every_piece_ships_or_is_missing_or_is_put_back(
    case: tuple[Order, tuple[PickedLine, ...]], drop: bool
) -> None:
    order, picked = case
    found = divided(order, picked, drop)
    for line, there in zip(order.lines, picked, strict=True):
        fates = [pieces(part).get(line.id, 0) for part in (found.ships, found.missing)]
        back = pieces(found.put_back).get(line.id, 0)
        assert sum(fates) + back == line.quantity
        assert fates[1] == line.quantity - there.quantity
        assert not (drop and fates[0] and fates[1])
        assert drop or not back


@given(short_picks(), st.booleans())
def test_what_is_charged_is_the_gross_of_the_invoice_and_never_more_than_was_held(
    case: tuple[Order, tuple[PickedLine, ...]], drop: bool
) -> None:
    order, picked = case
    ships = divided(order, picked, drop).ships
    due = due_for(order, ships)
    assert due.currency == order.currency
    assert 0 <= due.amount <= order.due.amount
    if not ships:
        assert due == Money.zero(order.currency)
        return
    invoice = invoice_for(order, ships)
    assert due.amount == invoice.total.gross
    assert due.amount == sum(line.gross for line in invoice.lines) + order.shipping.gross


@given(short_picks())
def test_what_ships_now_and_what_ships_later_come_to_the_order(
    case: tuple[Order, tuple[PickedLine, ...]],
) -> None:
    order, picked = case
    found = divided(order, picked, drop=False)
    later = due_for(order, found.missing, found.ships)
    assert due_for(order, found.ships) + later == order.due


@given(short_picks(), st.booleans())
def test_somebody_else_works_out_the_same_sum(
    case: tuple[Order, tuple[PickedLine, ...]], drop: bool
) -> None:
    order, picked = case
    ships = divided(order, picked, drop).ships
    sent = order.model_dump(mode="json")
    assert dues.due_for(sent, pieces(ships)) == due_for(order, ships).amount


LINES = (
    HandoffLine(
        line="1", sku="MUG", name="Mug", barcodes=("111",), quantity=2, bin="A", weight_grams=350
    ),
    HandoffLine(line="2", sku="LAMP", name="Lamp", quantity=1, bin="B", weight_grams=900),
)
LAMP = PickedLine(line="2", sku="LAMP", quantity=1)


def mugs(quantity: int, short: str = "", **more: object) -> PickedLine:
    line = PickedLine(
        line="1", sku="MUG", quantity=quantity, barcodes=("111",) * quantity, short=short
    )
    return line.model_copy(update=more)


@pytest.mark.parametrize("found", [mugs(1, "broken"), mugs(0, "not in its bin")])
def test_pieces_that_are_missing_for_good_fit(found: PickedLine) -> None:
    picked = Picked(shipment="s", lines=(found, LAMP))
    assert problems_of_pick(LINES, picked) == ()
    assert picked.is_short


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (mugs(1), "quantity: 1 picked, 2 ordered; where the others are missing for good, say why"),
        (mugs(3), "quantity: 3 picked, 2 ordered; put the others back"),
        (mugs(3, "broken"), "quantity: 3 picked, 2 ordered; put the others back"),
        (mugs(2, "broken"), "short: all 2 were picked, so nothing is missing"),
        (mugs(1, "broken", barcodes=()), "barcodes: MUG has a barcode and none was scanned"),
        (mugs(0, "gone", barcodes=("9",)), "barcodes: 9 does not belong to MUG"),
    ],
)
def test_a_count_that_cannot_be_is_refused_with_the_way_out(found: PickedLine, words: str) -> None:
    [problem] = problems_of_pick(LINES, Picked(shipment="s", lines=(found, LAMP)))
    assert problem.startswith(f"lines.0.{words}")


def test_the_words_say_what_is_missing_and_why() -> None:
    picked = (mugs(1, "broken"), LAMP.model_copy(update={"quantity": 0, "short": "not in its bin"}))
    assert words_for(LINES, picked) == "1 of 2 x MUG (broken), 1 of 1 x LAMP (not in its bin)"


def test_a_line_that_is_left_out_is_not_packed() -> None:
    ships = divide(LINES, (mugs(1, "broken"), LAMP), drop_short_lines=True).ships

    def packed(counts: Mapping[str, int]) -> Packed:
        lines = tuple(Portion(line=line, quantity=count) for line, count in counts.items())
        return Packed(shipment="s", parcels=(PackedParcel(weight_grams=1, lines=lines),))

    assert problems_of_contents(ships, packed({"2": 1})) == ()
    assert problems_of_contents(ships, packed({"1": 1, "2": 1})) == (
        "parcels.0.lines.0.line: 1 was not picked",
    )


def test_a_pick_without_missing_pieces_is_stored_as_it_always_was() -> None:
    assert "short" not in LAMP.model_dump(mode="json")
    assert mugs(1, "broken").model_dump(mode="json")["short"] == "broken"
