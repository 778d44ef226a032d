"""Goods move from one warehouse's promise to another's: all of it or nothing, never oversold."""

from datetime import timedelta

from backoffice.callbacks import CallbackBook
from backoffice.database import Database
from backoffice.handoffs import HandoffBook
from backoffice.moves import MoveBook
from backoffice.records import RecordBook
from backoffice.remains import RemainsBook
from domain.backorder import PlaceInLine
from domain.journal import News
from domain.order import Amended, Contents
from domain.record import Commit
from domain.rerouting import Elsewhere, Move
from domain.routing import ANY, WarehouseSetup
from domain.status import OrderStatus
from domain.stock import MAIN, Want
from tests.backoffice.samples import MUG, SHOP, TEA, at_once, handoff, journal, transition
from tests.backoffice.test_two_warehouses import BEGAN, LYON, Two

PLACE = PlaceInLine.of(BEGAN, timedelta(days=30))


def move_of(order: str, mugs: int = 1, teas: int = 0, number: int = 1) -> Move:
    pairs = ((MUG, mugs), (TEA, teas))
    return Move(
        shipment=f"{order}-s1",
        number=number,
        warehouse=MAIN,
        wants=tuple(Want(sku=sku, quantity=count) for sku, count in pairs if count),
        route=ANY,
        place=PLACE,
    )


def news(order: str, number: int) -> Commit:
    told = transition(number, OrderStatus.IN_FULFILMENT)
    return Commit(order, journal=journal(told.model_copy(update={"news": News.REROUTED})))


def moved(two: Two, order: str, move: Move, number: int = 2) -> bool:
    return MoveBook(two.database).move(SHOP, move, LYON, news(order, number))


def test_goods_move_whole_or_not_at_all_and_the_news_goes_with_them(database: Database) -> None:
    two = Two(database, main=5, lyon=5)
    two.trade.stock.adjust(SHOP, TEA, -4, "one left in lyon", "", LYON)
    order = two.trade.accept()
    two.ask(order, mugs=2, teas=2)
    book, move = MoveBook(database), move_of(order, 2, 2)
    assert book.elsewhere(SHOP, order, move) == Elsewhere(others=True)
    assert not moved(two, order, move)
    assert (two.at(), two.at(TEA)) == (
        {MAIN: (5, 2), LYON: (5, 0)},
        {MAIN: (5, 2), LYON: (1, 0)},
    )
    two.trade.stock.receive(SHOP, TEA, 1, "another", "", LYON)
    assert book.elsewhere(SHOP, order, move) == Elsewhere(to=LYON, others=True)
    assert moved(two, order, move)
    assert (two.at(), two.at(TEA)) == (
        {MAIN: (5, 0), LYON: (5, 2)},
        {MAIN: (5, 0), LYON: (2, 2)},
    )
    told = [one.payload["type"] for one in CallbackBook(database).events(SHOP)]
    assert told == ["order.rerouted"]
    assert two.sound()


def test_moved_twice_it_is_moved_once_and_a_look_says_where_it_is(database: Database) -> None:
    two = Two(database, main=3, lyon=3)
    order = two.trade.accept()
    two.ask(order, mugs=3)
    assert moved(two, order, move_of(order, 3))
    assert moved(two, order, move_of(order, 3))
    assert two.at() == {MAIN: (3, 0), LYON: (3, 3)}
    found = MoveBook(database).elsewhere(SHOP, order, move_of(order, 3))
    assert found == Elsewhere(to=LYON, others=True, moved=True)
    assert two.sound()


def test_those_it_has_been_at_and_those_that_do_not_serve_its_country_are_not_asked(
    database: Database,
) -> None:
    two = Two(database, main=3, lyon=3)
    order = two.trade.accept()
    two.ask(order)
    book, move = MoveBook(database), move_of(order)
    before = move.model_copy(update={"been_at": (LYON,)})
    assert book.elsewhere(SHOP, order, before) == Elsewhere()
    two.warehouses.put(SHOP, WarehouseSetup(code=LYON, serves=("FR",)))
    abroad = move.model_copy(update={"route": move.route.model_copy(update={"to": "DE"})})
    assert book.elsewhere(SHOP, order, abroad) == Elsewhere()


