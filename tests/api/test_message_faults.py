"""Every webhook and every warehouse report: fifty times at once, malformed, too large, forged.

`tests/workflows/test_message_faults.py` does the same to whole orders.
"""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from api.bodies import LIMIT
from api.openapi import routes_of
from tests.api.desk import Desk
from tests.api.senders import JSON, PATHS, SENDERS, Message, message_of

every_sender = pytest.mark.parametrize("path", PATHS)

NOT_EVEN_JSON = (b"", b"{", b"\xff\xfe{}", b"[" * 100_000, b"{'a': 1}")
NO_MESSAGE = (
    b"null",
    b"[]",
    b"[[]]",
    b'"a text"',
    b"1e999",
    rb'{"id": "\u0000", "event": "\ud83d"}',
    b'{"id": [], "type": {}, "created": [], "event": 7, "data": "x", "lines": 3, "parcels": {}}',
)
NOT_A_TEXT = (rb"a\u0000b", rb"\ud83d", b"x" * (LIMIT // 2))
"""What a text of a message may turn into; JSON has a way to write it."""


def told(desk: Desk) -> list[Any]:
    """What is on record of messages: stored ones, mails, parcels, cases."""
    return [
        tuple(row)
        for query in (
            "SELECT source, event_id, kind, state, signal, payload::text FROM inbox ORDER BY id",
            "SELECT key, state FROM mails ORDER BY key",
            "SELECT tracking_number, courier_status FROM labels ORDER BY id",
            "SELECT id, closed_at FROM cases ORDER BY id",
        )
        for row in _rows(desk, query)
    ]


def _rows(desk: Desk, query: str) -> list[Any]:
    with desk.books.database.reading() as connection:
        return list(connection.execute(text(query)))


async def still_heard(desk: Desk, message: Message, before: list[Any]) -> None:
    """Nothing is on record of what was refused, and it keeps nobody from being heard."""
    assert told(desk) == before
    answer = await message.send(desk)
    assert answer.is_success, answer.text
    assert told(desk) != before


def refused(answer: Any, *statuses: int) -> None:
    assert answer.status_code in statuses, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]


def test_whoever_sends_messages_to_orders_is_known_here(desk: Desk) -> None:
    found = {
        route.path
        for route in routes_of(desk.app)
        if "POST" in (route.methods or ())
        and route.path.startswith(("/webhooks/", "/warehouse/shipments/{shipment}/"))
    }
    assert found == set(PATHS) == set(SENDERS)


@every_sender
async def test_the_same_message_fifty_times_at_once_is_one(desk: Desk, path: str) -> None:
    message = await message_of(desk, path)
    answers = await asyncio.gather(*(message.send(desk) for _ in range(50)))
    assert {answer.status_code for answer in answers} <= {200, 202}
    once = told(desk)
    assert (await message.send(desk)).is_success
    assert told(desk) == once
    assert len(_rows(desk, "SELECT 1 FROM inbox WHERE state != 'delivered'")) <= 1


@every_sender
async def test_a_malformed_message_is_answered_with_words_and_leaves_nothing(
    desk: Desk, path: str
) -> None:
    message = await message_of(desk, path)
    before = told(desk)
    for body in NOT_EVEN_JSON:
        refused(await message.send(desk, body), 400, 401)
    for body in NO_MESSAGE:
        answer = await message.send(desk, body)
        if not (answer.is_success and answer.json() == {"stored": 0}):
            refused(answer, 400, 422)
    await still_heard(desk, message, before)


@every_sender
async def test_a_message_whose_texts_no_record_can_hold_is_answered_with_words(
    desk: Desk, path: str
) -> None:
    message = await message_of(desk, path)
    for spot in _texts(message.body):
        for wrong in NOT_A_TEXT:
            body = message.body[: spot[0]] + wrong + message.body[spot[1] :]
            answer = await message.send(desk, body)
            assert answer.status_code in (200, 202, 400, 422), (body[:300], answer.text)


def _texts(body: bytes) -> list[tuple[int, int]]:
    """Where the texts of a body stand, names of fields among them."""
    marks = [at for at, byte in enumerate(body) if byte == ord('"')]
    return [(begin + 1, end) for begin, end in zip(marks[::2], marks[1::2], strict=True)]


@every_sender
async def test_a_message_that_is_too_large_is_refused_however_it_was_signed(
    desk: Desk, path: str
) -> None:
    message = await message_of(desk, path)
    before = told(desk)
    padded = message.body + b" " * LIMIT
    refused(await message.send(desk, padded), 413)
    refused(await message.send(desk, padded, headers=JSON, key=None), 413, 401)
    await still_heard(desk, message, before)


@every_sender
async def test_a_forged_message_is_refused_and_leaves_nothing(desk: Desk, path: str) -> None:
    message = await message_of(desk, path)
    before = told(desk)
    for headers in message.forge(message.body):
        refused(await message.send(desk, headers=headers), 401)
    if message.elsewhere:
        refused(await message.send(desk, path=message.elsewhere), 401)
    if message.key:
        for key in (None, "a-guess"):
            refused(await message.send(desk, key=key), 401)
        for key in ("shop", "support"):
            refused(await message.send(desk, key=key), 403)
        refused(await message.send(desk, key="other"), 404)
    assert message.forge(message.body) or message.elsewhere or message.key
    await still_heard(desk, message, before)


@every_sender
async def test_a_message_about_what_is_not_on_record_is_answered_and_keeps_nobody_waiting(
    desk: Desk, path: str
) -> None:
    message = await message_of(desk, path)
    elsewhere = message.path.replace(message.order, "ord_to_come")
    body = message.body
    for ours in (message.order, "TRACK-1", "k1", "evt_1"):
        body = body.replace(ours.encode(), b"to-come")
    answer = await message.send(desk, body, path=elsewhere)
    assert answer.status_code == (404 if message.key else 200), answer.text
    stored = answer.json().get("stored", 0)
    waiting = stored if message.waits else 0
    assert len(_rows(desk, "SELECT 1 FROM inbox WHERE state = 'waiting'")) == waiting
    await still_heard(desk, message, told(desk))
