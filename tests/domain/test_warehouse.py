"""What the warehouse says is checked against what it was asked."""

import pytest

from domain.shipping import PlannedParcel, Portion
from domain.warehouse import (
    HandoffLine,
    Packed,
    PackedParcel,
    Picked,
    PickedLine,
    beyond_booking,
    problems_of_contents,
    problems_of_pick,
)

MUG = HandoffLine(
    line="1",
    sku="MUG",
    name="Mug",
    barcodes=("111", "112"),
    quantity=2,
    bin="A-1",
    weight_grams=350,
)
LAMP = HandoffLine(line="2", sku="LAMP", name="Lamp", quantity=1, bin="B-1", weight_grams=2000)
LINES = (MUG, LAMP)
GOOD = (
    PickedLine(line="1", sku="MUG", quantity=2, barcodes=("111", "112")),
    PickedLine(line="2", sku="LAMP", quantity=1),
)


def picked(*lines: PickedLine) -> tuple[str, ...]:
    return problems_of_pick(LINES, Picked(shipment="s", lines=lines))


def test_a_pick_that_fits_has_no_problems() -> None:
    assert picked(*GOOD) == ()


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"quantity": 1}, "lines.0.quantity"),
        ({"quantity": 3}, "lines.0.quantity"),
        ({"barcodes": ("999",)}, "lines.0.barcodes"),
        ({"barcodes": ()}, "lines.0.barcodes"),
        ({"sku": "LAMP"}, "lines.0.sku"),
        ({"line": "9"}, "lines.0.line"),
    ],
)
def test_what_does_not_fit_is_named_by_its_field(change: dict[str, object], where: str) -> None:
    assert any(
        problem.startswith(where) for problem in picked(GOOD[0].model_copy(update=change), GOOD[1])
    )


def test_a_missing_line_and_a_line_told_twice_are_problems() -> None:
    assert picked(GOOD[0]) == ("lines: line 2 is missing",)
    assert any("twice" in problem for problem in picked(GOOD[0], GOOD[0], GOOD[1]))


def packed(*weights: int, contents: tuple[Portion, ...] | None = None) -> Packed:
    everything = (Portion(line="1", quantity=2), Portion(line="2", quantity=1))
    return Packed(
        shipment="s",
        parcels=tuple(
            PackedParcel(weight_grams=weight, lines=contents or everything) for weight in weights
        ),
    )


def test_parcels_hold_just_what_was_picked() -> None:
    assert problems_of_contents(GOOD, packed(2700)) == ()
    assert problems_of_contents(GOOD, packed(2700, 2700))
    assert problems_of_contents(GOOD, packed(1, contents=(Portion(line="1", quantity=2),)))
    assert problems_of_contents(GOOD, packed(1, contents=(Portion(line="7", quantity=1),)))


PLAN = (PlannedParcel(id="p1", weight_grams=2850, contents=()),)


@pytest.mark.parametrize(
    ("weight", "fits"), [(2850, True), (3277, True), (3278, False), (2422, False)]
)
def test_the_scale_may_differ_from_the_booking_by_the_tolerance_and_no_more(
    weight: int, fits: bool
) -> None:
    assert (beyond_booking(PLAN, packed(weight), 15, 250) == ()) is fits


def test_another_number_of_parcels_than_labels_is_beyond_booking() -> None:
    assert beyond_booking(PLAN, packed(2850, 100), 15, 250)
