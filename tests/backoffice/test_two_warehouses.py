"""Two warehouses of one shop: what is promised is there, where it is promised from."""

from datetime import UTC, datetime, timedelta

import pytest

from backoffice.audits import Audits
from backoffice.backorders import BackorderBook
from backoffice.database import Database
from backoffice.refusals import BelowZero, TooManyWarehouses, UnknownWarehouse
from backoffice.warehouses import WarehouseBook
from domain.backorder import PlaceInLine, Promised
from domain.record import Commit
from domain.routing import ANY, MOST_WAREHOUSES, Placement, Route, Source, WarehouseSetup
from domain.stock import MAIN, Lost, Spot, Want, Wanted
from tests.backoffice.samples import MUG, SHOP, TEA, Trade, at_once

LYON = "lyon"
BEGAN = datetime(2026, 3, 2, 8, tzinfo=UTC)
SPLITS = Route(splits=True)
ONE = (Want(sku=MUG, quantity=1),)


class Two:
    """A shop with two warehouses."""

    def __init__(self, database: Database, main: int, lyon: int) -> None:
        self.trade = Trade(database, stock=0)
        self.database = database
        self.warehouses = WarehouseBook(database)
        self.warehouses.put(SHOP, WarehouseSetup(code=LYON, priority=1))
        self.line = BackorderBook(database, lambda: BEGAN)
        for warehouse, pieces in ((MAIN, main), (LYON, lyon)):
            for sku in (MUG, TEA) if pieces else ():
                key = f"first {sku} {warehouse}"
                self.trade.stock.receive(SHOP, sku, pieces, key, "", warehouse)

    def ask(self, order: str, route: Route = ANY, mugs: int = 1, teas: int = 0) -> Promised:
        pairs = ((MUG, mugs), (TEA, teas))
        wants = tuple(Want(sku=sku, quantity=count) for sku, count in pairs if count)
        place = PlaceInLine.of(BEGAN, timedelta(days=30))
        return self.line.reserve_or_wait(
            SHOP, wants, f"{order}:reserve:1", Commit(order), place, route
        )

    def at(self, sku: str = MUG) -> dict[str, tuple[int, int]]:
        """On hand and reserved, by warehouse."""
        levels = self.trade.stock.levels_by_warehouse(SHOP)
        return {
            spot.warehouse: (one.on_hand, one.reserved)
            for spot, one in levels.items()
            if spot.sku == sku
        }

    def serve(self) -> None:
        while self.line.serve():
            pass

    def sound(self) -> bool:
        return Audits(self.database).audit(SHOP) == ()


@pytest.mark.parametrize("route", [ANY, SPLITS])
def test_two_hundred_at_once_for_the_last_ten_pieces_in_two_warehouses(
    database: Database, route: Route
) -> None:
    two = Two(database, main=6, lyon=4)
    orders = [two.trade.accept(str(number)) for number in range(200)]
    answers = at_once([lambda name=name: two.ask(name, route) for name in orders])
    assert [one.waits for one in answers].count(False) == 10
    assert two.at() == {MAIN: (6, 6), LYON: (4, 4)}
    two.trade.stock.receive(SHOP, MUG, 3, "more", "", LYON)
    at_once([two.line.serve] * 8)
    two.serve()
    assert two.at() == {MAIN: (6, 6), LYON: (7, 7)}
    assert two.trade.stock.level(SHOP, MUG).waiting == 187
    assert two.sound()


def test_two_hundred_at_once_for_pairs_whose_halves_lie_apart(database: Database) -> None:
    two = Two(database, main=10, lyon=10)
    two.trade.stock.adjust(SHOP, TEA, -10, "none at home")
    two.trade.stock.adjust(SHOP, MUG, -10, "none in lyon", "", LYON)
    orders = [two.trade.accept(str(number)) for number in range(200)]
    answers = at_once([lambda name=name: two.ask(name, SPLITS, 1, 1) for name in orders])
    assert [one.waits for one in answers].count(False) == 10
    assert (two.at(), two.at(TEA)) == (
        {MAIN: (10, 10), LYON: (0, 0)},
        {MAIN: (0, 0), LYON: (10, 10)},
    )
    assert all(len(one.sources) == 2 for one in answers if not one.waits)
    assert two.sound()


def test_the_same_answer_comes_twice_with_the_same_warehouses(database: Database) -> None:
    two = Two(database, main=1, lyon=5)
    order = two.trade.accept()
    first = two.ask(order, SPLITS, mugs=6)
    assert [(one.warehouse, one.wants[0].quantity) for one in first.sources] == [
        (MAIN, 1),
        (LYON, 5),
    ]
    assert two.ask(order, SPLITS, mugs=6) == first
    assert two.at() == {MAIN: (1, 1), LYON: (5, 5)}


def test_one_that_waits_whole_is_served_by_the_first_warehouse_that_has_all(
    database: Database,
) -> None:
    two = Two(database, main=0, lyon=0)
    order = two.trade.accept()
    assert two.ask(order, mugs=3).waits
    two.trade.stock.receive(SHOP, MUG, 2, "home")
    two.trade.stock.receive(SHOP, MUG, 1, "away", "", LYON)
    two.serve()
    assert two.at() == {MAIN: (2, 0), LYON: (1, 0)}
    two.trade.stock.receive(SHOP, MUG, 2, "away again", "", LYON)
    two.serve()
    assert two.at() == {MAIN: (2, 0), LYON: (3, 3)}
    assert two.ask(order, mugs=3).sources[0].warehouse == LYON


