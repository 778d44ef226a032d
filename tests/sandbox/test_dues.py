"""What is owed for some pieces, in figures that were worked out by hand."""

from typing import Any

import pytest

from sandbox.dues import due_for

MUGS = {
    "id": "1",
    "quantity": 3,
    "unit_price": 1000,
    "discount": 100,
    "net": 2437,
    "tax": 463,
    "gross": 2900,
}
GIFT = {"id": "2", "quantity": 1, "unit_price": 0, "net": 0, "tax": 0, "gross": 0}
ORDER: dict[str, Any] = {"lines": [MUGS, GIFT], "shipping": {"gross": 490}}
WITHOUT_TAX = ORDER | {
    "prices_include_tax": False,
    "lines": [MUGS | {"net": 2900, "tax": 551, "gross": 3451}, GIFT],
}


@pytest.mark.parametrize(
    ("order", "pieces", "due"),
    [
        (ORDER, {"1": 3, "2": 1}, 2900 + 490),
        (ORDER, {"1": 2}, 2000 - 67 + 490),
        (ORDER, {"1": 1, "2": 1}, 1000 - 33 + 490),
        (ORDER, {"2": 1}, 490),
        (ORDER, {"1": 0}, 0),
        (ORDER, {}, 0),
        (WITHOUT_TAX, {"1": 3}, 3451 + 490),
        (WITHOUT_TAX, {"1": 2}, 1933 + 367 + 490),
    ],
)
def test_the_sum_is_right(order: dict[str, Any], pieces: dict[str, int], due: int) -> None:
    assert due_for(order, pieces) == due
