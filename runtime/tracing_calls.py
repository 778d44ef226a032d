"""Temporal's own tracing of calls, workflows and activities, each within its order's trace."""

from typing import Any

from opentelemetry.trace import get_current_span
from temporalio.activity import info
from temporalio.client import (
    OutboundInterceptor,
    QueryWorkflowInput,
    SignalWorkflowInput,
    StartWorkflowInput,
    StartWorkflowUpdateInput,
    WorkflowHandle,
    WorkflowUpdateHandle,
)
from temporalio.contrib.opentelemetry import TracingInterceptor
from temporalio.exceptions import ApplicationError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput

from runtime.order_trace import OrderTrace


class OrderTracing(TracingInterceptor):
    """Belongs on a client; a worker takes it from there.

    The SDK records nothing while a workflow is replayed, and hands a trace on in headers, which are
    not compared with a history.
    """

    def __init__(self, trace: OrderTrace) -> None:
        super().__init__(trace.tracer)
        self._trace = trace

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:
        """Calls to workflows."""
        return _Calls(super().intercept_client(next), self._trace)

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
        if self._handed_on in input.headers:
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
