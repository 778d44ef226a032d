"""What a workflow's history says about its commands and the size of their payloads."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import mean

from temporalio.api.common.v1 import Payloads
from temporalio.api.history.v1 import HistoryEvent

LOCAL_ACTIVITY = "local activity"


def commands(events: Iterable[HistoryEvent]) -> Counter[str]:
    """What was asked of the engine: start, activities, timers, upserts, markers, signals."""
    counted: Counter[str] = Counter()
    for event in events:
        match event.WhichOneof("attributes"):
            case "workflow_execution_started_event_attributes":
                counted["start"] += 1
            case "activity_task_scheduled_event_attributes":
                name = event.activity_task_scheduled_event_attributes.activity_type.name
                counted[f"activity {name}"] += 1
            case "marker_recorded_event_attributes":
                counted[LOCAL_ACTIVITY] += 1
            case "timer_started_event_attributes":
                counted["timer"] += 1
            case "upsert_workflow_search_attributes_event_attributes":
                counted["upsert"] += 1
            case "workflow_execution_signaled_event_attributes":
                name = event.workflow_execution_signaled_event_attributes.signal_name
                counted[f"signal {name}"] += 1
            case _:
                continue
    return counted


@dataclass
class PayloadSizes:
    """Bytes of payloads, by what they are for."""

    start: list[int] = field(default_factory=list[int])
    requests: defaultdict[str, list[int]] = field(
        default_factory=lambda: defaultdict[str, list[int]](list)
    )
    results: defaultdict[str, list[int]] = field(
        default_factory=lambda: defaultdict[str, list[int]](list)
    )
    signals: defaultdict[str, list[int]] = field(
        default_factory=lambda: defaultdict[str, list[int]](list)
    )

    def request(self, name: str) -> int:
        """The mean of an activity's requests; 0 where there is none."""
        return round(mean(self.requests[name] or [0]))

    def result(self, name: str) -> int:
        """The mean of an activity's results; 0 where there is none."""
        return round(mean(self.results[name] or [0]))


def payload_sizes(histories: Iterable[Sequence[HistoryEvent]]) -> PayloadSizes:
    """Sizes of every payload in these histories. Local activities keep theirs in markers."""
    sizes = PayloadSizes()
    for events in histories:
        names: dict[int, str] = {}
        for event in events:
            _measure(event, names, sizes)
    return sizes


def _measure(event: HistoryEvent, names: dict[int, str], sizes: PayloadSizes) -> None:
    match event.WhichOneof("attributes"):
        case "workflow_execution_started_event_attributes":
            sizes.start.append(_bytes(event.workflow_execution_started_event_attributes.input))
        case "activity_task_scheduled_event_attributes":
            asked = event.activity_task_scheduled_event_attributes
            names[event.event_id] = asked.activity_type.name
            sizes.requests[asked.activity_type.name].append(_bytes(asked.input))
        case "activity_task_completed_event_attributes":
            done = event.activity_task_completed_event_attributes
            sizes.results[names[done.scheduled_event_id]].append(_bytes(done.result))
        case "workflow_execution_signaled_event_attributes":
            told = event.workflow_execution_signaled_event_attributes
            sizes.signals[told.signal_name].append(_bytes(told.input))
        case _:
            return


def _bytes(payloads: Payloads) -> int:
    return sum(len(payload.data) for payload in payloads.payloads)
