"""An update that cannot be done is refused with words, is not in the history, and fails nothing."""

from typing import Any

import pytest
from temporalio.client import WorkflowUpdateFailedError

from sandbox.judge import Ending
from tests.amending import LESS, amendment, mugs, no_mugs
from tests.world import Json, World

_WHO: Json = {"who": "Ana, support", "why": "a test"}
_ELSEWHERE: Json = {
    "name": "Erika Muster",
    "line1": "Neue Straße 2",
    "city": "Berlin",
    "postal_code": "10115",
    "country": "DE",
}
_CARD: Json = {"terms": "authorize", "payment_method": "pm_card_visa", "customer": "cus_1"}

_SUM: Json = _WHO | {"key": "k1", "kind": "goodwill"}
_FIVE: Json = {"amount": {"amount": 500, "currency": "EUR"}}

_LATE: list[tuple[str, Json, str]] = [
    ("request_cancel", _WHO, "cannot be cancelled"),
    ("change_address", _WHO | {"address": _ELSEWHERE}, "The courier has the parcel"),
    ("amend", LESS, "Picking has begun"),
    ("pay_otherwise", {"method": _CARD}, "waits for no payment"),
    ("answer_case", _WHO | {"case": "none-1", "answer": "close"}, "has no case none-1"),
    ("refund", _SUM | {"amount": {"amount": 4271, "currency": "EUR"}}, "only 42.70 EUR of what"),
    ("refund", _SUM | _FIVE | {"key": "on no\x00record"}, "Failed decoding"),
]
_NONSENSE: list[tuple[str, Json]] = [
    ("request_cancel", {}),
    ("change_address", _WHO | {"address": _ELSEWHERE | {"country": "Atlantis"}}),
    ("change_address", _WHO),
    ("amend", _WHO),
    ("amend", LESS | {"version": 1}),
    ("amend", amendment([mugs(0)], [0])),
    ("amend", amendment([no_mugs()], [])),
    ("amend", amendment([{"remove": "9"}], [2 * 1890])),
    ("amend", amendment([mugs(3)], [2 * 1890])),
    ("pay_otherwise", {"method": "gold"}),
    ("answer_case", _WHO | {"case": "none-1", "answer": "perhaps"}),
    ("refund", _SUM),
    ("refund", _SUM | {"amount": {"amount": 0, "currency": "EUR"}}),
]


async def refusal(world: World, order: str, update: str, message: Json) -> str:
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await world.handle(order).execute_update(  # pyright: ignore[reportUnknownMemberType] # the SDK's overloads
            update, message
        )
    return str(refused.value.cause)


async def updates_in_history(world: World, order: str) -> list[Any]:
    history = await world.handle(order).fetch_history()
    taken = [one.workflow_execution_update_accepted_event_attributes for one in history.events]
    return [one.accepted_request.input.name for one in taken if one.accepted_request.input.name]


async def test_what_comes_too_late_is_refused_with_words(world: World) -> None:
    order = await world.place()
    await world.carry(order, "shipped")
    for update, message, words in _LATE:
        assert words in await refusal(world, order, update, message)
    assert await updates_in_history(world, order) == []
    await world.carry(order)
    await world.judged(order, Ending.COMPLETED)


async def test_what_makes_no_sense_is_refused_and_the_order_goes_on(world: World) -> None:
    order = await world.place()
    await world.carry(order, "in_fulfilment")
    for update, message in _NONSENSE:
        assert await refusal(world, order, update, message)
    assert await updates_in_history(world, order) == []
    await world.carry(order)
    await world.judged(order, Ending.COMPLETED)


async def test_a_decision_that_was_taken_is_not_taken_again(world: World) -> None:
    order = await world.place()
    await world.carry(order, "in_fulfilment")
    await world.handle(order).signal("picked", "not a pick")
    case = await world.until_case(order, "message_refused")
    assert (await world.answer(case, "close")).is_success
    again = _WHO | {"case": case["id"], "answer": "close"}
    assert "was answered close by Ana, support" in await refusal(world, order, "answer_case", again)
    assert await updates_in_history(world, order) == ["answer_case"]
    await world.carry(order)
    await world.judged(order, Ending.COMPLETED)
