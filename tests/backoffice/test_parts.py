"""What is there goes to an order at once, the rest stands in line; and each can be let go alone."""

import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backoffice.audits import Audits
from backoffice.database import Database
from domain.backorder import Promised
from domain.record import Commit
from domain.shipping import Portion
from domain.status import OrderStatus
from domain.stock import Level, Shortage, Want, Wanted
from tests.backoffice.samples import MUG, SHOP, TEA, journal, transition
from tests.backoffice.test_backorders import Line

_NUMBERS = itertools.count()
THREE = (Wanted(line="1", sku=MUG, quantity=3), Wanted(line="2", sku=TEA, quantity=1))


def divide(
    line: Line,
    order: str,
    lines: tuple[Wanted, ...] = THREE,
    *,
    waits: bool = True,
    whole_lines: bool = False,
) -> Promised:
    """Reserve what is there."""
    return line.book.reserve_what_is_there(
        SHOP,
        lines,
        (f"{order}:reserve:1", f"{order}:reserve:2"),
        Commit(order, journal=journal(transition(1))),
        line.place(order) if waits else None,
        whole_lines=whole_lines,
    )


def look(line: Line, order: str, pieces: int) -> Promised:
    """Look for the rest."""
    wants = (Want(sku=MUG, quantity=pieces),)
    commit = Commit(order, journal=journal(transition(2)))
    return line.book.reserve_or_wait(SHOP, wants, f"{order}:reserve:2", commit, line.place(order))


def level(line: Line, sku: str = MUG) -> Level:
    return line.trade.stock.level(SHOP, sku)


def stocked(database: Database, mugs: int, teas: int) -> Line:
    line = Line(database)
    for sku, pieces in ((MUG, mugs), (TEA, teas)):
        if pieces:
            receive(line, pieces, sku)
    return line


def receive(line: Line, pieces: int, sku: str = MUG) -> None:
    """Goods come in, each time under a key of their own."""
    key = f"{sku} on top of {line.trade.on_hand(sku)}"
    line.trade.stock.receive(SHOP, sku, pieces, key)


def sound(line: Line) -> bool:
    return Audits(line.trade.database).audit(SHOP) == ()


def test_what_is_there_is_reserved_and_the_rest_stands_in_line(database: Database) -> None:
    line = stocked(database, mugs=2, teas=1)
    [order] = line.accept(1)
    promised = divide(line, order)
    assert promised.there == (Portion(line="1", quantity=2), Portion(line="2", quantity=1))
    assert promised.shortages == (Shortage(sku=MUG, wanted=1, available=0),)
    assert promised.waits
    assert level(line) == Level(sku=MUG, on_hand=2, reserved=2, waiting=1)
    assert divide(line, order) == promised
    assert level(line) == Level(sku=MUG, on_hand=2, reserved=2, waiting=1)
    assert sound(line)


def test_the_rest_is_served_when_it_comes_under_a_key_of_its_own(database: Database) -> None:
    line = stocked(database, mugs=2, teas=1)
    [order] = line.accept(1)
    divide(line, order)
    receive(line, 1)
    line.serve()
    assert line.told() == [order]
    assert look(line, order, 1) == Promised()
    assert level(line) == Level(sku=MUG, on_hand=3, reserved=3, waiting=0)
    # The first reservation is asked for once more, by a worker that heard no answer.
    again = divide(line, order)
    assert again.there == (Portion(line="1", quantity=2), Portion(line="2", quantity=1))
    assert level(line) == Level(sku=MUG, on_hand=3, reserved=3, waiting=0)
    assert sound(line)


def test_an_order_of_which_nothing_is_there_waits_whole(database: Database) -> None:
    line = stocked(database, mugs=0, teas=0)
    [order] = line.accept(1)
    promised = divide(line, order)
    assert (promised.there, promised.waits) == ((), True)
    assert level(line).waiting == 3
    receive(line, 3)
    receive(line, 1, TEA)
    line.serve()
    assert line.reserved([order]) == [order]


def test_an_order_of_which_everything_is_there_is_not_divided(database: Database) -> None:
    line = stocked(database, mugs=3, teas=1)
    [order] = line.accept(1)
    assert divide(line, order) == Promised()


def test_what_those_before_it_in_line_wait_for_is_not_there(database: Database) -> None:
    line = Line(database)
    [first] = line.wait(1, mugs=2)
    [second] = line.accept(2)
    receive(line, 3)
    promised = divide(line, second, THREE[:1])
    assert promised.there == (Portion(line="1", quantity=1),)
    line.serve()
    assert line.reserved([first]) == [first]
    assert level(line) == Level(sku=MUG, on_hand=3, reserved=3, waiting=2)


def test_lines_that_lack_a_piece_are_left_out_whole(database: Database) -> None:
    line = stocked(database, mugs=2, teas=1)
    [order] = line.accept(1)
    promised = divide(line, order, waits=False, whole_lines=True)
    assert promised.there == (Portion(line="2", quantity=1),)
    assert not promised.waits
    assert level(line) == Level(sku=MUG, on_hand=2, reserved=0, waiting=0)
    assert divide(line, order, waits=False, whole_lines=True) == promised


