"""A request as a vendor's handler sees it, and the answer it gives."""

import asyncio
import json
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import parse_qsl

from sandbox.core.store import Document


class BadJsonError(Exception):
    """The request's body is not a JSON object."""


def object_of(body: bytes) -> Document:
    """The JSON object in a body. Raises BadJsonError."""
    try:
        document: object = json.loads(body)
    except ValueError as error:
        raise BadJsonError(str(error)) from error
    if not isinstance(document, dict):
        raise BadJsonError("the body must be a JSON object")
    return cast("Document", document)


@dataclass(frozen=True)
class Fault:
    """A scripted fault that applies to this call."""

    kind: str
    params: Document


@dataclass
class ParsedRequest:
    """One call. `path` is without the vendor's prefix; header names are in lower case."""

    provider: str
    operation: str
    method: str
    path: str
    path_params: dict[str, str]
    query_string: str
    headers: dict[str, str]
    body: bytes
    fault: Fault | None = None
    delay_seconds: float = 0.0

    @property
    def query(self) -> dict[str, str]:
        """Query parameters; of a repeated one, the last."""
        return dict(parse_qsl(self.query_string, keep_blank_values=True))

    @property
    def idempotency_key(self) -> str | None:
        """The Idempotency-Key header."""
        return self.headers.get("idempotency-key")

    def json(self) -> Document:
        """The body as a JSON object. Raises BadJsonError, which is answered with 400."""
        return object_of(self.body)

    def haystack(self) -> str:
        """Where a fault rule's `order` is searched."""
        body = self.body.decode("utf-8", "replace")
        return "\n".join((self.path, self.query_string, self.idempotency_key or "", body))

    async def wait(self) -> None:
        """Play a `delay` fault here; only for operations that declare `waits_itself`."""
        if self.delay_seconds:
            await asyncio.sleep(self.delay_seconds)


@dataclass(frozen=True)
class Answer:
    """What goes back: a status, bytes and headers."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict[str, str])

    @classmethod
    def json(
        cls, document: object, status: int = 200, headers: dict[str, str] | None = None
    ) -> "Answer":
        """A JSON answer, in UTF-8."""
        body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
        return cls(status, body, {"content-type": "application/json"} | (headers or {}))

    @classmethod
    def content(cls, body: bytes, content_type: str, status: int = 200) -> "Answer":
        """Bytes of another type, such as a label."""
        return cls(status, body, {"content-type": content_type})

    @classmethod
    def empty(cls, status: int = 204, headers: dict[str, str] | None = None) -> "Answer":
        """No body."""
        return cls(status, b"", headers or {})
