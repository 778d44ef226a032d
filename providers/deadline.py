"""A deadline for a whole exchange over HTTP, beneath httpcore.

httpcore's own limits (its docs page "Timeouts") hold for each read alone, and its way to connect
tries every address of a name for that long. An answer that drips byte by byte would never end.
"""

import socket
import ssl
import threading
import time
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from typing import Any

from httpcore import (
    SOCKET_OPTION,
    ConnectError,
    ConnectTimeout,
    NetworkBackend,
    NetworkStream,
    ReadTimeout,
    SyncBackend,
    WriteTimeout,
)

_LATE = "the deadline has passed"


class _Ends(threading.local):
    """When the exchange of this thread ends, on the monotonic clock, in seconds."""

    at: float = float("inf")

    def left(self, limit: float | None, late: type[Exception]) -> float:
        """Seconds that may still be spent, at most ``limit``; raises ``late`` for none."""
        left = self.at - time.monotonic()
        if left <= 0:
            raise late(_LATE)
        return left if limit is None else min(left, limit)


class Deadline(NetworkBackend):
    """Connections whose reads and writes together end in time: each thread has its own time.

    Asking for a name's addresses is left to the resolver's limits.
    """

    def __init__(self) -> None:
        """No thread has a deadline yet."""
        self._network = SyncBackend()
        self._ends = _Ends()

    @contextmanager
    def within(self, seconds: float) -> Generator[None]:
        """What this thread does on its connections ends by then, or raises httpcore's time-outs.

        Within another deadline, it ends by the earlier one.
        """
        outer = self._ends.at
        self._ends.at = min(outer, time.monotonic() + seconds)
        try:
            yield
        finally:
            self._ends.at = outer

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> NetworkStream:
        """Try a name's addresses one after the other; each gets its share of the time.

        Raises:
            ConnectError, ConnectTimeout: none of them can be reached.
        """
        addresses = _addresses(host, port)
        for place, address in enumerate(addresses, start=1):
            share = self._ends.left(timeout, ConnectTimeout) / (len(addresses) - place + 1)
            try:
                stream = self._network.connect_tcp(
                    address, port, share, local_address, socket_options
                )
            except (ConnectError, ConnectTimeout):
                if place == len(addresses):
                    raise
            else:
                return _Stream(stream, self._ends)
        raise ConnectError("the name has no address")


class _Stream(NetworkStream):
    """One connection; whichever thread uses it, that thread's deadline holds."""

    def __init__(self, stream: NetworkStream, ends: _Ends) -> None:
        self._stream = stream
        self._ends = ends

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._ends.left(timeout, ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._ends.left(timeout, WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> NetworkStream:
        left = self._ends.left(timeout, ConnectTimeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, left), self._ends)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _addresses(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise ConnectError(str(error)) from error
    return list(dict.fromkeys(str(address[0]) for *_, address in found))