def test_what_the_shop_does_not_sell_is_not_waited_for(database: Database) -> None:
    line = stocked(database, mugs=1, teas=0)
    [order] = line.accept(1)
    unknown = Wanted(line="9", sku="NOTHING", quantity=1)
    promised = divide(line, order, (THREE[0].model_copy(update={"quantity": 1}), unknown))
    assert promised.there == (Portion(line="1", quantity=1),)
    assert not promised.waits


def test_one_shipment_s_goods_are_let_go_and_the_others_stay_promised(
    database: Database,
) -> None:
    line = stocked(database, mugs=2, teas=1)
    [order] = line.accept(1)
    divide(line, order)
    receive(line, 1)
    line.serve()
    look(line, order, 1)
    wants = (Want(sku=MUG, quantity=1),)
    for _ in range(2):
        key = f"{order}-s2:release_part:1"
        line.trade.stock.release_part(SHOP, wants, key, Commit(order))
        assert level(line) == Level(sku=MUG, on_hand=3, reserved=2, waiting=0)
    assert sound(line)


def test_a_rest_that_is_not_waited_for_any_more_leaves_the_line(database: Database) -> None:
    line = stocked(database, mugs=2, teas=1)
    [order] = line.accept(1)
    divide(line, order)
    give_up(line, order)
    assert level(line) == Level(sku=MUG, on_hand=2, reserved=2, waiting=0)
    assert sound(line)


def test_a_rest_that_is_given_up_just_as_it_is_served_lets_go_of_its_goods(
    database: Database,
) -> None:
    line = stocked(database, mugs=2, teas=1)
    [order] = line.accept(1)
    divide(line, order)
    receive(line, 1)
    line.serve()
    for _ in range(2):
        give_up(line, order)
        assert level(line) == Level(sku=MUG, on_hand=3, reserved=2, waiting=0)
    assert sound(line)


def test_what_is_there_is_let_go_and_the_rest_keeps_its_place_in_line(database: Database) -> None:
    line = stocked(database, mugs=2, teas=1)
    [order] = line.accept(1)
    divide(line, order)
    wants = (Want(sku=MUG, quantity=2), Want(sku=TEA, quantity=1))
    line.trade.stock.release_part(SHOP, wants, f"{order}-s1:release_part:1", Commit(order))
    assert level(line).waiting == 1
    line.serve()
    assert look(line, order, 1) == Promised()
    assert level(line) == Level(sku=MUG, on_hand=2, reserved=1, waiting=0)


def give_up(line: Line, order: str) -> None:
    """The order does not want what it waits for any more."""
    wants, key = (Want(sku=MUG, quantity=1),), f"{order}-s2:release_part:1"
    line.trade.stock.release_part(SHOP, wants, key, Commit(order), f"{order}:reserve:2")


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.data())
def test_whatever_is_divided_nothing_is_promised_twice(
    database: Database, data: st.DataObject
) -> None:
    line = Line(database)
    pieces = data.draw(st.integers(0, 4), "on the shelf")
    before = level(line)
    if pieces:
        receive(line, pieces)
    free = max(0, before.available) + pieces
    order = line.trade.accept(f"number {next(_NUMBERS)}")
    line.accepted.append(order)
    quantity = data.draw(st.integers(1, 6), "wanted")
    wanted = (Wanted(line="1", sku=MUG, quantity=quantity),)
    promised = divide(line, order, wanted, waits=data.draw(st.booleans(), "waits"))
    got = quantity if not promised.shortages else sum(one.quantity for one in promised.there)
    assert got <= min(free, quantity)
    now = level(line)
    assert now.reserved == before.reserved + got
    assert now.reserved <= now.on_hand


@pytest.mark.parametrize("there", [1, 0])
def test_a_division_that_comes_after_its_order_was_cancelled_stands_in_no_line(
    database: Database, there: int
) -> None:
    """A worker that was held up for hours: the goods would be promised to nobody, for ever."""
    line = stocked(database, mugs=there, teas=0)
    (order,) = line.accept(1)
    assert divide(line, order).waits
    over = Commit(order, journal=journal(transition(2, OrderStatus.CANCELLING)))
    line.trade.stock.release(SHOP, f"{order}:release:1", over)
    divide(line, order)
    receive(line, 5)
    receive(line, 5, TEA)
    line.serve()
    assert (level(line).reserved, level(line, TEA).reserved) == (0, 0)


def test_a_division_that_comes_after_its_rest_was_given_up_stands_in_no_line(
    database: Database,
) -> None:
    line = stocked(database, mugs=1, teas=1)
    (order,) = line.accept(1)
    assert divide(line, order).waits
    gone = transition(2, OrderStatus.CANCELLING, shipment=f"{order}-s2")
    part, key = (Want(sku=MUG, quantity=2),), f"{order}:reserve:2"
    commit = Commit(order, journal=journal(gone))
    line.trade.stock.release_part(SHOP, part, f"{order}:part:2", commit, key)
    divide(line, order)
    receive(line, 5)
    line.serve()
    assert (level(line).reserved, level(line, TEA).reserved) == (1, 1)
