"""An HTTP server that remembers what it was sent, for judging outgoing calls."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

_PATIENCE = 10.0


@dataclass(frozen=True)
class Received:
    """One call: header names in lower case, and the body as it came."""

    path: str
    headers: dict[str, str]
    body: bytes
    at: float


@dataclass
class Receiver:
    """Answers with `status`, or the next of `script` while there is one, after `pause` seconds."""

    status: int = 204
    pause: float = 0.0
    script: list[int] = field(default_factory=list[int])
    received: list[Received] = field(default_factory=list[Received])

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}
        )
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/hook"

    def wait_for(self, count: int) -> list[Received]:
        """What arrived, once it is at least `count` calls."""
        wait_until(lambda: len(self.received) >= count, f"{count} calls")
        return list(self.received)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                outer.received.append(Received(self.path, headers, body, time.monotonic()))
                threading.Event().wait(outer.pause)
                self.send_response(outer.script.pop(0) if outer.script else outer.status)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - inherited
                """Keep the terminal quiet."""

        return Handler


def wait_until(holds: Callable[[], bool], what: str) -> None:
    """Poll until it holds. Raises AssertionError at the deadline."""
    deadline = time.monotonic() + _PATIENCE
    while not holds():
        assert time.monotonic() < deadline, f"waited {_PATIENCE} s for {what}"
        time.sleep(0.01)