def test_what_those_before_it_in_line_are_to_have_is_not_there_for_it(database: Database) -> None:
    two = Two(database, main=2, lyon=0)
    first, waits = two.trade.accept("1"), two.trade.accept("2")
    assert not two.ask(first, mugs=2).waits
    assert two.ask(waits, mugs=2).waits
    two.trade.stock.receive(SHOP, MUG, 2, "for who waits", "", LYON)
    late = PlaceInLine.of(BEGAN + timedelta(hours=1), timedelta(days=30))
    move = move_of(first, 2).model_copy(update={"place": late})
    assert MoveBook(database).elsewhere(SHOP, first, move) == Elsewhere(others=True)
    assert not moved(two, first, move)
    assert two.at() == {MAIN: (2, 2), LYON: (2, 0)}
    two.serve()
    assert two.at() == {MAIN: (2, 2), LYON: (2, 2)}


def test_many_that_move_and_many_that_buy_at_once_never_get_the_same_piece(
    database: Database,
) -> None:
    two = Two(database, main=40, lyon=25)
    movers = [two.trade.accept(f"m{number}") for number in range(40)]
    for order in movers:
        assert not two.ask(order).waits
    buyers = [two.trade.accept(f"b{number}") for number in range(40)]
    moves = [lambda name=name: moved(two, name, move_of(name)) for name in movers]
    buys = [lambda name=name: not two.ask(name).waits for name in buyers]
    done = at_once([one for pair in zip(moves, buys, strict=True) for one in pair])
    two.serve()
    went = sum(done[::2])
    assert went > 0
    level = two.at()
    assert level[LYON] == (25, 25)
    assert level[MAIN] == (40, 40)
    assert two.sound()


def test_its_handoff_waits_for_the_new_warehouse_and_an_old_answer_changes_nothing(
    database: Database,
) -> None:
    two = Two(database, main=3, lyon=3)
    order = two.trade.accept()
    two.ask(order)
    records, book = RecordBook(database), HandoffBook(database)
    begun = Commit(order, journal=journal(transition(1, OrderStatus.IN_FULFILMENT)))
    records.commit(begun)
    records.commit(Commit(order, handoff=handoff(order)))
    assert moved(two, order, move_of(order))
    state = book.shipment_state(f"{order}-s1")
    assert state is not None
    assert (state.warehouse, state.under_way) == (LYON, True)
    assert book.on_the_floor(SHOP, [OrderStatus.IN_FULFILMENT]) == ()
    assert RemainsBook(database).of(order).stops() == ((f"{order}-s1", LYON),)
    records.commit(Commit(order, handoff=handoff(order)))
    state = book.shipment_state(f"{order}-s1")
    assert state is not None
    assert (state.warehouse, state.under_way) == (LYON, True), "what a zombie writes is over"
    records.commit(Commit(order, handoff=handoff(order, warehouse=LYON, moves=1)))
    state = book.shipment_state(f"{order}-s1")
    assert state is not None
    assert (state.warehouse, state.under_way, state.answer.accepted) == (LYON, False, True)
    (there,) = book.on_the_floor(SHOP, [OrderStatus.IN_FULFILMENT], warehouse=LYON)
    assert there.handoff.shipment == f"{order}-s1"


def test_a_move_that_comes_after_its_shipment_was_given_up_takes_no_other_s_goods(
    database: Database,
) -> None:
    """A worker that was held up: what the order has left is another shipment's."""
    two = Two(database, main=4, lyon=4)
    order = two.trade.accept()
    two.ask(order, mugs=2)
    wants, key = (Want(sku=MUG, quantity=2),), f"{order}:reserve:2"
    two.line.reserve_or_wait(SHOP, wants, key, Commit(order), PLACE, ANY, f"{order}-s2")
    gone = transition(2, OrderStatus.CANCELLING, shipment=f"{order}-s1")
    commit = Commit(order, journal=journal(gone))
    two.trade.stock.release_part(SHOP, wants, f"{order}:part:1", commit)
    assert not moved(two, order, move_of(order, 2), number=3)
    assert two.at() == {MAIN: (4, 2), LYON: (4, 0)}


def test_an_amendment_s_old_answer_changes_nothing_at_the_new_warehouse(
    database: Database,
) -> None:
    two = Two(database, main=3, lyon=3)
    order = two.trade.accept()
    two.ask(order)
    records, book = RecordBook(database), HandoffBook(database)
    records.commit(Commit(order, handoff=handoff(order)))
    amended = handoff(order, amendment=1).handoff
    contents = Contents.of(records.order(order).order)
    made = Amended(
        number=1, key="k1", digest="d", before=contents, after=contents, who="Ana", at=BEGAN
    )
    answered = Commit(order, amendment=made, amended_handoff=amended)
    records.commit(answered)
    assert moved(two, order, move_of(order))
    records.commit(Commit(order, handoff=handoff(order, warehouse=LYON, moves=1)))
    records.commit(answered)
    state = book.shipment_state(f"{order}-s1")
    assert state is not None
    assert (state.handoff.warehouse, state.under_way) == (LYON, False)
