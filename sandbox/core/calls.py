"""HTTP/1.1 calls over kept connections, for webhooks and the warehouse's own calls.

An order makes a dozen of them. A general client spends 1.5 ms of processor time on each, this
one 0.1 ms, and the sandbox shares its machine with what it measures.
"""

import asyncio
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

_TIMEOUT = 10.0
_MOST_AT_ONCE = 100
_MOST_IDLE = 20
_HEAD_END = b"\r\n\r\n"


class Reply(NamedTuple):
    """What the called side said; status 0 when nothing was heard."""

    status: int
    text: str


class _Connection(NamedTuple):
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter


class Caller:
    """Asks, and hears answers. Nothing is raised: trouble is a Reply with status 0."""

    def __init__(self) -> None:
        self._idle: dict[str, list[_Connection]] = {}
        self._places = asyncio.Semaphore(_MOST_AT_ONCE)

    async def post(self, url: str, body: bytes, headers: dict[str, str]) -> Reply:
        """One POST, within 10 s."""
        return await self._call("POST", url, body, headers)

    async def get(self, url: str, headers: dict[str, str]) -> Reply:
        """One GET, within 10 s."""
        return await self._call("GET", url, b"", headers)

    async def _call(self, method: str, url: str, body: bytes, headers: dict[str, str]) -> Reply:
        try:
            parts = urlsplit(url)
            request = _request(method, parts, body, headers)
            async with self._places, asyncio.timeout(_TIMEOUT):
                return await self._exchange(parts, request)
        except (OSError, EOFError, ValueError, asyncio.LimitOverrunError) as error:
            return Reply(0, f"{type(error).__name__}: {error}")

    def close(self) -> None:
        """Let all connections go."""
        for connections in self._idle.values():
            for connection in connections:
                connection.writer.close()
        self._idle.clear()

    async def _exchange(self, parts: SplitResult, request: bytes) -> Reply:
        idle = self._idle.setdefault(parts.netloc, [])
        while idle:
            # The other side may have closed a kept connection meanwhile; then take the next.
            try:
                return await self._talk(idle.pop(), request, idle)
            except (ConnectionError, EOFError):
                continue
        tls = parts.scheme == "https"
        port = parts.port or (443 if tls else 80)
        connection = await asyncio.open_connection(parts.hostname, port, ssl=tls or None)
        return await self._talk(_Connection(*connection), request, idle)

    async def _talk(
        self, connection: _Connection, request: bytes, idle: list[_Connection]
    ) -> Reply:
        keep = False
        try:
            connection.writer.write(request)
            await connection.writer.drain()
            reply, keep = await _answer(connection.reader)
            return reply
        finally:
            if keep and len(idle) < _MOST_IDLE:
                idle.append(connection)
            else:
                connection.writer.close()


def _request(method: str, parts: SplitResult, body: bytes, headers: dict[str, str]) -> bytes:
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"no HTTP address: {parts.geturl()}")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    lines = [f"{method} {target} HTTP/1.1", f"host: {parts.netloc}", f"content-length: {len(body)}"]
    for name, value in headers.items():
        if "\n" in value or "\r" in value:
            raise ValueError(f"line break in header {name}")
        lines.append(f"{name}: {value}")
    return "\r\n".join(lines).encode() + _HEAD_END + body


async def _answer(reader: asyncio.StreamReader) -> tuple[Reply, bool]:
    """The final answer, and whether the connection can be used again."""
    while True:
        head = (await reader.readuntil(_HEAD_END)).decode("latin-1").split("\r\n")
        status = int(head[0].partition(" ")[2][:3])
        if status >= 200:
            break
    pairs = (line.partition(":") for line in head[1:] if line)
    headers = {name.strip().lower(): value.strip().lower() for name, _, value in pairs}
    keep = headers.get("connection") != "close"
    if status in (204, 304):
        body = b""
    elif "chunked" in headers.get("transfer-encoding", ""):
        body = await _chunks(reader)
    elif "content-length" in headers:
        body = await reader.readexactly(int(headers["content-length"]))
    else:
        body, keep = await reader.read(), False
    return Reply(status, body.decode("utf-8", "replace")), keep


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
        body += await reader.readexactly(size)
        await reader.readexactly(2)
    while await reader.readuntil(b"\r\n") != b"\r\n":
        continue
    return body
