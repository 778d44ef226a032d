"""Courier events in any order: the state machine never goes back."""

from itertools import product

import pytest

from domain.tracking import CourierStatus, advance

STATUSES = list(CourierStatus)


@pytest.mark.parametrize("length", [1, 2, 3, 4])
def test_no_sequence_ever_goes_back_or_leaves_an_end(length: int) -> None:
    for events in product(STATUSES, repeat=length):
        now = CourierStatus.UNKNOWN
        for event in events:
            then = advance(now, event)
            assert not now.final or then is now
            assert not now.in_couriers_hands or then.in_couriers_hands
            assert advance(then, event) is then
            now = then
        if CourierStatus.DELIVERED in events and CourierStatus.RETURNED not in events:
            assert now is CourierStatus.DELIVERED


def test_a_label_alone_is_no_hand_over() -> None:
    assert not CourierStatus.PRE_TRANSIT.in_couriers_hands
    assert CourierStatus.TRANSIT.in_couriers_hands


def test_a_failed_attempt_may_still_be_delivered() -> None:
    assert advance(CourierStatus.FAILURE, CourierStatus.DELIVERED) is CourierStatus.DELIVERED
