"""Courier events in any order: the state machine never goes back."""

import pytest

from domain.tracking import CourierStatus, advance

STATUSES = list(CourierStatus)


@pytest.mark.parametrize("first", STATUSES)
def test_no_sequence_of_six_ever_goes_back_or_ends_wrong(first: CourierStatus) -> None:
    """Every sequence that begins with one of them: 11 to the power of 6 in all."""
    _follow(CourierStatus.UNKNOWN, first, (), 6)


def _follow(
    before: CourierStatus, event: CourierStatus, earlier: tuple[CourierStatus, ...], left: int
) -> None:
    now, seen = advance(before, event), (*earlier, event)
    assert advance(now, event) is now
    assert now is before or not before.final
    assert now.in_couriers_hands or not before.in_couriers_hands
    assert STATUSES.index(now) >= STATUSES.index(before)
    ends = [one for one in seen if one.final]
    furthest = max(seen, key=STATUSES.index)
    assert now is (ends[0] if ends else furthest)
    if left > 1:
        for following in STATUSES:
            _follow(now, following, seen, left - 1)


def test_a_label_alone_is_no_hand_over() -> None:
    assert not CourierStatus.PRE_TRANSIT.in_couriers_hands
    assert CourierStatus.TRANSIT.in_couriers_hands


def test_a_failed_attempt_may_still_be_delivered() -> None:
    assert advance(CourierStatus.FAILURE, CourierStatus.DELIVERED) is CourierStatus.DELIVERED


def test_what_is_lost_or_damaged_may_still_be_delivered_and_what_comes_back_never_is() -> None:
    for found in (CourierStatus.LOST, CourierStatus.DAMAGED):
        assert advance(found, CourierStatus.DELIVERED) is CourierStatus.DELIVERED
    assert advance(CourierStatus.RETURNED, CourierStatus.DELIVERED) is CourierStatus.RETURNED