def test_one_that_may_be_split_is_served_by_both_together(database: Database) -> None:
    two = Two(database, main=0, lyon=0)
    order = two.trade.accept()
    assert two.ask(order, SPLITS, mugs=3).waits
    two.trade.stock.receive(SHOP, MUG, 2, "home")
    two.trade.stock.receive(SHOP, MUG, 1, "away", "", LYON)
    two.serve()
    assert two.at() == {MAIN: (2, 2), LYON: (1, 1)}


def test_a_part_comes_from_one_warehouse_and_the_rest_from_the_next_that_has_it(
    database: Database,
) -> None:
    two = Two(database, main=2, lyon=1)
    order = two.trade.accept()
    lines = (Wanted(line="1", sku=MUG, quantity=3),)
    place = PlaceInLine.of(BEGAN, timedelta(days=30))
    keys = (f"{order}:reserve:1", f"{order}:reserve:2")
    got = two.line.reserve_what_is_there(SHOP, lines, keys, Commit(order), place, whole_lines=False)
    assert (got.there[0].quantity, got.waits) == (2, True)
    rest = two.line.reserve_or_wait(SHOP, ONE, keys[1], Commit(order), place)
    assert [one.warehouse for one in rest.sources] == [LYON]
    assert two.at() == {MAIN: (2, 2), LYON: (1, 1)}


def test_a_release_and_a_write_off_are_of_the_warehouse_that_had_the_promise(
    database: Database,
) -> None:
    two = Two(database, main=1, lyon=5)
    order = two.trade.accept()
    two.ask(order, SPLITS, mugs=6)
    lost = Lost(shipment=f"{order}-s2", warehouse=LYON, missing=ONE, note="broken")
    for _ in range(2):
        two.trade.stock.write_off(SHOP, lost, "off", Commit(order))
    assert two.at() == {MAIN: (1, 1), LYON: (4, 4)}
    two.trade.stock.release_part(SHOP, ONE, "part", Commit(order), warehouse=LYON)
    assert two.at() == {MAIN: (1, 1), LYON: (4, 3)}
    two.trade.release(order)
    assert two.at() == {MAIN: (1, 0), LYON: (4, 0)}
    assert two.sound()


def test_a_reorder_point_is_crossed_in_one_warehouse_at_a_time(database: Database) -> None:
    two = Two(database, main=10, lyon=10)
    two.warehouses.place(SHOP, LYON, [Placement(sku=MUG, bin="L-1", reorder_point=9)])
    assert two.warehouses.bins(SHOP, LYON, [MUG, TEA]) == {MUG: "L-1"}
    order = two.trade.accept()
    two.ask(order, SPLITS, mugs=12)
    for warehouse, count in ((MAIN, 2), (LYON, 2)):
        pieces = (Want(sku=MUG, quantity=count),)
        lost = Lost(shipment="s", warehouse=warehouse, missing=pieces)
        needs = two.trade.stock.write_off(SHOP, lost, warehouse, Commit(order)).restock
        found = [(one.warehouse, one.on_hand, one.reorder_point) for one in needs]
        assert found == ([] if warehouse == MAIN else [(LYON, 8, 9)])


def test_what_no_warehouse_is_called_is_refused_and_nothing_is_booked(database: Database) -> None:
    two = Two(database, main=3, lyon=1)
    for book in (two.trade.stock.receive, two.trade.stock.adjust):
        with pytest.raises(UnknownWarehouse):
            book(SHOP, MUG, 1, "k", "", "riga")
    with pytest.raises(UnknownWarehouse):
        two.trade.stock.count(SHOP, {Spot(MUG): 9, Spot(MUG, "riga"): 1}, "count")
    with pytest.raises(BelowZero):
        two.trade.stock.adjust(SHOP, MUG, -2, "k", "", LYON)
    assert two.at() == {MAIN: (3, 0), LYON: (1, 0)}
    two.trade.stock.count(SHOP, {Spot(MUG): 2, Spot(MUG, LYON): 7}, "march")
    assert two.at() == {MAIN: (2, 0), LYON: (7, 0)}


def test_a_warehouse_keeps_its_key_until_its_address_changes(database: Database) -> None:
    two = Two(database, main=0, lyon=0)
    one = WarehouseSetup(code=LYON, wms_url="https://a.example", wms_key="secret")
    two.warehouses.put(SHOP, one)
    two.warehouses.put(SHOP, one.model_copy(update={"wms_key": "", "name": "Lyon"}))
    assert two.warehouses.one(SHOP, LYON).wms_key == "secret"
    moved = one.model_copy(update={"wms_key": "", "wms_url": "https://b.example"})
    two.warehouses.put(SHOP, moved)
    assert two.warehouses.one(SHOP, LYON).wms_key == ""
    assert [one.code for one in two.warehouses.all_of(SHOP)] == [LYON, MAIN]


def test_a_shop_has_as_many_warehouses_as_routing_can_look_through(database: Database) -> None:
    two = Two(database, main=0, lyon=0)
    for number in range(MOST_WAREHOUSES - 2):
        two.warehouses.put(SHOP, WarehouseSetup(code=f"w{number}"))
    with pytest.raises(TooManyWarehouses):
        two.warehouses.put(SHOP, WarehouseSetup(code="more"))
    two.warehouses.put(SHOP, WarehouseSetup(code=LYON, priority=3))


def test_main_alone_is_not_said(database: Database) -> None:
    two = Two(database, main=3, lyon=3)
    assert two.ask(two.trade.accept("1")) == Promised()
    lyon = (Source(warehouse=LYON, wants=(Want(sku=MUG, quantity=3),)),)
    assert two.ask(two.trade.accept("2"), mugs=3).sources == lyon
