"""Stock is conserved to the piece, however many buyers come at once."""

from collections import Counter
from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from backoffice.audits import Audits
from backoffice.backorders import BackorderBook
from backoffice.database import Database
from backoffice.ledger import post
from backoffice.refusals import BelowZero, NotOnRecord, OtherRequest, UnknownSku
from backoffice.stock import StockBook
from domain.backorder import Promised
from domain.record import Commit
from domain.status import OrderStatus
from domain.stock import Level, Shortage, StockEntry, StockKind, Want, Wanted
from tests.backoffice.samples import MUG, SHOP, TEA, Trade, at_once, journal, transition


def wanted(*pairs: tuple[str, int]) -> tuple[Want, ...]:
    return tuple(Want(sku=sku, quantity=quantity) for sku, quantity in pairs)


def test_two_hundred_buyers_of_ten_pieces_get_ten(database: Database) -> None:
    trade = Trade(database, stock=10)
    orders = [trade.accept(str(number)) for number in range(200)]
    one = wanted((MUG, 1))
    answers = at_once(
        [
            lambda name=name: trade.stock.reserve(SHOP, one, f"{name}:reserve:1", Commit(name))
            for name in orders
        ]
    )
    assert Counter(bool(one.shortages) for one in answers) == {False: 10, True: 190}
    assert trade.stock.level(SHOP, MUG) == Level(sku=MUG, on_hand=10, reserved=10)
    assert Audits(database).audit(SHOP) == ()


def test_a_try_that_comes_after_its_order_has_ended_reserves_nothing(trade: Trade) -> None:
    """A worker that was held up for hours: the goods would be promised to nobody, for ever."""
    name, key = trade.accept(), "late"
    ended = Commit(name, journal=journal(transition(2, OrderStatus.OUT_OF_STOCK)))
    assert trade.stock.reserve(SHOP, wanted((MUG, 1)), "early", ended) == Promised()
    late = trade.stock.reserve(SHOP, wanted((MUG, 1)), key, Commit(name))
    assert late.shortages == (Shortage(sku=MUG, wanted=1, available=0),)
    part = BackorderBook(trade.database).reserve_what_is_there(
        SHOP,
        (Wanted(line="1", sku=MUG, quantity=1),),
        (f"{key}:1", f"{key}:2"),
        Commit(name),
        None,
        whole_lines=False,
    )
    assert (part.there, part.sources) == ((), ())
    assert trade.reserved(MUG) == 1
    again = trade.stock.reserve(SHOP, wanted((MUG, 1)), "early", Commit(name))
    assert again == Promised(), "what it was answered before stands"


def test_orders_of_the_same_goods_in_opposite_order_never_block_each_other(trade: Trade) -> None:
    orders = [trade.accept(str(number)) for number in range(40)]
    there, back = wanted((MUG, 1), (TEA, 1)), wanted((TEA, 1), (MUG, 1))
    answers = at_once(
        [
            lambda name=name, place=place: trade.stock.reserve(
                SHOP, there if place % 2 else back, f"{name}:reserve:1", Commit(name)
            )
            for place, name in enumerate(orders)
        ]
    )
    assert all(one == Promised() for one in answers)
    assert (trade.reserved(MUG), trade.reserved(TEA)) == (40, 40)


def test_with_a_shortage_nothing_is_reserved_and_nothing_is_written(trade: Trade) -> None:
    name = trade.accept()
    commit = Commit(name, journal=journal(transition(1)))
    shortages = trade.stock.reserve(SHOP, wanted((MUG, 1), (TEA, 101)), "k", commit).shortages
    assert shortages == (Shortage(sku=TEA, wanted=101, available=100),)
    assert (trade.reserved(MUG), trade.reserved(TEA)) == (0, 0)
    with trade.database.transaction() as connection:
        assert connection.execute(text("SELECT count(*) FROM transitions")).scalar_one() == 0


def test_lines_of_one_sku_are_added_up_before_they_are_promised(trade: Trade) -> None:
    name = trade.accept()
    shortages = trade.stock.reserve(SHOP, wanted((MUG, 60), (MUG, 60)), "k", Commit(name)).shortages
    assert shortages == (Shortage(sku=MUG, wanted=120, available=100),)


def test_a_sku_that_the_shop_does_not_sell_is_short(trade: Trade) -> None:
    shortages = trade.stock.reserve(
        SHOP, wanted(("NONE", 1)), "k", Commit(trade.accept())
    ).shortages
    assert shortages == (Shortage(sku="NONE", wanted=1, available=0),)


