"""A signal takes one payload; more is the sender's mistake, and must not fail the order."""

from temporalio.worker import (
    HandleSignalInput,
    Interceptor,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
)

from workflows.messages import NOTHING


class _OnePayload(WorkflowInboundInterceptor):
    async def handle_signal(self, input: HandleSignalInput) -> None:
        if len(input.args) > 1:
            input.args = [NOTHING]
        await super().handle_signal(input)


class OnePayload(Interceptor):
    """Hands a signal with several payloads on as one that is refused; without it, the call of the
    handler fails, and with it every workflow task from then on."""

    def workflow_interceptor_class(
        self, input: WorkflowInterceptorClassInput
    ) -> type[WorkflowInboundInterceptor]:
        """Workers, replays and tests all use it."""
        return _OnePayload
