"""Everybody who sends an order messages over HTTP: each webhook and each warehouse report.

The addresses are the API's own; what each says, and how it is signed, is here.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi.routing import APIRoute

from api import warehouse_reports, webhooks
from domain.mail import MailKind
from domain.status import OrderStatus
from tests.api.desk import Desk
from tests.api.signing import (
    SHIPPO_TOKEN,
    bank_event,
    bank_headers,
    mail_events,
    sendgrid_headers,
    stripe_event,
    stripe_headers,
    track,
)

Headers = dict[str, str]
JSON = {"Content-Type": "application/json"}
S = OrderStatus
PACKED = (S.PICKED, S.READY_TO_PACK, S.PACKED, S.CAPTURED, S.RELEASED)


def _forged_stripe(raw: bytes) -> list[Headers]:
    return [
        {},
        {"Stripe-Signature": "t=1,v1=00"},
        stripe_headers(raw, secret="whsec_somebody_elses"),
        stripe_headers(raw, age=3600),
        stripe_headers(raw + b" "),
    ]


def _forged_bank(raw: bytes) -> list[Headers]:
    return [
        {},
        {"Bank-Signature": "t=1,v1=00"},
        bank_headers(raw, secret="somebody-elses"),
        bank_headers(raw, age=3600),
        bank_headers(raw + b" "),
    ]


def _forged_sendgrid(raw: bytes) -> list[Headers]:
    name = "X-Twilio-Email-Event-Webhook-Signature"
    signed = sendgrid_headers(raw)
    return [
        {},
        signed | {name: "not base64"},
        signed | {name: signed[name][:-8] + "AAAAAAA="},
        sendgrid_headers(raw, age=7200),
        sendgrid_headers(raw + b" "),
    ]


@dataclass(frozen=True)
class Message:
    """A message that is due now. ``sign`` makes a body the sender's own, ``forge`` does not quite:
    the headers, or another address, that somebody else would send it with. What is about something
    that is not on record yet ``waits`` for it; a hint about nothing of ours is done once heard."""

    order: str
    path: str
    body: bytes
    sign: Callable[[bytes], Headers]
    forge: Callable[[bytes], list[Headers]]
    elsewhere: str = ""
    key: str | None = None
    waits: bool = True

    async def send(self, desk: Desk, body: bytes | None = None, **changes: Any) -> Any:
        """Send it, or something else in its place; the answer."""
        content = self.body if body is None else body
        given: dict[str, Any] = {"headers": self.sign(content), "key": self.key} | changes
        path = given.pop("path", self.path)
        return await desk.call("POST", path, content=content, **given)


async def _stripe(desk: Desk, path: str) -> Message:
    order = await desk.place()
    body = stripe_event("payment_intent.succeeded", order=order)
    return Message(order, path, body, stripe_headers, _forged_stripe)


async def _bank(desk: Desk, path: str) -> Message:
    order = await desk.place()
    body = bank_event("evt_1", "RF18539007547034")
    return Message(order, path, body, bank_headers, _forged_bank, waits=False)


async def _shippo(desk: Desk, path: str) -> Message:
    order = await desk.place()
    desk.buy_label(order, "TRACK-1")
    return Message(
        order,
        path.format(token=SHIPPO_TOKEN),
        track("TRACK-1", "TRANSIT", "e1"),
        lambda _: JSON,
        lambda _: [],
        elsewhere=path.format(token="a-guess"),
    )


async def _sendgrid(desk: Desk, path: str) -> Message:
    order = await desk.place()
    desk.books.mails.begin("k1", order, MailKind.CONFIRMATION, "zoe@example.com")
    desk.books.mails.sending("k1", 0)
    body = mail_events(("delivered", "k1", "sg-1"))
    return Message(order, path, body, sendgrid_headers, _forged_sendgrid)


def _report(
    body: dict[str, Any], *statuses: OrderStatus
) -> Callable[[Desk, str], Awaitable[Message]]:
    async def make(desk: Desk, path: str) -> Message:
        order = await desk.place()
        shipment = desk.hand_off(order)
        if statuses:
            desk.advance(order, *statuses)
        return Message(
            order,
            path.format(shipment=shipment),
            json.dumps(body).encode(),
            lambda _: JSON | {"Idempotency-Key": "fact-1"},
            lambda _: [],
            key="warehouse",
        )

    return make


_PICK = {"line": "1", "sku": "MUG-BLUE", "quantity": 2, "barcodes": ["4006381333931"]}
_PACK = {"weight_grams": 800, "lines": [{"line": "1", "quantity": 2}]}


async def _packed(desk: Desk, path: str) -> Message:
    message = await _report({"parcels": [_PACK]})(desk, path)
    pick = {"lines": [_PICK]}
    picked = message.path.removesuffix("packed") + "picked"
    answer = await desk.call("POST", picked, pick, key="warehouse")
    assert answer.status_code == 202, answer.text
    for one in desk.books.inbox.claim(1):
        desk.books.inbox.delivered(one.id)
    return message


SENDERS: Mapping[str, Callable[[Desk, str], Awaitable[Message]]] = {
    "/webhooks/stripe": _stripe,
    "/webhooks/bank": _bank,
    "/webhooks/shippo/{token}": _shippo,
    "/webhooks/sendgrid": _sendgrid,
    "/warehouse/shipments/{shipment}/picked": _report({"lines": [_PICK]}),
    "/warehouse/shipments/{shipment}/packed": _packed,
    "/warehouse/shipments/{shipment}/handed-over": _report({"manifest": "M-1"}, *PACKED),
    "/warehouse/shipments/{shipment}/recall-result": _report(
        {"outcome": "pulled"}, *PACKED, S.RECALLING
    ),
}
"""How a message of each address is made."""

PATHS = tuple(
    route.path
    for router in (webhooks.router, warehouse_reports.router)
    for route in router.routes
    if isinstance(route, APIRoute)
)
"""Where messages come in: the API's own word."""


async def message_of(desk: Desk, path: str) -> Message:
    """A message that is due now, with its order."""
    assert path in SENDERS, f"say in {__name__} what is sent to {path}"
    return await SENDERS[path](desk, path)