def test_a_reservation_is_made_once_per_key_and_its_commit_written(trade: Trade) -> None:
    name = trade.accept()
    commit = Commit(name, journal=journal(transition(1)))
    at_once([lambda: trade.stock.reserve(SHOP, wanted((MUG, 3)), "k", commit)] * 12)
    assert trade.reserved() == 3
    with trade.database.transaction() as connection:
        status = connection.execute(text("SELECT status FROM orders")).scalar_one()
    assert status == OrderStatus.RESERVED


def test_a_reservation_made_before_is_no_shortage_when_the_shelf_is_empty_since(
    trade: Trade,
) -> None:
    name = trade.accept()
    for _ in range(2):
        assert trade.stock.reserve(SHOP, wanted((MUG, 100)), "k", Commit(name)) == Promised()
    assert trade.reserved() == 100


def test_a_release_lets_go_of_everything_once(trade: Trade) -> None:
    name, other = trade.accept("1"), trade.accept("2")
    trade.reserve(name)
    trade.reserve(other)
    at_once([lambda: trade.stock.release(SHOP, "release", Commit(name))] * 12)
    assert (trade.reserved(MUG), trade.reserved(TEA)) == (2, 1)
    assert Audits(trade.database).audit(SHOP) == ()


def test_what_was_reserved_again_can_be_released_again_under_the_same_key(trade: Trade) -> None:
    name = trade.accept()
    for sequence in (1, 2):
        trade.stock.reserve(SHOP, wanted((MUG, 2)), f"reserve:{sequence}", Commit(name))
        trade.stock.release(SHOP, "release", Commit(name))
    assert trade.reserved() == 0


def test_a_release_before_any_reservation_changes_nothing(trade: Trade) -> None:
    trade.stock.release(SHOP, "release", Commit(trade.accept()))
    assert (trade.on_hand(), trade.reserved()) == (100, 0)


def test_reserving_and_releasing_at_once_never_goes_below_zero(trade: Trade) -> None:
    names = [trade.accept(str(number)) for number in range(12)]
    one = wanted((MUG, 10))
    calls = [
        call
        for name in names
        for call in (
            lambda name=name: trade.stock.reserve(SHOP, one, f"{name}:reserve", Commit(name)),
            lambda name=name: trade.stock.release(SHOP, f"{name}:release", Commit(name)),
        )
    ]
    at_once(calls)
    assert 0 <= trade.reserved() <= 100
    for name in names:
        trade.stock.release(SHOP, f"{name}:release:2", Commit(name))
    assert trade.reserved() == 0
    assert Audits(trade.database).audit(SHOP) == ()


def test_an_order_that_is_not_on_record_gets_nothing(trade: Trade) -> None:
    with pytest.raises(NotOnRecord):
        trade.stock.reserve(SHOP, wanted((MUG, 1)), "k", Commit("ord_none"))
    assert trade.reserved() == 0


def test_a_receipt_counts_once_per_key(trade: Trade) -> None:
    at_once([lambda: trade.stock.receive(SHOP, MUG, 5, "delivery 7")] * 10)
    assert trade.on_hand() == 105
    with pytest.raises(OtherRequest):
        trade.stock.receive(SHOP, TEA, 5, "delivery 7")
    assert trade.on_hand(TEA) == 100
    with pytest.raises(UnknownSku):
        trade.stock.receive(SHOP, "NONE", 5, "delivery 8")
    with pytest.raises(ValueError, match="receipt of 0"):
        trade.stock.receive(SHOP, MUG, 0, "delivery 8")


def test_an_adjustment_never_leaves_less_than_nothing(trade: Trade) -> None:
    assert trade.stock.adjust(SHOP, MUG, -99, "broken", "fell").on_hand == 1
    assert trade.stock.adjust(SHOP, MUG, -99, "broken", "fell").on_hand == 1
    with pytest.raises(BelowZero):
        trade.stock.adjust(SHOP, MUG, -2, "again")
    assert trade.on_hand() == 1


def test_a_count_sets_what_is_on_hand_for_all_or_none(trade: Trade) -> None:
    with pytest.raises(UnknownSku):
        trade.stock.count(SHOP, {MUG: 7, "NONE": 1}, "march")
    assert trade.on_hand(MUG) == 100
    trade.stock.count(SHOP, {MUG: 7, TEA: 100}, "march", "stocktaking")
    with pytest.raises(OtherRequest):
        trade.stock.count(SHOP, {MUG: 8, TEA: 100}, "march")
    assert (trade.on_hand(MUG), trade.on_hand(TEA)) == (7, 100)
    newest = trade.stock.entries(SHOP, MUG)[0]
    assert (newest.kind, newest.on_hand, newest.note) == (
        StockKind.ADJUSTMENT,
        -93,
        "stocktaking",
    )


