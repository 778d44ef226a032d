"""Callbacks to a shop: signed as Standard Webhooks says, so that a shop can use any library.

Source: standardwebhooks.com, "Standard Webhooks specification": the signature is HMAC-SHA256 over
``id.timestamp.body`` with the base64 secret behind ``whsec_``.
"""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from typing import Any

import httpx

from domain.failures import NotDone, Refused, UnknownOutcome

_PREFIX = "whsec_"
_GONE = 410
_MOST_BYTES = 64 * 1024
"""Of an answer, for the connection's sake; what it says is of no interest beyond its status."""


def sign(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """The ``webhook-signature`` of a message."""
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    content = b".".join((message_id.encode(), str(timestamp).encode(), body))
    digest = hmac.new(key, content, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


class ReceiverDown(NotDone):
    """Nobody answers for the shop at all; what is wrong has nothing to do with the message."""


class ShopCallbacks:
    """Sends callbacks; one client for a process, safe to share between threads.

    Not the async client: with many in flight it takes four times the CPU for each request.
    """

    def __init__(self, timeout: float = 10.0) -> None:
        """``timeout`` is in seconds, for connecting and for the answer alike."""
        self._client = httpx.Client(timeout=timeout, follow_redirects=False)
        self._timeout = timeout

    def send(self, url: str, secret: str, message_id: str, payload: Mapping[str, Any]) -> None:
        """Send one message.

        Raises:
            ReceiverDown: no connection, or an answer of 5xx; ``retry_after`` as it says.
            UnknownOutcome: no answer came in time. Repeating is safe: the id stays the same.
            NotDone: the shop does not take this message; ``retry_after`` as it says.
            Refused: the shop answers 410 Gone: it wants no more callbacks here.
        """
        body = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
        now = int(time.time())
        headers = {
            "content-type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": str(now),
            "webhook-signature": sign(secret, message_id, now, body),
        }
        try:
            with self._client.stream("POST", url, content=body, headers=headers) as answer:
                self._read(answer)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol) as error:
            raise ReceiverDown("shop", f"cannot be reached: {type(error).__name__}") from error
        except httpx.HTTPError as error:
            raise UnknownOutcome("shop", f"did not answer: {type(error).__name__}") from error
        if answer.is_success:
            return
        if answer.status_code == _GONE:
            raise Refused("shop", "answers 410 Gone")
        kind = ReceiverDown if answer.is_server_error else NotDone
        raise kind(
            "shop", f"answers {answer.status_code}", _seconds(answer.headers.get("retry-after"))
        )

    def _read(self, answer: httpx.Response) -> None:
        """Read the rest of an answer, so that its connection is used again; but not for ever."""
        ends, size = time.monotonic() + self._timeout, 0
        for part in answer.iter_raw():
            size += len(part)
            if size > _MOST_BYTES or time.monotonic() > ends:
                return

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def _seconds(header: str | None) -> float | None:
    return float(header) if header is not None and header.isdigit() else None
