"""A log line for each call: the route's pattern, never the address, which may hold a name."""

import logging
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_log = logging.getLogger("api.calls")


class CallLog:
    """Writes method, route, status and milliseconds."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on, and log it when its answer is out."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        status = 0

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            route = getattr(scope.get("route"), "path", "?")
            milliseconds = (time.perf_counter() - began) * 1000
            _log.info("%s %s %d %.1f ms", scope["method"], route, status, milliseconds)
