"""Today's code replays what yesterday's code wrote."""

import json
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner, WorkflowRunner
from temporalio.workflow import NondeterminismError

from runtime.temporal import DATA_CONVERTER, proving_runner
from tests.replay.record import HISTORIES, STORIES
from workflows import fulfilment
from workflows.one_payload import OnePayload
from workflows.order import OrderWorkflow


def replayer(runner: WorkflowRunner | None = None) -> Replayer:
    return Replayer(
        workflows=[OrderWorkflow],
        data_converter=DATA_CONVERTER,
        workflow_runner=runner or proving_runner(),
        interceptors=[OnePayload()],
    )


def history(name: str) -> WorkflowHistory:
    path = HISTORIES / f"{name}.json"
    events = json.loads(path.read_text())["events"]
    started = events[0]["workflowExecutionStartedEventAttributes"]
    return WorkflowHistory.from_json(started["workflowId"], path.read_text())


@pytest.mark.parametrize("name", sorted(STORIES))
async def test_a_recorded_history_replays(name: str) -> None:
    await replayer().replay_workflow(history(name))


EARLIER = {path.stem: f"earlier/{path.stem}" for path in (HISTORIES / "earlier").glob("*.json")}
"""What builds wrote that decided otherwise; today's code never writes it again."""


@pytest.mark.parametrize("name", sorted(EARLIER))
async def test_a_history_of_a_build_that_decided_otherwise_replays(name: str) -> None:
    await replayer().replay_workflow(history(EARLIER[name]))


def test_every_story_has_a_history_and_every_history_a_story() -> None:
    recorded = {Path(path).stem for path in HISTORIES.glob("*.json")}
    assert recorded == set(STORIES)


async def test_two_steps_in_another_order_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = fulfilment.hand_to_warehouse, fulfilment.until_picked
    monkeypatch.setattr(fulfilment, "hand_to_warehouse", second)
    monkeypatch.setattr(fulfilment, "until_picked", first)
    with pytest.raises(NondeterminismError):
        await replayer(UnsandboxedWorkflowRunner()).replay_workflow(history("completed"))


async def test_the_way_of_proving_it_replays_the_code_as_it_is() -> None:
    await replayer(UnsandboxedWorkflowRunner()).replay_workflow(history("completed"))
