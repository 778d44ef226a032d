"""Around every call: a log line, and an answer whatever happens.

The log holds the route's pattern and never the address, which may hold a name.
"""

import logging
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import route_of, unforeseen

_log = logging.getLogger(__name__)


class Border:
    """Logs method, route, status and milliseconds; turns what nobody foresaw into an answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on."""
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
        except Exception as error:  # the border: an error becomes an answer while there is none
            if status:
                raise
            await unforeseen(error, scope)(scope, receive, watched)
        finally:
            milliseconds = (time.perf_counter() - began) * 1000
            words = "%s %s %d %.1f ms"
            _log.info(words, scope["method"], route_of(scope), status, milliseconds)
