"""`python -m sandbox [--port 0] [--state FILE.sqlite]`: serve the outside world on loopback."""

import argparse
import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
from collections.abc import Generator
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from sandbox.app import build
from sandbox.core.gateway import TRANSPORT
from sandbox.core.store import StateFileInUseError


class CuttableProtocol(H11Protocol):
    """HTTP whose application can reach the connection, to cut it without an answer."""

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Leave the connection in each request's scope."""
        super().connection_made(transport)
        app: ASGIApp = self.app

        async def with_transport(scope: Scope, receive: Receive, send: Send) -> None:
            scope[TRANSPORT] = transport
            await app(scope, receive, send)

        self.app = with_transport


class Server(uvicorn.Server):
    """Says where it serves once it does, and ends with status 0 when asked to."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """Take SIGTERM and SIGINT as a wish to end in good order, and nothing more."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then print the address as one line of JSON."""
        await super().startup(sockets)
        if self.started and sockets:
            port = sockets[0].getsockname()[1]
            print(json.dumps({"url": f"http://127.0.0.1:{port}"}), flush=True)


def main() -> int:
    """Serve until SIGTERM or SIGINT, or until standard input ends with `--leash`."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes any free port")
    parser.add_argument("--state", type=Path, default=None, help="SQLite file that keeps all state")
    parser.add_argument("--leash", action="store_true", help="end when standard input ends")
    options = parser.parse_args()
    try:
        app = build(options.state)
    except StateFileInUseError as error:
        print(f"sandbox: cannot open the state file: {error}", file=sys.stderr)
        return 1
    listener = _listen(options.port)
    config = uvicorn.Config(
        app,
        http=CuttableProtocol,
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=1,
    )
    asyncio.run(_serve(Server(config), listener, options.leash))
    return 0


def _listen(port: int) -> socket.socket:
    # asyncio turns Nagle's delay off only where the protocol is named; without that, each answer
    # waits 40 ms for an acknowledgement.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(1024)
    return listener


async def _serve(server: Server, listener: socket.socket, leash: bool) -> None:
    if leash:
        loop = asyncio.get_running_loop()
        loop.add_reader(sys.stdin.fileno(), _end_with_parent, server)
    await server.serve(sockets=[listener])


def _end_with_parent(server: Server) -> None:
    if not os.read(sys.stdin.fileno(), 1):
        server.should_exit = True


if __name__ == "__main__":
    sys.exit(main())
