"""The codec endpoint: the Temporal UI and its command line read encrypted payloads through it.

A key opens what belongs to its shop. Payloads come and go as Temporal writes them in JSON.
"""

import base64
import binascii
import json
from collections.abc import Iterable
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.concurrency import run_in_threadpool
from pydantic import BeforeValidator, Field, ValidationError
from temporalio.api.common.v1 import Payload

from api.access import Wired
from api.bodies import RawBody, parse_object
from api.codec_sign_in import CodecKey
from api.fields import problems_of
from api.problems import away, invalid
from api.wiring import Wiring
from domain.model import Model
from runtime.codec import OrderCodec, shop_subject, subject_of
from runtime.master_keys import CodecFailure

router = APIRouter(prefix="/codec", tags=["codec"])


def _bytes(text: object) -> bytes:
    if not isinstance(text, str):
        raise ValueError("must be text in base64")
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("must be base64") from error


Base64 = Annotated[bytes, BeforeValidator(_bytes, json_schema_input_type=str)]


class SentPayload(Model):
    """A payload as Temporal writes it in JSON: bytes in base64."""

    metadata: dict[str, Base64] = Field(default_factory=dict)
    data: Base64 = b""


class SentPayloads(Model):
    """What the Temporal UI and its command line send."""

    payloads: Annotated[tuple[SentPayload, ...], Field(max_length=10_000)] = ()


class JsonPayload(Model):
    """A payload on its way back: the same form."""

    metadata: dict[str, str]
    data: str


class JsonPayloads(Model):
    """As many as came, in the same sequence."""

    payloads: tuple[JsonPayload, ...]


_LIMIT = 16 * 1024 * 1024
"""Bytes: the UI sends a page of a history at once."""

_PAYLOADS = RawBody("application/json", model=SentPayloads, closed=False, limit=_LIMIT)
Sent = Annotated[bytes, Depends(_PAYLOADS)]


@router.post("/decode", summary="Decrypt payloads")
async def decode(wiring: Wired, key: CodecKey, raw: Sent) -> JsonPayloads:
    """Plain payloads come back as they are; what cannot be read comes back as the reason why."""
    payloads = _read(raw)
    if wiring.codec is None:
        return _written(payloads)
    names = {name for one in payloads if (name := subject_of(one)) is not None}
    readable = await run_in_threadpool(_readable, wiring, key.shop, names)
    for name in names:
        # Another process may have destroyed the key a moment ago.
        wiring.codec.keyring.forget(name)
    return _written([await _shown(wiring.codec, one, readable) for one in payloads])


@router.post("/encode", summary="Encrypt payloads")
async def encode(wiring: Wired, key: CodecKey, raw: Sent) -> JsonPayloads:
    """With the shop's own key, as the Temporal UI does not say for which order."""
    payloads = _read(raw)
    if wiring.codec is None:
        return _written(payloads)
    codec = OrderCodec(wiring.codec.keyring, shop_subject(key.shop))
    try:
        return _written(await codec.encode(payloads))
    except (CodecFailure, ConnectionError) as error:
        raise away("the shop's key") from error


def _readable(wiring: Wiring, shop: str, names: Iterable[str]) -> frozenset[str]:
    owners = wiring.books.records.shops_of(names)
    own = {name for name, owner in owners.items() if owner == shop}
    return frozenset(own | {shop_subject(shop)})


async def _shown(codec: OrderCodec, payload: Payload, readable: frozenset[str]) -> Payload:
    name = subject_of(payload)
    if name is None:
        return payload
    if name not in readable:
        return _words("not decrypted: it belongs to no order of this key's shop")
    try:
        [shown] = await codec.decode([payload])
    except CodecFailure as failure:
        return _words(f"not decrypted: {failure}")
    except ConnectionError as error:
        raise away("the table of data keys") from error
    return shown if subject_of(shown) is None else _words("not decrypted: it was changed")


def _words(reason: str) -> Payload:
    return Payload(metadata={"encoding": b"json/plain"}, data=json.dumps(reason).encode())


def _read(raw: bytes) -> list[Payload]:
    """What a later release of the UI adds to a payload is not ours to refuse."""
    body = parse_object(raw)
    try:
        sent = SentPayloads.model_validate(body)
    except ValidationError as error:
        raise invalid(problems_of(error, body)) from error
    return [Payload(metadata=one.metadata, data=one.data) for one in sent.payloads]


def _written(payloads: Iterable[Payload]) -> JsonPayloads:
    return JsonPayloads(
        payloads=tuple(
            JsonPayload(
                metadata={name: _base64(value) for name, value in one.metadata.items()},
                data=_base64(one.data),
            )
            for one in payloads
        )
    )


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
