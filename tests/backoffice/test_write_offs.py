"""Pieces that were promised and are not there leave the books once, and are promised to nobody."""

import pytest

from backoffice.audits import Audits
from backoffice.database import Database
from backoffice.refusals import UnknownSku
from domain.backorder import Promised
from domain.record import Commit
from domain.stock import Lost, RestockNeed, StockEntry, StockKind, Want
from tests.backoffice.samples import MUG, NOW, SHOP, TEA, Trade, at_once


@pytest.fixture
def trade(database: Database) -> Trade:
    return Trade(database)


def lost(name: str, missing: int, put_back: int = 0) -> Lost:
    def mugs(count: int) -> tuple[Want, ...]:
        return (Want(sku=MUG, quantity=count),) if count else ()

    return Lost(
        shipment=f"{name}-s1", missing=mugs(missing), put_back=mugs(put_back), note="broken"
    )


def write_off(trade: Trade, name: str, *counts: int, key: str = "off") -> tuple[RestockNeed, ...]:
    return trade.stock.write_off(SHOP, lost(name, *counts), key, Commit(name)).restock


def levels(trade: Trade) -> tuple[int, int]:
    level = trade.stock.level(SHOP, MUG)
    return level.on_hand, level.reserved


def promised(trade: Trade, count: int = 4, number: str = "1") -> str:
    name = trade.accept(number)
    trade.reserve(name, mugs=count)
    return name


def test_what_is_missing_leaves_the_books_with_its_promise_once(trade: Trade) -> None:
    name = promised(trade)
    at_once([lambda: write_off(trade, name, 3)] * 12)
    assert levels(trade) == (97, 1)
    [entry] = [one for one in trade.stock.entries(SHOP, MUG) if one.kind is StockKind.WRITE_OFF]
    assert (entry.order, entry.shipment, entry.note) == (name, f"{name}-s1", "broken")
    trade.release(name)
    assert levels(trade) == (97, 0)
    assert Audits(trade.database).audit(SHOP) == ()


def test_what_is_put_back_can_be_sold_to_others_and_what_ships_stays_promised(
    trade: Trade,
) -> None:
    name = promised(trade, 4)
    for _ in range(3):
        write_off(trade, name, 1, 2)
    assert levels(trade) == (99, 1)
    assert trade.reserved(TEA) == 1
    assert Audits(trade.database).audit(SHOP) == ()


def test_the_next_buyer_is_not_promised_what_is_missing(trade: Trade) -> None:
    name = promised(trade, 100)
    write_off(trade, name, 100)
    wants = (Want(sku=MUG, quantity=1),)
    [shortage] = trade.stock.reserve(SHOP, wants, "next", Commit(trade.accept("2"))).shortages
    assert shortage.available == 0
    trade.stock.count(SHOP, {MUG: 5}, "found")
    assert trade.stock.reserve(SHOP, wants, "next", Commit(trade.accept("3"))) == Promised()


def test_what_a_count_has_found_missing_is_not_taken_off_twice(trade: Trade) -> None:
    name, other = promised(trade, 60), promised(trade, 40, "2")
    trade.stock.count(SHOP, {MUG: 98}, "stocktaking")
    for _ in range(3):
        write_off(trade, name, 3)
    assert levels(trade) == (97, 97)
    write_off(trade, other, 1, key="other")
    assert levels(trade) == (96, 96)
    assert Audits(trade.database).audit(SHOP) == ()


def test_a_write_off_that_a_count_has_foreseen_wholly_happens_once_too(trade: Trade) -> None:
    name = promised(trade, 100)
    trade.stock.count(SHOP, {MUG: 98}, "stocktaking")
    for _ in range(3):
        write_off(trade, name, 2)
    assert levels(trade) == (98, 98)


def test_no_more_is_taken_than_is_promised_to_the_order(trade: Trade) -> None:
    name = promised(trade, 2)
    write_off(trade, name, 5)
    assert levels(trade) == (98, 0)


def test_a_reorder_point_that_is_crossed_is_told_whenever_it_is_asked_for(trade: Trade) -> None:
    name = promised(trade, 97)
    [need] = write_off(trade, name, 97)
    assert (need.sku, need.on_hand) == (MUG, 3)
    assert write_off(trade, name, 97) == (need,)


def test_a_commit_that_fails_takes_nothing_off(trade: Trade) -> None:
    name = promised(trade)
    odd = StockEntry(key="x", sku="NONE", kind=StockKind.RECEIPT, on_hand=1, at=NOW)
    with pytest.raises(UnknownSku):
        trade.stock.write_off(SHOP, lost(name, 3), "off", Commit(name, stock=(odd,)))
    assert levels(trade) == (100, 4)
