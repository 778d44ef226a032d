"""Pages of the Temporal UI may call the codec endpoint, and no other page may call anything."""

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

_PREFIX = "/codec/"
_HEADERS = ("Content-Type", "X-Namespace", "X-API-Key", "Authorization", "Authorization-Extras")


class CodecCors:
    """Cross-origin rules for the codec endpoint alone, with credentials, for one origin."""

    def __init__(self, app: ASGIApp, origin: str) -> None:
        """``origin`` is the UI's address; its two loopback spellings count as one."""
        self._app = app
        self._open = CORSMiddleware(
            app,
            allow_origins=_spellings(origin.rstrip("/")),
            allow_methods=("POST",),
            allow_headers=_HEADERS,
            allow_credentials=True,
            max_age=600,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on."""
        codec = scope["type"] == "http" and scope["path"].startswith(_PREFIX)
        await (self._open if codec else self._app)(scope, receive, send)


def _spellings(origin: str) -> tuple[str, ...]:
    if not origin:
        return ()
    return (origin, origin.replace("//127.0.0.1", "//localhost"))
