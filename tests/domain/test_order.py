"""An order's sums are checked exactly, and its texts kept as they were written."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from cli import demo_orders
from domain.order import Order
from domain.payment import AuthorizeMethod


def body(**more: Any) -> dict[str, Any]:
    rows = [
        demo_orders.line("1", "MUG-BLUE", "Mug", 2, 1890, discount=378),
        demo_orders.line("2", "TEAPOT", "Teapot", 1, 6900),
    ]
    return demo_orders.order("1001", rows, demo_orders.card()) | more


def problems(data: dict[str, Any]) -> str:
    with pytest.raises(ValidationError) as caught:
        Order.model_validate(data, extra="forbid")
    return str(caught.value)


def test_a_sound_order_is_accepted_and_owes_its_total() -> None:
    order = Order.model_validate(body(), extra="forbid")
    assert order.due.amount == sum(line.gross for line in order.lines) + order.shipping.gross


@pytest.mark.parametrize("part", ["net", "tax", "gross"])
def test_a_total_that_does_not_add_up_is_refused_by_name(part: str) -> None:
    data = body()
    data["total"] = data["total"] | {part: data["total"][part] + 1}
    words = problems(data)
    assert "total" in words


def test_a_line_that_does_not_follow_from_price_and_quantity_is_refused_by_name() -> None:
    data = body()
    data["lines"][1]["quantity"] = 2
    assert "lines.1.gross" in problems(data)


def test_two_lines_never_share_an_id() -> None:
    data = body()
    data["lines"][1]["id"] = "1"
    assert "lines.1.id" in problems(data)


@pytest.mark.parametrize("quantity", [0, -1, 1.5, "2", True])
def test_a_quantity_is_a_whole_number_of_pieces(quantity: object) -> None:
    data = body()
    data["lines"][0]["quantity"] = quantity
    assert "quantity" in problems(data)


def test_nothing_due_is_for_a_total_of_zero_and_only_for_that() -> None:
    assert "nothing_due" in problems(body(payment={"terms": "nothing_due"}))
    free = demo_orders.line("1", "MUG-BLUE", "Mug", 1, 0)
    gift = demo_orders.order("7", [free], {"terms": "nothing_due"}, shipping_price=0)
    assert Order.model_validate(gift).due.amount == 0
    assert "nothing_due" in problems(gift | {"payment": demo_orders.card()})


def test_unknown_fields_are_refused_at_the_border_and_ignored_when_read_back() -> None:
    data = body(surprise=1)
    assert "surprise" in problems(data)
    assert Order.model_validate(data).number == "1001"


def test_nul_is_refused_with_its_field() -> None:
    data = body()
    data["customer"] = data["customer"] | {"name": "a\x00b"}
    assert "customer.name" in problems(data)


def test_a_lone_surrogate_is_refused() -> None:
    data = body()
    data["customer"] = data["customer"] | {"name": "\ud800"}
    assert "customer.name" in problems(data)


@given(st.text(min_size=1, max_size=50).filter(lambda text: text.strip() and "\x00" not in text))
def test_every_other_text_comes_out_unchanged(name: str) -> None:
    data = body()
    data["customer"] = data["customer"] | {"name": name}
    order = Order.model_validate(data)
    assert Order.model_validate_json(order.model_dump_json()).customer.name == name


def test_prices_without_tax_are_checked_against_the_net() -> None:
    data = body(prices_include_tax=False)
    assert "lines.0.net" in problems(data)


@pytest.mark.parametrize("number", ["4242424242424242", "4242-4242-4242-4242", "378282246310005"])
def test_a_card_number_is_no_payment_method_and_is_not_repeated(number: str) -> None:
    with pytest.raises(ValueError, match="looks like a card number") as refused:
        AuthorizeMethod.read({"terms": "authorize", "payment_method": number})
    assert number not in str(refused.value)


@pytest.mark.parametrize(
    "name", ["pm_card_visa", "card_1Pgc76", "42424242", "src_4242424242424242"]
)
def test_a_provider_s_own_name_is_a_payment_method(name: str) -> None:
    assert AuthorizeMethod(payment_method=name).payment_method == name
