"""Our books are slow about one kind of case: what comes meanwhile is heard all the same."""

import asyncio
from typing import Any

from temporalio import activity
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from activities.step import Request
from domain.cases import CaseKind


class _Held(ActivityInboundInterceptor):
    def __init__(self, inner: ActivityInboundInterceptor, held: "HeldRecord") -> None:
        super().__init__(inner)
        self._held = held

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002 # the SDK's name
        request = input.args[0]
        cases = request.journal.cases if isinstance(request, Request) else ()
        if activity.info().activity_type == "record" and any(
            one.kind is self._held.kind for one in cases
        ):
            self._held.reached.set()
            await self._held.opened.wait()
        return await super().execute_activity(input)


class HeldRecord(Interceptor):
    """Holds the record of the first case of a kind until it is opened."""

    def __init__(self, kind: CaseKind) -> None:
        self.kind = kind
        self.reached, self.opened = asyncio.Event(), asyncio.Event()

    def intercept_activity(
        self,
        next: ActivityInboundInterceptor,  # noqa: A002 # the SDK's name
    ) -> ActivityInboundInterceptor:
        return _Held(next, self)
