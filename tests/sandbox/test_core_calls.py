"""The sandbox's own caller, against servers that answer in every lawful way, and in others."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from sandbox.core.calls import Caller


class Server:
    """Gives one scripted answer after another; `connections` counts who came."""

    def __init__(self, *answers: bytes, closes: bool = False) -> None:
        self.answers = list(answers)
        self.closes = closes
        self.connections = 0
        self.requests: list[bytes] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while self.answers:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
                self.requests.append(head + await reader.readexactly(length))
                writer.write(self.answers.pop(0))
                await writer.drain()
                if self.closes:
                    break
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()


@asynccontextmanager
async def listening(server: Server) -> AsyncGenerator[str]:
    running = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{running.sockets[0].getsockname()[1]}/hook?token=1"
    running.close()
    await running.wait_closed()


@asynccontextmanager
async def calling() -> AsyncGenerator[Caller]:
    caller = Caller()
    yield caller
    caller.close()


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
CHUNKED = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n"
)


async def test_the_request_carries_path_query_headers_and_body() -> None:
    server = Server(OK)
    async with listening(server) as url, calling() as caller:
        reply = await caller.post(url, "grüße".encode(), {"x-key": "1"})
    assert reply == (200, "ok")
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /hook?token=1 HTTP/1.1\r\nhost: 127.0.0.1:")
    assert b"x-key: 1" in head
    assert body.decode() == "grüße"


@pytest.mark.parametrize(
    ("answer", "status", "text"),
    [
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, ""),
        (CHUNKED, 200, "abcde"),
        (b"HTTP/1.1 200 OK\r\n\r\nuntil the end", 200, "until the end"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + OK, 200, "ok"),
        (b"HTTP/1.1 422 Unprocessable\r\nContent-Length: 3\r\n\r\nwhy", 422, "why"),
    ],
    ids=["no content", "chunked", "until closed", "after 100", "refused"],
)
async def test_every_form_of_answer_is_understood(answer: bytes, status: int, text: str) -> None:
    async with listening(Server(answer, closes=True)) as url, calling() as caller:
        assert await caller.post(url, b"{}", {}) == (status, text)


async def test_a_connection_is_used_again() -> None:
    server = Server(OK, OK, OK)
    async with listening(server) as url, calling() as caller:
        for _ in range(3):
            assert (await caller.post(url, b"{}", {})).status == 200
    assert server.connections == 1


async def test_a_kept_connection_that_was_closed_is_replaced() -> None:
    server = Server(OK, OK, closes=True)
    async with listening(server) as url, calling() as caller:
        assert (await caller.post(url, b"1", {})).status == 200
        assert (await caller.post(url, b"2", {})).status == 200
    assert server.connections == 2
    assert [request[-1:] for request in server.requests] == [b"1", b"2"]


@pytest.mark.parametrize(
    "answer", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort"]
)
async def test_an_answer_that_is_none_has_status_0(answer: bytes) -> None:
    async with listening(Server(answer, closes=True)) as url, calling() as caller:
        assert (await caller.post(url, b"{}", {})).status == 0


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/", "ftp://127.0.0.1/", "http://", "http://127.0.0.1:x/"]
)
async def test_an_address_where_nobody_listens_has_status_0(url: str) -> None:
    async with calling() as caller:
        assert (await caller.post(url, b"{}", {})).status == 0


async def test_a_header_cannot_smuggle_another() -> None:
    async with calling() as caller:
        reply = await caller.post("http://127.0.0.1:1/", b"{}", {"x": "1\r\ny: 2"})
    assert reply == (0, "ValueError: line break in header x")
