"""Callbacks to a shop: signed as Standard Webhooks says, so that a shop can use any library.

Source: standardwebhooks.com, "Standard Webhooks specification": the signature is HMAC-SHA256 over
``id.timestamp.body`` with the base64 secret behind ``whsec_``.
"""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.request import getproxies, proxy_bypass

import httpcore
import httpx

from domain.failures import NotDone, Refused, UnknownOutcome
from providers.deadline import Deadline

_PREFIX = "whsec_"
_GONE = 410
_SERVER_ERROR = 500
_IDLE_SECONDS = 5.0
_IDLE_CONNECTIONS = 20
_MOST_BYTES = 64 * 1024
"""Of an answer, for the connection's sake; what it says is of no interest beyond its status."""
_BODY_SECONDS = 0.5
"""For that body: a shop that lets it drip keeps nobody, its own next callback least of all."""


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

    Not httpx itself, which knows no deadline for a whole call; nor its async client, which with
    many in flight takes four times the CPU for each request.
    """

    def __init__(self, timeout: float = 10.0) -> None:
        """``timeout`` is in seconds, for a whole call: connecting, asking, and the answer."""
        self._timeout = timeout
        self._deadline = Deadline()
        self._pool = self._connections(None)
        proxies = getproxies()
        self._proxied = {
            scheme: self._connections(httpx.Proxy(proxies[scheme]))
            for scheme in ("http", "https")
            if scheme in proxies
        }

    def _connections(self, proxy: httpx.Proxy | None) -> httpcore.ConnectionPool:
        through = None
        if proxy is not None:
            through = httpcore.Proxy(_address(proxy.url), proxy.raw_auth, proxy.headers.raw)
        return httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context(),
            proxy=through,
            max_connections=None,
            max_keepalive_connections=_IDLE_CONNECTIONS,
            keepalive_expiry=_IDLE_SECONDS,
            network_backend=self._deadline,
        )

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
        headers: dict[bytes | str, bytes | str] = {
            "content-type": "application/json",
            "user-agent": "ordersaga",
            "webhook-id": message_id,
            "webhook-timestamp": str(now),
            "webhook-signature": sign(secret, message_id, now, body),
        }
        try:
            status, retry_after = self._post(httpx.URL(url), headers, body)
        except (
            httpcore.ConnectError,
            httpcore.ConnectTimeout,
            httpcore.ProxyError,
            httpcore.UnsupportedProtocol,
            httpx.InvalidURL,
        ) as error:
            raise ReceiverDown("shop", f"cannot be reached: {type(error).__name__}") from error
        except (
            httpcore.TimeoutException,
            httpcore.NetworkError,
            httpcore.ProtocolError,
        ) as error:
            raise UnknownOutcome("shop", f"did not answer: {type(error).__name__}") from error
        if httpx.codes.is_success(status):
            return
        if status == _GONE:
            raise Refused("shop", "answers 410 Gone")
        kind = ReceiverDown if status >= _SERVER_ERROR else NotDone
        raise kind("shop", f"answers {status}", _seconds(retry_after))

    def _post(
        self, url: httpx.URL, headers: Mapping[bytes | str, bytes | str], body: bytes
    ) -> tuple[int, str | None]:
        """The answer's status, and when it says that we shall come again."""
        proxied = url.scheme in self._proxied and not proxy_bypass(url.host)
        pool = self._proxied[url.scheme] if proxied else self._pool
        with (
            self._deadline.within(self._timeout),
            pool.stream("POST", _address(url), headers=headers, content=body) as answer,
            self._deadline.within(_BODY_SECONDS),
        ):
            _read(answer.iter_stream())
        return answer.status, httpx.Headers(answer.headers).get("retry-after")

    def close(self) -> None:
        """Close the connections."""
        for pool in (self._pool, *self._proxied.values()):
            pool.close()


def _address(url: httpx.URL) -> httpcore.URL:
    return httpcore.URL(
        scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
    )


def _read(parts: Iterable[bytes]) -> None:
    """Read the rest of an answer, so that its connection is used again; but not for ever: the
    shop has said all that matters."""
    size = 0
    try:
        for part in parts:
            size += len(part)
            if size > _MOST_BYTES:
                return
    except httpcore.ReadTimeout:
        return


def _seconds(header: str | None) -> float | None:
    """A number of seconds; anything else, and what nobody can mean, asks for nothing."""
    plain = header is not None and header.isascii() and header.isdigit() and len(header) < 10
    return float(header) if header is not None and plain else None
