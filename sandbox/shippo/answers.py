"""How Shippo answers: ids, time stamps, errors by field, pages, and who may ask."""

import secrets
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import wraps
from itertools import islice
from urllib.parse import urlencode

from sandbox.core.http import Answer, ParsedRequest
from sandbox.core.store import Document
from sandbox.core.world import OperationHandler, World

OWNER = "sandbox@ordersaga.example"
METADATA_LIMIT = 100
_SCHEMES = ("shippotoken", "bearer")
_PAGE, _LARGEST_PAGE = 25, 100


class RefusedError(Exception):
    """A request that Shippo answers with 400: messages by field."""

    def __init__(self, **fields: str) -> None:
        super().__init__(fields)
        self.fields: dict[str, list[str]] = {name: [text] for name, text in fields.items()}


def error_body(_: int, message: str) -> Document:
    """The body of a general failure."""
    return {"detail": message}


def missing() -> Answer:
    """404 for an object that is not there."""
    return Answer.json(error_body(404, "Not found."), 404)


def api(handler: OperationHandler) -> OperationHandler:
    """401 without a token, 400 for what the handler refuses. Any token is good."""

    @wraps(handler)
    async def answered(world: World, request: ParsedRequest) -> Answer:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() not in _SCHEMES or not token.strip():
            text = "Authentication credentials were not provided."
            return Answer.json(error_body(401, text), 401)
        try:
            return await handler(world, request)
        except RefusedError as refusal:
            world.store.rollback()
            return Answer.json(refusal.fields, 400)

    return answered


def stamp(moment: datetime) -> str:
    """A time as Shippo writes it: UTC, milliseconds."""
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def moment(text: str) -> datetime:
    """A time as Shippo writes it, read. Raises ValueError."""
    read = datetime.fromisoformat(text)
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def new_object(world: World, request: ParsedRequest) -> Document:
    """The fields that each object has."""
    now = stamp(world.clock.now())
    return {
        "object_id": secrets.token_hex(16),
        "object_created": now,
        "object_updated": now,
        "object_owner": OWNER,
        "test": "shippo_live" not in request.headers.get("authorization", ""),
    }


def stored(world: World, kind: str, key: str) -> Document:
    """A document that another one refers to; none is ever deleted. Raises LookupError."""
    found = world.store.get(kind, key)
    if found is None:
        raise LookupError(f"{kind} {key} is referred to, and not there")
    return found


def metadata_of(body: Document) -> str:
    """The caller's own remark. Raises RefusedError beyond 100 characters."""
    metadata = body.get("metadata") or ""
    if not isinstance(metadata, str) or len(metadata) > METADATA_LIMIT:
        raise RefusedError(metadata="Ensure this field has no more than 100 characters.")
    return metadata


def page(request: ParsedRequest, documents: Iterable[Document]) -> Answer:
    """One page of a list: `page` from 1, `results` up to 100. Raises RefusedError."""
    query = request.query
    number, size = _whole(query, "page", 1), min(_whole(query, "results", _PAGE), _LARGEST_PAGE)
    start = (number - 1) * size
    found = list(islice(documents, start, start + size + 1))
    following = number + 1 if len(found) > size else None
    return Answer.json(
        {
            "next": _address(request, following),
            "previous": _address(request, number - 1 or None),
            "results": found[:size],
        }
    )


def base(request: ParsedRequest) -> str:
    """Our own address as the caller knows it."""
    return f"http://{request.headers['host']}/shippo"


def order_in(*remarks: str) -> str | None:
    """The order that a remark such as `ord_x/s1/p1` belongs to."""
    for remark in remarks:
        first = remark.split("/", 1)[0]
        if first.startswith("ord_"):
            return first
    return None


def _address(request: ParsedRequest, number: int | None) -> str | None:
    if number is None:
        return None
    query = urlencode(request.query | {"page": str(number)})
    return f"{base(request)}{request.path}?{query}"


def _whole(query: dict[str, str], name: str, default: int) -> int:
    text = query.get(name, str(default))
    if not text.isdecimal() or int(text) < 1:
        raise RefusedError(**{name: "A valid integer above zero is required."})
    return int(text)
