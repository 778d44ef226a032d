"""Bodies as they come in: limited while they are read, decoded strictly, checked by a model."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Generic, TypeVar, cast

from fastapi import Request
from pydantic import ValidationError
from starlette.requests import ClientDisconnect

from api.fields import WHOLE_BODY, problems_of, unstorable_text
from api.problems import FieldProblem, ProblemError, invalid
from domain.model import Model

LIMIT = 1024 * 1024
"""Bytes of one body. An order of 200 lines with long notes needs a tenth of it."""
_DRAIN = 16 * LIMIT

Body = TypeVar("Body", bound=Model)


async def read_raw(request: Request, limit: int = LIMIT) -> bytes:
    """The body, counted while it comes in, whatever its Content-Length says.

    What is beyond the limit is read and thrown away for a while, so that the caller gets to read
    the answer instead of a cut connection.

    Raises:
        ProblemError: 413 over the limit, 400 where the caller went away half-way.
    """
    chunks: list[bytes] = []
    size = 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size <= limit:
                chunks.append(chunk)
            elif size > limit + _DRAIN:
                break
    except ClientDisconnect as gone:
        raise ProblemError(400, "the body ended half-way") from gone
    if size > limit:
        raise ProblemError(413, f"the body is larger than {limit} bytes; nothing was stored")
    return b"".join(chunks)


def check_media_type(request: Request, *allowed: str) -> None:
    """Refuse a body whose Content-Type is another one.

    Raises:
        ProblemError: 415.
    """
    said = request.headers.get("content-type", "")
    media_type, _, parameters = said.partition(";")
    charset = parameters.partition("charset=")[2].split(";")[0].strip().strip('"').lower()
    if media_type.strip().lower() not in allowed:
        raise ProblemError(415, f"send {' or '.join(allowed)}")
    if charset not in ("", "utf-8", "utf8"):
        raise ProblemError(415, "send UTF-8")


def parse_json(raw: bytes, parse_float: type | None = None) -> Any:
    """JSON in UTF-8, without NaN, without a name that stands twice in one object.

    Raises:
        ProblemError: 400 where it is no JSON, 422 with field paths where it holds text that
            cannot be stored.
    """
    try:
        body: Any = json.loads(
            raw.decode(),
            parse_constant=_no_constant,
            parse_float=parse_float,
            object_pairs_hook=_no_twin,
        )
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise ProblemError(400, f"the body is not JSON: {error.msg} ({where})") from error
    except UnicodeDecodeError as error:
        raise ProblemError(400, f"the body is not UTF-8 at byte {error.start}") from error
    except RecursionError as error:
        raise ProblemError(400, "the body is nested too deeply") from error
    except ValueError as error:
        raise ProblemError(400, f"the body is not JSON as it is read here: {error}") from error
    # Neither can come in but through an escape: UTF-8 and JSON refuse both as plain characters.
    problems = unstorable_text(body) if b"\\u" in raw else ()
    if problems:
        raise invalid(problems)
    return body


def parse_object(raw: bytes, parse_float: type | None = None) -> dict[str, Any]:
    """A JSON object.

    Raises:
        ProblemError: as `parse_json`, and 422 where it is something else.
    """
    body = parse_json(raw, parse_float)
    if not isinstance(body, dict):
        raise invalid((FieldProblem(field=WHOLE_BODY, message="must be a JSON object"),))
    return cast("dict[str, Any]", body)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number")


def _no_twin(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    body = dict(pairs)
    if len(body) != len(pairs):
        raise ValueError("a field stands twice in one object")
    return body


def validated(model: type[Body], body: object) -> Body:
    """The model that a decoded body says; unknown fields are refused.

    Raises:
        ProblemError: 422 with field paths.
    """
    try:
        return model.model_validate(body, extra="forbid")
    except ValidationError as error:
        raise invalid(problems_of(error, body)) from error


def digest(raw: bytes) -> str:
    """What tells two bodies apart without keeping either."""
    return hashlib.sha256(raw).hexdigest()


class RawBody:
    """A dependency that reads the request's body as bytes of one of these media types.

    ``model`` or ``schema`` and ``examples`` (by media type, name and value) are what the
    description of the API shows; fields in ``hidden`` are left out of it. A ``closed`` model takes
    no field that it does not name. ``any_type`` takes a body whatever its Content-Type says.
    """

    def __init__(
        self,
        *media_types: str,
        model: type[Model] | None = None,
        schema: dict[str, Any] | None = None,
        examples: dict[str, Any] | None = None,
        hidden: tuple[str, ...] = (),
        limit: int = LIMIT,
        closed: bool = True,
        any_type: bool = False,
    ) -> None:
        self.media_types = media_types
        self.model = model
        self.schema = schema or {"type": "string"}
        self.examples = examples or {}
        self.hidden = hidden
        self.closed = closed
        self._limit = limit
        self._any_type = any_type

    async def __call__(self, request: Request) -> Any:
        """The bytes.

        Raises:
            ProblemError: 400, 413 or 415.
        """
        if not self._any_type:
            check_media_type(request, *self.media_types)
        return await read_raw(request, self._limit)


class JsonBody(RawBody, Generic[Body]):
    """A dependency that reads the request's body as ``model``.

    Fields in ``from_path`` come from the part of the address that is named there, those in
    ``added`` from the server: neither can be sent.
    """

    def __init__(
        self,
        model: type[Body],
        examples: dict[str, Any] | None = None,
        from_path: Mapping[str, str] | None = None,
        added: tuple[str, ...] = (),
    ) -> None:
        self._from_path = from_path or {}
        hidden = (*self._from_path, *added)
        super().__init__("application/json", model=model, examples=examples, hidden=hidden)
        self._kind = model

    async def __call__(self, request: Request) -> Body:
        """Read, decode and check.

        Raises:
            ProblemError: 400, 413, 415 or 422.
        """
        body = parse_object(await super().__call__(request))
        foreign = tuple(
            FieldProblem(field=name, message="is not a field that can be sent here")
            for name in self.hidden
            if name in body
        )
        if foreign:
            raise invalid(foreign)
        given = {name: request.path_params[part] for name, part in self._from_path.items()}
        return validated(self._kind, body | given)
