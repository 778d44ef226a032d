"""What moving a workflow's clock costs. No product code does it, so it is taken off again."""

from collections import Counter

from temporalio.api.history.v1 import HistoryEvent

_CALL = "grpc_UpdateWorkflowExecutionOptions"
_EVENTS = frozenset(
    {
        "workflow_execution_options_updated_event_attributes",
        "workflow_execution_time_skipping_transitioned_event_attributes",
    }
)


class UnexpectedCostError(RuntimeError):
    """The server counted something that the measurement cannot explain."""


def without_clock(spent: Counter[str], moves: int) -> Counter[str]:
    """Actions without the measurement's own moves of the clock.

    Raises UnexpectedCostError where there are more or fewer of these than were made: then the
    product would be making them too, and they would have to count.
    """
    if spent[_CALL] != moves:
        raise UnexpectedCostError(f"{spent[_CALL]} clock calls counted, {moves} made")
    return Counter({kind: count for kind, count in spent.items() if kind != _CALL})


def is_clock(event: HistoryEvent) -> bool:
    """Whether an event tells of a moved clock, and of nothing that the order did."""
    return event.WhichOneof("attributes") in _EVENTS
