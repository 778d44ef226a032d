"""The line: what comes goes to who stands first, whole or not at all, and is promised once."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text

from backoffice.audits import Audits
from backoffice.backorders import SIGNAL, BackorderBook
from backoffice.database import Database
from backoffice.entries import entries_of
from backoffice.inbox import InboxBook
from backoffice.ledger import post
from backoffice.refusals import UnknownSku
from domain.backorder import PlaceInLine, Promised
from domain.record import Commit
from domain.status import OrderStatus
from domain.stock import Level, Shortage, StockKind, Want
from tests.backoffice.samples import MUG, SHOP, TEA, Trade, at_once, journal, transition

PATIENCE = timedelta(days=30)
BEGAN = datetime(2026, 3, 2, 8, tzinfo=UTC)
DAY = timedelta(days=1)


class Line:
    """A shop with an empty shelf, and a clock that stands."""

    def __init__(self, database: Database, stock: int = 0) -> None:
        self.trade = Trade(database, stock=stock)
        self.now = BEGAN
        self.book = BackorderBook(database, lambda: self.now)
        self.accepted: list[str] = []

    def accept(self, *numbers: int) -> list[str]:
        """Orders on record, accepted a minute after each other."""
        new = [self.trade.accept(str(number)) for number in numbers]
        self.accepted += new
        return new

    def place(self, order: str) -> PlaceInLine:
        minutes = self.accepted.index(order)
        return PlaceInLine.of(BEGAN + timedelta(minutes=minutes), PATIENCE)

    def ask(self, order: str, last: bool = False, **wants: int) -> Promised:
        """Reserve, or wait; ``mugs`` and ``teas`` are pieces."""
        pieces = {MUG: wants.get("mugs", 0), TEA: wants.get("teas", 0)}
        wanted = tuple(Want(sku=sku, quantity=count) for sku, count in pieces.items() if count)
        wanted = wanted or (Want(sku=MUG, quantity=1),)
        ask = self.book.reserve_or_leave if last else self.book.reserve_or_wait
        commit = Commit(order, journal=journal(transition(1)))
        return ask(SHOP, wanted, f"{order}:reserve:1", commit, self.place(order))

    def wait(self, *numbers: int, **wants: int) -> list[str]:
        """Orders that stand in line, in this sequence."""
        orders = self.accept(*numbers)
        for order in orders:
            assert self.ask(order, last=False, **wants).waits
        return orders

    def receive(self, quantity: int, sku: str = MUG) -> None:
        self.trade.stock.receive(SHOP, sku, quantity, f"delivery {self.trade.on_hand(sku)}")

    def serve(self) -> None:
        """As the loop does: until there is no more reason to look."""
        while self.book.serve():
            pass

    def told(self) -> list[str]:
        """Which orders were told to look, in sequence."""
        heard: list[str] = []
        while messages := InboxBook(self.trade.database).claim(1000):
            assert {one.signal for one in messages} == {SIGNAL}
            heard += [str(one.order_id) for one in messages]
            for one in messages:
                InboxBook(self.trade.database).delivered(one.id)
        return heard

    def reserved(self, orders: Sequence[str]) -> list[str]:
        """Those of these that have something reserved."""
        with self.trade.database.transaction() as connection:
            rows = connection.execute(
                text(
                    "SELECT order_id FROM stock_entries WHERE reserved > 0 AND order_id IS NOT NULL"
                )
            )
            have = {str(order) for (order,) in rows}
        return [one for one in orders if one in have]


@pytest.fixture
def line(database: Database) -> Line:
    return Line(database)


def test_two_hundred_at_once_for_ten_pieces_then_five_more(database: Database) -> None:
    line = Line(database, stock=10)
    orders = line.accept(*range(200))
    answers = at_once([lambda name=name: line.ask(name) for name in orders])
    assert [answer.waits for answer in answers].count(False) == 10
    waiting = [name for name, answer in zip(orders, answers, strict=True) if answer.waits]
    assert line.trade.stock.level(SHOP, MUG) == Level(sku=MUG, on_hand=10, reserved=10, waiting=190)
    line.receive(5)
    at_once([line.book.serve] * 8)
    line.serve()
    assert line.reserved(waiting) == waiting[:5]
    assert sorted(line.told()) == sorted(waiting[:5])
    assert line.trade.stock.level(SHOP, MUG) == Level(sku=MUG, on_hand=15, reserved=15, waiting=185)
    assert Audits(database).audit(SHOP) == ()


def test_who_waits_has_nothing_reserved_and_is_not_on_record_as_reserved(line: Line) -> None:
    line.receive(100, TEA)
    (order,) = line.accept(1)
    answer = line.ask(order, mugs=2, teas=1)
    assert answer == Promised(
        shortages=(Shortage(sku=MUG, wanted=2, available=0),), waits=True, expected=None
    )
    assert line.reserved([order]) == []
    assert line.trade.stock.level(SHOP, TEA).waiting == 1
    with line.trade.database.transaction() as connection:
        assert connection.execute(text("SELECT status FROM orders")).scalar_one() == "accepted"


def test_an_order_is_served_once_and_hears_so_at_its_look(line: Line) -> None:
    (order,) = line.wait(1, mugs=2)
    line.receive(2)
    line.serve()
    assert line.trade.reserved() == 2
    for _ in range(2):
        assert line.ask(order, mugs=2) == Promised()
    assert line.trade.reserved() == 2
    with line.trade.database.transaction() as connection:
        status = connection.execute(text("SELECT status FROM orders")).scalar_one()
        assert connection.execute(text("SELECT count(*) FROM backorders")).scalar_one() == 0
    assert status == OrderStatus.RESERVED


def test_a_look_serves_the_order_whose_turn_it_is_though_no_loop_ran(line: Line) -> None:
    first, second = line.wait(1, 2)
    line.receive(1)
    assert line.ask(second).waits
    assert not line.ask(first).shortages
    assert line.ask(second).waits


def test_nobody_takes_what_has_come_for_those_in_line(line: Line) -> None:
    """Neither an order that waits nor one that is refused jumps in before the loop has looked."""
    (first,) = line.wait(1)
    late, other = line.accept(2, 3)
    line.receive(1)
    assert line.trade.stock.reserve(
        SHOP, (Want(sku=MUG, quantity=1),), "k", Commit(late)
    ) == Promised(shortages=(Shortage(sku=MUG, wanted=1, available=1),))
    assert line.ask(other).waits
    line.serve()
    assert line.reserved([first, late, other]) == [first]


def test_a_smaller_later_order_passes_one_that_still_gives_way(line: Line) -> None:
    large, *small = line.wait(1, mugs=5) + line.wait(2, 3)
    line.receive(2)
    line.serve()
    assert line.reserved([large, *small]) == small


def test_what_comes_is_kept_for_an_order_that_has_waited_half_its_patience(line: Line) -> None:
    large, *small = line.wait(1, mugs=5) + line.wait(2, 3)
    line.now = BEGAN + 15 * DAY
    for _ in range(2):
        line.receive(2)
        line.serve()
        assert line.reserved([large, *small]) == []
    line.receive(2)
    line.serve()
    assert line.reserved([large, *small]) == [large, small[0]]


def test_what_was_kept_goes_on_to_the_next_when_the_order_leaves(line: Line) -> None:
    large, small = line.wait(1, mugs=5) + line.wait(2)
    line.now = BEGAN + 15 * DAY
    line.receive(2)
    line.serve()
    gone = line.ask(large, last=True, mugs=5)
    assert (gone.waits, bool(gone.shortages)) == (False, True)
    line.serve()
    assert line.reserved([large, small]) == [small]


@pytest.mark.parametrize("way", ["adjust", "count", "release", "put away"])
def test_every_way_in_which_goods_come_reaches_the_line(line: Line, way: str) -> None:
    line.receive(1)
    (holder,) = line.accept(1)
    assert not line.ask(holder).shortages
    (order,) = line.wait(2)
    match way:
        case "adjust":
            line.trade.stock.adjust(SHOP, MUG, 1, "found")
        case "count":
            line.trade.stock.count(SHOP, {MUG: 2}, "march")
        case "release":
            line.trade.stock.release(SHOP, "release", Commit(holder))
        case _:
            _issue_and_put_away(line, holder)
    line.serve()
    assert line.told() == [order]


def _issue_and_put_away(line: Line, order: str) -> None:
    for kind in (StockKind.ISSUE, StockKind.PUT_AWAY):
        with line.trade.database.transaction() as connection:
            post(
                connection,
                SHOP,
                entries_of(kind, {MUG: 1}, kind.value, BEGAN, order, f"{order}-s1"),
            )


def test_a_cancel_in_line_leaves_it_and_one_that_was_served_lets_go(line: Line) -> None:
    first, second, third = line.wait(1, 2, 3)
    line.trade.stock.release(SHOP, "release", Commit(first))
    line.receive(1)
    line.serve()
    assert line.reserved([first, second, third]) == [second]
    line.trade.stock.release(SHOP, "release", Commit(second))
    line.serve()
    assert line.reserved([third]) == [third]
    assert line.trade.reserved() == 1
    assert Audits(line.trade.database).audit(SHOP) == ()


def test_serving_and_cancelling_at_once_loses_no_piece(line: Line) -> None:
    orders = line.wait(*range(40))
    line.receive(20)
    calls = [line.book.serve] * 8 + [
        lambda name=name: line.trade.stock.release(SHOP, f"{name}:release", Commit(name))
        for name in orders[:30]
    ]
    at_once(calls)
    line.serve()
    assert line.reserved(orders[30:]) == orders[30:]
    assert line.trade.stock.level(SHOP, MUG) == Level(sku=MUG, on_hand=20, reserved=10)
    assert Audits(line.trade.database).audit(SHOP) == ()


def test_goods_that_the_shop_does_not_sell_are_never_waited_for(line: Line) -> None:
    (order,) = line.accept(1)
    wanted = (Want(sku="NONE", quantity=1),)
    answer = line.book.reserve_or_wait(SHOP, wanted, "k", Commit(order), line.place(order))
    assert answer == Promised(shortages=(Shortage(sku="NONE", wanted=1, available=0),))


def test_who_was_served_and_does_not_look_is_told_again(line: Line) -> None:
    (order,) = line.wait(1)
    line.now = datetime.now(UTC)
    line.receive(1)
    line.serve()
    assert line.book.remind() == 0
    with line.trade.database.transaction() as connection:
        connection.execute(text("UPDATE backorders SET served_at = now() - interval '11 min'"))
    assert line.book.remind() == 1
    assert line.book.remind() == 0
    assert line.told() == [order, order]


def test_those_who_wait_hear_of_another_day_once_per_change(line: Line) -> None:
    (order,) = line.wait(1)
    soon = BEGAN.date() + 7 * DAY
    assert [line.book.expect(SHOP, MUG, soon) for _ in range(2)] == [True, False]
    assert line.told() == [order]
    assert line.book.expected(SHOP) == {MUG: soon}
    assert line.ask(order).expected == soon
    assert line.book.expect(SHOP, MUG, None)
    assert line.told() == [order]
    assert line.ask(order).expected is None
    with pytest.raises(UnknownSku):
        line.book.expect(SHOP, "NONE", date(2026, 4, 1))


def test_an_audit_names_an_order_that_waits_with_pieces_reserved(line: Line) -> None:
    (order,) = line.wait(1)
    line.receive(5)
    assert Audits(line.trade.database).audit(SHOP) == ()
    with line.trade.database.transaction() as connection:
        post(
            connection,
            SHOP,
            entries_of(StockKind.RESERVATION, {MUG: 1}, "half", BEGAN, order),
        )
    (found,) = Audits(line.trade.database).audit(SHOP)
    assert (found.subject, "1 pieces reserved" in found.words) == (order, True)


def test_a_look_that_comes_after_the_order_was_cancelled_gets_it_nothing(
    database: Database,
) -> None:
    """A worker that was held up for hours: the goods would be promised to nobody, for ever."""
    line = Line(database)
    (order,) = line.wait(1)
    told = Commit(order, journal=journal(transition(2, OrderStatus.CANCELLING)))
    line.trade.stock.release(SHOP, f"{order}:release:1", told)
    line.receive(1)
    for last in (False, True):
        late = line.ask(order, last=last)
        assert [one.available for one in late.shortages] == [0]
        assert not late.waits
    assert line.trade.stock.level(SHOP, MUG).reserved == 0
    (other,) = line.accept(2)
    assert line.ask(other).shortages == ()


def test_a_shipment_that_is_given_up_gets_nothing_and_another_one_does(database: Database) -> None:
    line = Line(database)
    (order,) = line.accept(1)
    gone, goes_on = f"{order}-s2", f"{order}-s3"
    change = transition(1, OrderStatus.CANCELLING, shipment=gone)
    part = (Want(sku=MUG, quantity=1),)
    commit = Commit(order, journal=journal(change))
    line.trade.stock.release_part(SHOP, part, f"{order}:part:1", commit, f"{order}:reserve:2")
    line.receive(2)

    def look(shipment: str, share: int) -> Promised:
        key, place = f"{order}:reserve:{share}", line.place(order)
        ask = line.book.reserve_or_wait
        return ask(SHOP, part, key, Commit(order), place, shipment=shipment)

    assert not look(gone, 2).waits
    assert line.trade.stock.level(SHOP, MUG).reserved == 0
    assert look(goes_on, 3).shortages == ()
    assert line.trade.stock.level(SHOP, MUG).reserved == 1
