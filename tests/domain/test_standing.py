"""What the engine says about an order, compared with what is on record."""

import pytest

from domain.cases import CaseKind
from domain.standing import ENGINE_KINDS, Run, Standing, troubles
from domain.status import OrderStatus

OPEN = OrderStatus.IN_FULFILMENT


def kinds(standing: Standing, status: OrderStatus = OPEN, *, asked: bool = False) -> list[CaseKind]:
    return [one.kind for one in troubles(standing, status, status.ended, asked)]


@pytest.mark.parametrize("run", [one for one in Run if one not in (Run.OPEN, Run.UNKNOWN)])
def test_a_closed_run_of_an_order_that_is_open_on_record_is_a_trouble(run: Run) -> None:
    assert kinds(Standing(run, "r")) == [CaseKind.DEAD]
    assert kinds(Standing(run, "r"), asked=True) == [CaseKind.DEAD]
    assert kinds(Standing(run, "r"), OrderStatus.COMPLETED) == []


def test_an_unknown_order_is_a_trouble_until_it_has_ended() -> None:
    assert kinds(Standing(Run.UNKNOWN)) == [CaseKind.LOST]
    assert kinds(Standing(Run.UNKNOWN), OrderStatus.CANCELLED) == []


def test_only_what_is_under_way_a_timer_or_a_person_moves_an_order_on() -> None:
    idle = Standing(Run.OPEN, "r", length=40)
    assert kinds(idle) == [CaseKind.IDLE]
    assert kinds(idle, asked=True) == []
    assert kinds(Standing(Run.OPEN, "r", busy=True)) == []


@pytest.mark.parametrize(("tries", "expected"), [(2, []), (3, [CaseKind.WEDGED])])
def test_a_task_that_fails_again_and_again_is_a_trouble(
    tries: int, expected: list[CaseKind]
) -> None:
    assert kinds(Standing(Run.OPEN, "r", tries=tries, busy=True)) == expected


def test_a_reset_is_named_even_after_the_end() -> None:
    second = Standing(Run.OPEN, "r", busy=True, was_reset=True)
    assert kinds(second) == [CaseKind.RESET]
    assert kinds(second, OrderStatus.COMPLETED) == [CaseKind.RESET]


def test_every_kind_that_a_look_can_find_is_known_as_such() -> None:
    found = {
        *kinds(Standing(Run.UNKNOWN)),
        *kinds(Standing(Run.FAILED)),
        *kinds(Standing(Run.OPEN)),
        *kinds(Standing(Run.OPEN, tries=9, was_reset=True)),
    }
    assert found == set(ENGINE_KINDS)
