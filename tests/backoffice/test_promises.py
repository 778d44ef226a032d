"""What customers were told about when they get it: written once, whoever writes it how often."""

from datetime import timedelta

from backoffice.callbacks import CallbackBook
from backoffice.facts import StepFacts
from backoffice.intake import IntakeBook
from backoffice.records import RecordBook
from backoffice.search import OrderSearch
from backoffice.views import OrderView
from domain.journal import Journal
from domain.promise import NewPromise, PromiseReason
from domain.record import Commit
from domain.status import OrderStatus
from tests.backoffice.samples import NOW, SHOP, Trade, fact, transition

DAY = timedelta(days=1)


def page(trade: Trade, name: str) -> OrderView:
    found = OrderSearch(trade.database).order(SHOP, name)
    assert found is not None
    return found


def test_goods_move_the_promise_and_a_courier_does_not(trade: Trade) -> None:
    name = trade.accept()
    first = page(trade, name).promised_by
    assert first is not None
    goods = NewPromise(number=1, by=first + DAY, reason=PromiseReason.GOODS, at=NOW)
    courier = NewPromise(number=2, by=first + 3 * DAY, reason=PromiseReason.COURIER, at=NOW)
    entries = Journal(transitions=(transition(1),), promises=(goods, courier))
    for _ in range(2):
        RecordBook(trade.database).commit(Commit(name, entries))
    found = page(trade, name)
    assert found.promised_by == goods.by
    assert found.promises == (goods, courier)
    assert RecordBook(trade.database).order(name).promised_by == goods.by
    assert IntakeBook(trade.database).given(name).promised_by == goods.by
    (told,) = CallbackBook(trade.database).events(SHOP)
    assert told.payload["promised_by"] == goods.by.isoformat()


def test_a_shipment_that_waits_has_a_promise_of_its_own(trade: Trade) -> None:
    name = trade.accept()
    first = page(trade, name).promised_by
    assert first is not None
    rest = f"{name}-s2"
    own = NewPromise(number=1, shipment=rest, by=first + DAY, reason=PromiseReason.GOODS, at=NOW)
    parts = [
        transition(n, OrderStatus.RESERVED, shipment=f"{name}-s{n}", order=OrderStatus.RESERVED)
        for n in (1, 2)
    ]
    RecordBook(trade.database).commit(
        Commit(name, Journal(transitions=tuple(parts), promises=(own,)))
    )
    assert page(trade, name).promised_by == first
    told = [one.payload["promised_by"] for one in CallbackBook(trade.database).events(SHOP)]
    assert told == [first.isoformat(), own.by.isoformat()]


def test_whether_it_came_late_is_known_at_the_door(trade: Trade) -> None:
    name = trade.accept()
    assert page(trade, name).delivered_late is None
    for number, late in ((1, False), (2, True)):
        kept = fact(f"{name}-s{number}:delivered", operation="delivered", late=late)
        RecordBook(trade.database).commit(Commit(name, Journal(facts=(kept,))))
        assert page(trade, name).delivered_late is late
    assert StepFacts(trade.database).summary(SHOP, NOW - DAY)[0].done == 2
