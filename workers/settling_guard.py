"""Settling looks at the engine before every single try: the order may have been reset meanwhile.

A try may come hours after the aftermath's own look, when a vendor that was away is back.
"""

from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from activities.records import RecordActivities
from activities.settling import RUNS_AGAIN, SettlingActivities
from activities.step import Request
from domain.failures import NotDone
from workers.activities import name_of
from workers.engine import EngineLook
from workflows.starting import AFTERMATH

_HARMLESS = frozenset((name_of(SettlingActivities.look_again), name_of(RecordActivities.record)))
"""They undo nothing: one looks itself, and the other says what was done."""


class SettlingGuard(Interceptor):
    """Lets no order's aftermath undo anything while the order's own workflow is open."""

    def __init__(self, engine: EngineLook) -> None:
        """``engine`` is asked on its own loop, the worker's."""
        self._engine = engine

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """Tries of activities."""
        return _Guarded(next, self._engine)


class _Guarded(ActivityInboundInterceptor):
    def __init__(self, following: ActivityInboundInterceptor, engine: EngineLook) -> None:
        super().__init__(following)
        self._engine = engine

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        """Raises ApplicationError of type RunsAgain, for good, or NotDone, to be tried again."""
        info = activity.info()
        if info.workflow_type == AFTERMATH and info.activity_type not in _HARMLESS:
            request: Request = input.args[0]
            try:
                runs = await self._engine.look(request.order_id)
            except NotDone as failure:
                raise ApplicationError(str(failure), type="NotDone") from failure
            if runs:
                raise ApplicationError("the order runs again", type=RUNS_AGAIN, non_retryable=True)
        return await super().execute_activity(input)
