"""What is sent once more costs nothing and is worth as much as before; and how it may end."""

from datetime import UTC, datetime
from itertools import islice

import pytest

from cli import demo_orders
from domain.backorder import OutOfStock
from domain.catalogue import Product
from domain.complaints import Complaint, ComplaintReason, ComplaintRequest, Solution, SolutionWanted
from domain.complaints import SolutionKind as Kind
from domain.customs import customs_line
from domain.order import Order, Substitute
from domain.policy import Policy
from domain.refunds import RefundedLine
from domain.replacement import ReplacementState, numbers_of, replacement_of
from domain.status import OrderStatus

NOW = datetime(2026, 3, 2, tzinfo=UTC)
ONE = RefundedLine(line="1", quantity=1)


def bought() -> Order:
    rows = [
        demo_orders.line("1", "MUG-BLUE", "Mug", 2, 1890, discount=378),
        demo_orders.line("2", "TEAPOT", "Teapot", 1, 6900),
    ]
    return Order.model_validate(demo_orders.order("1001", rows, demo_orders.card()))


def state(status: OrderStatus, *, delivered: bool = False, missing: int = 0) -> ReplacementState:
    return ReplacementState(
        order="ord_r",
        number="1001-R1",
        status=status,
        ended=True,
        delivered=delivered,
        missing=missing,
    )


def test_it_has_the_complained_pieces_alone_and_comes_to_nothing() -> None:
    first = bought()
    again = replacement_of(first, (ONE,), "1001-R1", NOW)
    assert [(one.id, one.sku, one.quantity) for one in again.lines] == [("1", "MUG-BLUE", 1)]
    assert (again.total.gross, again.shipping.gross, again.due.amount) == (0, 0, 0)
    assert again.payment.terms == "nothing_due"
    assert (again.channel, again.customer) == (first.channel, first.customer)
    assert again.shipping_address == first.shipping_address
    assert again.shipping.service_level is first.shipping.service_level
    assert not again.reviews_welcome


def test_what_went_in_place_of_a_line_is_sent_once_more_as_itself() -> None:
    first = bought()
    line = first.lines[0].model_dump()
    other = Substitute.model_validate(line | {"id": "X1.1", "sku": "MUG-RED", "instead_of": "1"})
    wanted = (RefundedLine(line="X1.1", quantity=2),)
    again = replacement_of(first.with_substitutes((other,)), wanted, "1001-R1", NOW)
    assert [(one.id, one.sku, one.quantity) for one in again.lines] == [("X1.1", "MUG-RED", 2)]
    assert again.substitutes == ()


def test_a_line_that_the_order_has_not_is_refused() -> None:
    with pytest.raises(ValueError, match="no line 9"):
        replacement_of(bought(), (RefundedLine(line="9", quantity=1),), "1001-R1", NOW)


def test_customs_are_told_what_it_is_worth() -> None:
    product = Product(
        sku="MUG-BLUE",
        name="Mug",
        barcodes=("4006381333931",),
        weight_grams=350,
        bin="A-1",
        reorder_point=0,
        hs_code="691200",
        origin="DE",
    )
    again = replacement_of(bought(), (ONE,), "1001-R1", NOW)
    declared = customs_line(again.lines[0], product, 1)
    assert declared is not None
    assert declared.value == 1890


@pytest.mark.parametrize(
    ("number", "names"),
    [
        ("1001", ["1001-R2", "1001-R2-2", "1001-R2-3"]),
        ("9" * 100, ["9" * 97 + "-R2", "9" * 95 + "-R2-2", "9" * 95 + "-R2-3"]),
    ],
)
def test_its_number_follows_from_the_first_ones_and_is_never_too_long(
    number: str, names: list[str]
) -> None:
    assert list(islice(numbers_of(number, 2), 3)) == names


def test_it_does_not_wait_for_goods_and_is_not_looked_at_once_more() -> None:
    policy = Policy(
        out_of_stock=OutOfStock.HOLD_ALL,
        review_above={"EUR": 0},
        review_when_countries_differ=True,
    )
    rules = policy.for_replacements()
    assert rules.out_of_stock is OutOfStock.REFUSE
    assert (rules.review_above, rules.review_when_countries_differ) == ({}, False)
    assert rules.pick_within == policy.pick_within


@pytest.mark.parametrize(
    ("ended", "arrived", "words"),
    [
        (state(OrderStatus.COMPLETED, delivered=True), True, "has arrived"),
        (state(OrderStatus.COMPLETED, delivered=True, missing=1), False, "but for 1 piece"),
        (state(OrderStatus.COMPLETED), False, "was not delivered"),
        (state(OrderStatus.OUT_OF_STOCK, missing=1), False, "ended as out_of_stock"),
        (state(OrderStatus.CANCELLED, missing=1), False, "ended as cancelled"),
    ],
)
def test_it_has_arrived_only_where_the_customer_has_all_of_it(
    ended: ReplacementState, arrived: bool, words: str
) -> None:
    assert ended.arrived is arrived
    assert words in ended.words


def test_nothing_is_given_back_for_what_is_sent_once_more() -> None:
    request = ComplaintRequest(reason=ComplaintReason.DAMAGED, lines=(ONE,), who="Ada", key="k")
    offered = Solution(number=1, wanted=SolutionWanted(kind=Kind.REPLACEMENT, who="Ana"))
    with pytest.raises(ValueError, match="sent once more"):
        offered.refund(Complaint(number=1, request=request, at=NOW))
