"""Temporal's own tracing of calls, workflows and activities, each within its order's trace."""

import logging
from collections.abc import Sequence
from functools import cache
from typing import Any

from opentelemetry.trace import get_current_span
from pydantic import TypeAdapter
from temporalio.activity import info
from temporalio.api.common.v1 import Payload
from temporalio.client import (
    OutboundInterceptor,
    QueryWorkflowInput,
    SignalWorkflowInput,
    StartWorkflowInput,
    StartWorkflowUpdateInput,
    WorkflowHandle,
    WorkflowUpdateHandle,
)
from temporalio.contrib.opentelemetry import (
    TracingInterceptor,
    TracingWorkflowInboundInterceptor,
)
from temporalio.converter import DefaultPayloadConverter
from temporalio.exceptions import ApplicationError
from temporalio.worker import (
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
)

from runtime.order_trace import OrderTrace

log = logging.getLogger("ordersaga.tracing")
_WORDS = TypeAdapter(dict[str, str])


class Headers(DefaultPayloadConverter):
    """Reads headers that tell of a trace. Anybody who can signal an order can write one, so one
    that cannot be read is none: it must not hold up an order's workflow."""

    def from_payloads(
        self, payloads: Sequence[Payload], type_hints: list[type] | None = None
    ) -> list[Any]:
        """A mapping of words for each header; an empty one where it is anything else."""
        try:
            return [_words(value) for value in super().from_payloads(payloads, type_hints)]
        except (KeyError, ValueError, TypeError, RuntimeError):
            _say_once()
            return [{} for _ in payloads]


def _words(value: Any) -> dict[str, str]:
    """Raises ValueError where it is no mapping of words."""
    return _WORDS.validate_python(value, strict=True)


@cache
def _say_once() -> None:
    log.warning("a header that tells of a trace cannot be read; a new trace begins")


class _Workflows(TracingWorkflowInboundInterceptor):
    """Within workflows."""

    def __init__(self, next: WorkflowInboundInterceptor) -> None:
        super().__init__(next)
        self.payload_converter = Headers()


class OrderTracing(TracingInterceptor):
    """Belongs on a client; a worker takes it from there.

    The SDK records nothing while a workflow is replayed, and hands a trace on in headers, which are
    not compared with a history.
    """

    def __init__(self, trace: OrderTrace) -> None:
        super().__init__(trace.tracer)
        self.payload_converter = Headers()
        self._trace = trace

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:
        """Calls to workflows."""
        return _Calls(super().intercept_client(next), self._trace)

    def workflow_interceptor_class(
        self, input: WorkflowInterceptorClassInput
    ) -> type[TracingWorkflowInboundInterceptor]:
        """What workflows are told, and ask for."""
        super().workflow_interceptor_class(input)
        return _Workflows

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """Tries of activities."""
        following = super().intercept_activity(_Failures(next))
        return _Tries(following, self._trace, self.header_key)


class _Calls(OutboundInterceptor):
    """A call that nobody's span surrounds is begun by a loop, or a person: it is its order's."""

    def __init__(self, following: OutboundInterceptor, trace: OrderTrace) -> None:
        super().__init__(following)
        self._trace = trace

    async def start_workflow(self, input: StartWorkflowInput) -> WorkflowHandle[Any, Any]:
        with self._trace.within(input.id):
            return await super().start_workflow(input)

    async def signal_workflow(self, input: SignalWorkflowInput) -> None:
        with self._trace.within(input.id):
            await super().signal_workflow(input)

    async def query_workflow(self, input: QueryWorkflowInput) -> Any:
        with self._trace.within(input.id):
            return await super().query_workflow(input)

    async def start_workflow_update(
        self, input: StartWorkflowUpdateInput
    ) -> WorkflowUpdateHandle[Any]:
        with self._trace.within(input.id):
            return await super().start_workflow_update(input)


class _Tries(ActivityInboundInterceptor):
    """An order that began while tracing was off hands on no trace, and still has one."""

    def __init__(
        self, following: ActivityInboundInterceptor, trace: OrderTrace, handed_on: str
    ) -> None:
        """``handed_on`` is the header that tells of a trace."""
        super().__init__(following)
        self._trace = trace
        self._handed_on = handed_on

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        header = input.headers.get(self._handed_on)
        if header is not None and Headers().from_payloads([header])[0]:
            return await super().execute_activity(input)
        with self._trace.within(info().workflow_id or ""):
            return await super().execute_activity(input)


class _Failures(ActivityInboundInterceptor):
    """Says what kind of failure it was: our own word, and not what it says."""

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        try:
            return await super().execute_activity(input)
        except ApplicationError as failure:
            get_current_span().set_attribute("error.type", failure.type or "ApplicationError")
            raise
