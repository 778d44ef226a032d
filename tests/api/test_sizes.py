"""How large a body may be, however it is sent and whatever it says of its size."""

import asyncio
from collections.abc import AsyncGenerator

import httpx
import pytest
import uvicorn

from api.bodies import LIMIT
from runtime.processes import free_port
from tests.api.desk import Desk
from tests.world import eventually

BIG = 5 * 1024 * 1024
JSON = {"Content-Type": "application/json"}


async def in_chunks(size: int) -> AsyncGenerator[bytes]:
    for _ in range(0, size, 65536):
        yield b" " * 65536


@pytest.mark.parametrize("path", ["/orders", "/channels/shopify/orders"])
async def test_five_megabytes_are_too_large(desk: Desk, path: str) -> None:
    answer = await desk.call("POST", path, content=b" " * BIG, headers=JSON, key="shop")
    assert answer.status_code == 413
    assert answer.json()["title"] == "The body is too large"


async def test_without_a_length_the_bytes_are_counted(desk: Desk) -> None:
    answer = await desk.call("POST", "/orders", content=in_chunks(BIG), headers=JSON, key="shop")
    assert answer.status_code == 413


async def test_a_length_that_lies_changes_nothing(desk: Desk) -> None:
    headers = JSON | {"Content-Length": "10"}
    answer = await desk.call("POST", "/orders", content=b" " * BIG, headers=headers, key="shop")
    assert answer.status_code == 413


async def test_just_the_limit_is_read(desk: Desk) -> None:
    answer = await desk.call("POST", "/orders", content=b" " * LIMIT, headers=JSON, key="shop")
    assert answer.status_code == 400


async def test_nobody_without_a_key_gets_a_body_read(desk: Desk) -> None:
    read = 0

    async def counted() -> AsyncGenerator[bytes]:
        nonlocal read
        async for chunk in in_chunks(BIG):
            read += len(chunk)
            yield chunk

    answer = await desk.call("POST", "/orders", content=counted(), headers=JSON, key="wrong")
    assert answer.status_code == 401
    assert read < LIMIT


@pytest.mark.parametrize("chunked", [False, True])
async def test_over_a_socket_the_caller_gets_to_read_the_answer(desk: Desk, chunked: bool) -> None:
    port = free_port()
    config = uvicorn.Config(desk.app, port=port, log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())

    async def started() -> bool:
        return server.started

    await eventually(started, lambda: "the server does not start")
    headers = JSON | {"X-API-Key": desk.keys["shop"]}
    content = in_chunks(BIG) if chunked else b" " * BIG
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            answer = await client.post("/orders", content=content, headers=headers)
    finally:
        server.should_exit = True
        await serving
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json; charset=utf-8", 400),
        ("application/json;charset=UTF-8", 400),
        ("text/plain", 415),
        ("application/xml", 415),
        ("application/json; charset=latin-1", 415),
        ("", 415),
    ],
)
async def test_the_content_type_must_be_json_in_utf_8(
    desk: Desk, content_type: str, status: int
) -> None:
    headers = {"Content-Type": content_type}
    answer = await desk.call("POST", "/orders", content=b"{", headers=headers, key="shop")
    assert answer.status_code == status
