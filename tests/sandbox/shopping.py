"""Calls to the demo shop, signed as it wants them."""

import base64
import hashlib
import hmac
import json
import time

import httpx

from sandbox.client import SandboxClient

KEY = b"k" * 24
SECRET = "whsec_" + base64.b64encode(KEY).decode()


def signed(body: bytes, message: str, at: int | None = None) -> dict[str, str]:
    stamp = str(at or int(time.time()))
    digest = hmac.digest(KEY, f"{message}.{stamp}.".encode() + body, hashlib.sha256)
    return {
        "webhook-id": message,
        "webhook-timestamp": stamp,
        "webhook-signature": "v1," + base64.b64encode(digest).decode(),
    }


def callback(
    sandbox: SandboxClient, order: str = "ord_1", message: str = "msg_1", timeout: float = 5
) -> httpx.Response:
    body = json.dumps({"order": order, "number": 1, "type": "order.confirmed"}).encode()
    url = f"{sandbox.base('shop')}/demo/callbacks"
    return httpx.post(url, content=body, headers=signed(body, message), timeout=timeout)


def received(sandbox: SandboxClient) -> int:
    return len(sandbox.ledger("shop", kind="callback"))