def test_a_count_that_is_sent_again_brings_nothing_back_that_was_sold(trade: Trade) -> None:
    trade.stock.count(SHOP, {MUG: 100}, "march")
    trade.stock.adjust(SHOP, MUG, -40, "sold over the counter")
    trade.stock.count(SHOP, {MUG: 100}, "march")
    assert trade.on_hand() == 60


def test_a_request_that_could_not_be_booked_leaves_its_key_free(trade: Trade) -> None:
    with pytest.raises(BelowZero):
        trade.stock.adjust(SHOP, MUG, -101, "broken")
    assert trade.stock.adjust(SHOP, MUG, -1, "broken").on_hand == 99


def test_levels_are_one_shops_own(trade: Trade) -> None:
    other = Trade(trade.database, "other", stock=3)
    assert [level.on_hand for level in other.stock.levels("other")] == [3, 3]
    assert [level.sku for level in trade.stock.levels(SHOP)] == [MUG, TEA]
    with pytest.raises(UnknownSku):
        trade.stock.level(SHOP, "NONE")


def test_a_closing_changes_no_level(trade: Trade, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backoffice.ledger.CLOSE_AFTER", 10)
    for number in range(35):
        trade.stock.receive(SHOP, MUG, 1, f"delivery {number}")
    name = trade.accept()
    trade.reserve(name, mugs=5)
    with trade.database.transaction() as connection:
        closed = connection.execute(text("SELECT on_hand FROM stock_closings")).scalar_one()
    assert closed > 100
    assert trade.stock.level(SHOP, MUG) == Level(sku=MUG, on_hand=135, reserved=5)
    assert Audits(trade.database).audit(SHOP) == ()


def test_closings_hold_while_a_crowd_writes(trade: Trade, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backoffice.ledger.CLOSE_AFTER", 3)
    at_once([lambda n=n: trade.stock.receive(SHOP, MUG, 1, f"d{n}") for n in range(60)])
    assert trade.on_hand() == 160
    assert Audits(trade.database).audit(SHOP) == ()


@pytest.mark.parametrize(
    ("kind", "on_hand", "reserved"),
    [
        (StockKind.RECEIPT, -1, 0),
        (StockKind.RESERVATION, 0, -1),
        (StockKind.RELEASE, 0, 1),
        (StockKind.ISSUE, -1, 0),
        (StockKind.PUT_AWAY, -1, 0),
    ],
)
def test_the_database_refuses_an_entry_whose_signs_do_not_fit_its_kind(
    trade: Trade, kind: StockKind, on_hand: int, reserved: int
) -> None:
    entry = StockEntry(
        key="odd",
        sku=MUG,
        kind=kind,
        on_hand=on_hand,
        reserved=reserved,
        order=trade.accept(),
        shipment="s1",
        at=datetime.now(UTC),
    )
    with pytest.raises(IntegrityError), trade.database.transaction() as connection:
        post(connection, SHOP, [entry])


def test_an_audit_names_the_level_that_does_not_add_up(trade: Trade) -> None:
    with trade.database.transaction() as connection:
        connection.execute(
            text(
                "INSERT INTO stock_closings (shop, sku, up_to, on_hand, reserved) "
                "SELECT shop, sku, max(id), 7, 0 FROM stock_entries "
                "WHERE sku = :sku GROUP BY shop, sku"
            ),
            {"sku": MUG},
        )
    differences = Audits(trade.database).audit(SHOP)
    assert [one.subject for one in differences] == [MUG]
    assert "7 on hand" in differences[0].words
    assert "100" in differences[0].words


def test_an_audit_names_a_reservation_below_zero(trade: Trade) -> None:
    name = trade.accept()
    with trade.database.transaction() as connection:
        connection.execute(
            text(
                "INSERT INTO stock_entries "
                "(shop, key, sku, kind, on_hand, reserved, order_id, at, note) "
                "VALUES (:shop, 'x', :sku, 'release', 0, -1, :name, now(), '')"
            ),
            {"shop": SHOP, "sku": MUG, "name": name},
        )
    assert {one.subject for one in Audits(trade.database).audit(SHOP)} == {MUG, name}


def test_stock_that_nobody_ever_booked_is_none(database: Database) -> None:
    Trade(database, stock=0)
    assert StockBook(database).level(SHOP, MUG) == Level(sku=MUG)
