"""What an order's workflow has asked for and been answered: its history, replayed.

Histories hold what was asked of vendors, and of our own books only the answers. So the workflow's
own code is run over its history once more, and says itself what it asked for and when.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

from temporalio import workflow
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client, WorkflowHistory
from temporalio.converter import DataConverter
from temporalio.worker import (
    Interceptor,
    Replayer,
    StartActivityInput,
    StartLocalActivityInput,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
    WorkflowOutboundInterceptor,
)

from activities.step import Request
from domain.journal import Transition
from domain.order import OrderInput
from runtime.temporal import workflow_runner
from workflows.one_payload import OnePayload
from workflows.order import OrderWorkflow


@dataclass
class Call:
    """One activity that an order asked for. ``answered`` is None while it is under way."""

    activity: str
    request: Request
    began: datetime
    local: bool
    answer_type: type | None
    attempt: int = 1
    answered: datetime | None = None
    answer: Any = None
    failed: bool = False


@dataclass(frozen=True)
class Heard:
    """A signal that an order was sent, as plain data, and when."""

    signal: str
    payload: dict[str, Any]
    at: datetime


@dataclass(frozen=True)
class Memory:
    """Everything that an order's newest run has asked for, in the sequence of the answers, and
    everything that it was told."""

    given: OrderInput
    calls: tuple[Call, ...]
    heard: tuple[Heard, ...]

    @property
    def transitions(self) -> tuple[Transition, ...]:
        """The changes of status that the run believes to be on record; words about refunds are
        none."""
        found: dict[int, Transition] = {}
        for call in self.calls:
            if call.answered is not None:
                then = () if call.request.then is None or call.failed else (call.request.then,)
                for one in (*call.request.journal.transitions, *then):
                    if one.refund is None:
                        found[one.number] = one
        return tuple(found[number] for number in sorted(found))


@dataclass
class _Recorder(Interceptor):
    """Notes every activity of the workflows that run under it."""

    calls: list[Call] = field(default_factory=list[Call])

    def workflow_interceptor_class(
        self, input: WorkflowInterceptorClassInput
    ) -> type[WorkflowInboundInterceptor]:
        calls = self.calls

        class Inbound(WorkflowInboundInterceptor):
            def init(self, outbound: WorkflowOutboundInterceptor) -> None:
                super().init(_Outbound(outbound, calls))

        return Inbound


class _Outbound(WorkflowOutboundInterceptor):
    def __init__(self, following: WorkflowOutboundInterceptor, calls: list[Call]) -> None:
        super().__init__(following)
        self._calls = calls

    def start_activity(self, input: StartActivityInput) -> workflow.ActivityHandle[Any]:
        handle = super().start_activity(input)
        return self._noted(input.activity, input.args, input.ret_type, handle, local=False)

    def start_local_activity(self, input: StartLocalActivityInput) -> workflow.ActivityHandle[Any]:
        handle = super().start_local_activity(input)
        return self._noted(input.activity, input.args, input.ret_type, handle, local=True)

    def _noted(
        self,
        activity: str,
        args: Sequence[Any],
        answer_type: type | None,
        handle: workflow.ActivityHandle[Any],
        *,
        local: bool,
    ) -> workflow.ActivityHandle[Any]:
        call = Call(activity, args[0], workflow.now(), local, answer_type)
        self._calls.append(call)

        def note(done: Any) -> None:
            if done.cancelled():  # the replay is over, and this is still under way
                return
            call.answered = workflow.now()
            call.failed = done.exception() is not None
            call.answer = None if call.failed else done.result()

        handle.add_done_callback(note)
        return handle


async def remember(client: Client, order_id: str) -> Memory:
    """An order's memory, of its newest run.

    Raises:
        RPCError: the engine does not know the order, or cannot be reached.
        NondeterminismError: today's code does not fit its history.
        KeyError, ValueError, RuntimeError: its payloads cannot be read.
    """
    history = await client.get_workflow_handle(order_id).fetch_history()
    config = client.config()
    converter = config["data_converter"]
    # Before the replay: one that cannot read would encrypt its failure, and draw a key for it.
    started = history.events[0].workflow_execution_started_event_attributes
    (given,) = await converter.decode(started.input.payloads, [OrderInput])
    recorder = _Recorder()
    replayer = Replayer(
        workflows=[OrderWorkflow],
        data_converter=converter,
        workflow_runner=workflow_runner(),
        interceptors=[OnePayload(), recorder],
    )
    await replayer.replay_workflow(history)
    await _unheard(converter, history, recorder.calls)
    answered = sorted((call for call in recorder.calls if call.answered is not None), key=_moment)
    open_calls = [call for call in recorder.calls if call.answered is None]
    return Memory(given, (*answered, *open_calls), await _heard(converter, history))


def _moment(call: Call) -> datetime:
    return call.answered or call.began


async def _unheard(
    converter: DataConverter, history: WorkflowHistory, calls: Sequence[Call]
) -> None:
    """Fill in from the events what the workflow could not tell: tries, and answers that came
    after its last task."""
    vendors = [call for call in calls if not call.local]
    scheduled = [
        event
        for event in history.events
        if event.HasField("activity_task_scheduled_event_attributes")
    ]
    tries: dict[int, int] = {}
    answers: dict[int, HistoryEvent] = {}
    for event in history.events:
        if event.HasField("activity_task_started_event_attributes"):
            begun = event.activity_task_started_event_attributes
            tries[begun.scheduled_event_id] = begun.attempt
        elif event.HasField("activity_task_completed_event_attributes"):
            done = event.activity_task_completed_event_attributes
            answers[done.scheduled_event_id] = event
    for call, event in zip(vendors, scheduled, strict=False):
        call.attempt = tries.get(event.event_id, 1)
        answer = answers.get(event.event_id)
        if call.answered is None and answer is not None:
            call.answered = answer.event_time.ToDatetime(UTC)
            payloads = answer.activity_task_completed_event_attributes.result.payloads
            types = None if call.answer_type is None else [call.answer_type]
            values = await converter.decode(payloads, types)
            call.answer = values[0] if values else None


async def _heard(converter: DataConverter, history: WorkflowHistory) -> tuple[Heard, ...]:
    found: list[Heard] = []
    for event in history.events:
        if event.HasField("workflow_execution_signaled_event_attributes"):
            signal = event.workflow_execution_signaled_event_attributes
            values: list[Any] = []
            with suppress(ValueError, TypeError, RuntimeError):  # what cannot be read is no message
                values = await converter.decode(signal.input.payloads)
            if len(values) == 1 and isinstance(values[0], dict):
                said = cast("dict[str, Any]", values[0])
                found.append(Heard(signal.signal_name, said, event.event_time.ToDatetime(UTC)))
    return tuple(found)
