"""Courier events in any order, double and late, make of a parcel what couriers mean."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from backoffice.records import RecordBook
from backoffice.tracking import TrackingBook
from domain.record import Commit
from domain.status import OrderStatus
from domain.tracking import CourierEvent, CourierStatus
from tests.backoffice.samples import NOW, SHOP, Trade, at_once, journal, label, transition

TRANSIT, DELIVERED = CourierStatus.TRANSIT, CourierStatus.DELIVERED
PRE_TRANSIT, UNKNOWN = CourierStatus.PRE_TRANSIT, CourierStatus.UNKNOWN


@pytest.fixture
def book(trade: Trade) -> TrackingBook:
    return TrackingBook(trade.database)


def labelled(trade: Trade, number: str = "1001", status: OrderStatus = OrderStatus.RELEASED) -> str:
    """An order with a label, on its way; its id."""
    name = trade.accept(number)
    commit = Commit(name, journal=journal(transition(1, status)), labels=(label(name),))
    RecordBook(trade.database).commit(commit)
    return name


def event(name: str, status: CourierStatus, number: str = "") -> CourierEvent:
    return CourierEvent(
        id=f"{name}-{number or status.value}",
        tracking_number=label(name).tracking_number,
        status=status,
        at=NOW,
    )


def test_an_event_moves_its_parcel_on_and_says_from_where(trade: Trade, book: TrackingBook) -> None:
    name = labelled(trade)
    known = book.record(event(name, TRANSIT))
    assert known is not None
    assert (known.order_id, known.shop, known.shipment) == (name, SHOP, f"{name}-s1")
    assert (known.new, known.moved) == (True, True)
    assert (known.status_before, known.status) == (UNKNOWN, TRANSIT)


def test_an_event_that_comes_fifty_times_at_once_is_new_once(
    trade: Trade, book: TrackingBook
) -> None:
    name = labelled(trade)
    answers = at_once([lambda: book.record(event(name, TRANSIT))] * 50)
    assert sum(1 for known in answers if known and known.new) == 1
    assert sum(1 for known in answers if known and known.moved) == 1


def test_events_that_come_late_change_nothing(trade: Trade, book: TrackingBook) -> None:
    name = labelled(trade)
    book.record(event(name, DELIVERED))
    for status in (TRANSIT, PRE_TRANSIT, CourierStatus.RETURNED):
        known = book.record(event(name, status))
        assert known is not None
        assert (known.new, known.moved, known.status) == (True, False, DELIVERED)


@given(st.permutations([PRE_TRANSIT, TRANSIT, CourierStatus.FAILURE, DELIVERED]))
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_in_whatever_order_events_come_the_parcel_is_delivered(
    trade: Trade, order_of_arrival: list[CourierStatus]
) -> None:
    book = TrackingBook(trade.database)
    name = labelled(trade, "-".join(status.value for status in order_of_arrival))
    statuses = [book.record(event(name, status)) for status in order_of_arrival]
    last = statuses[-1]
    assert last is not None
    assert last.status is DELIVERED


def test_events_that_come_at_once_never_set_a_parcel_back(trade: Trade, book: TrackingBook) -> None:
    names = [labelled(trade, str(number)) for number in range(25)]
    told = [event(name, status) for name in names for status in (DELIVERED, TRANSIT, PRE_TRANSIT)]
    at_once([lambda one=one: book.record(one) for one in told])
    ends = [book.record(event(name, UNKNOWN)) for name in names]
    assert {known.status for known in ends if known} == {DELIVERED}


def test_a_tracking_number_that_is_not_ours_is_not_known(trade: Trade, book: TrackingBook) -> None:
    labelled(trade)
    assert book.record(event("ord_none", TRANSIT)) is None


def test_a_parcel_that_was_silent_is_asked_about_by_one_process(
    trade: Trade, book: TrackingBook
) -> None:
    names = {labelled(trade, str(number)) for number in range(6)}
    with trade.database.transaction() as connection:
        connection.execute(text("UPDATE labels SET bought_at = bought_at - interval '1 hour'"))
    batches = at_once([lambda: book.to_poll(2, timedelta(minutes=1))] * 3)
    asked = [parcel.order_id for batch in batches for parcel in batch]
    assert sorted(asked) == sorted(names)
    assert book.to_poll(10, timedelta(minutes=1)) == ()


def test_what_is_asked_about_names_the_parcel_and_its_carrier(
    trade: Trade, book: TrackingBook
) -> None:
    name = labelled(trade)
    (parcel,) = book.to_poll(1, timedelta(0))
    bought = label(name)
    assert (parcel.carrier, parcel.tracking_number) == ("dhl", bought.tracking_number)
    assert (parcel.parcel, parcel.label, parcel.transaction) == (
        bought.parcel,
        bought.id,
        bought.transaction,
    )


def test_nobody_is_asked_about_parcels_that_do_not_move(trade: Trade, book: TrackingBook) -> None:
    labelled(trade, "waiting", OrderStatus.READY_TO_PACK)
    labelled(trade, "over", OrderStatus.CANCELLED)
    voided = labelled(trade, "voided")
    RecordBook(trade.database).commit(Commit(voided, voided=(label(voided).id,)))
    there = labelled(trade, "there")
    book.record(event(there, DELIVERED))
    assert book.to_poll(10, timedelta(0)) == ()


def test_a_parcel_that_was_asked_about_waits_its_turn(trade: Trade, book: TrackingBook) -> None:
    name = labelled(trade)
    book.polled(label(name).tracking_number)
    assert book.to_poll(10, timedelta(minutes=1)) == ()
    assert len(book.to_poll(10, timedelta(0))) == 1
