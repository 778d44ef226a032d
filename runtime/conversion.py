"""Payloads as pydantic's JSON, read by one set of type adapters for the whole process."""

from typing import Any, cast

from pydantic import BaseModel
from temporalio.api.common.v1 import Payload
from temporalio.contrib.pydantic import PydanticJSONPlainPayloadConverter, PydanticPayloadConverter
from temporalio.converter import CompositePayloadConverter, DataConverter

_FIELDS_SET = "__pydantic_fields_set__"
_all_fields: dict[type, set[str]] = {}


class _LeanJson(PydanticJSONPlainPayloadConverter):
    """Models note which of their fields were given; here that is all of them nearly always, and
    the note, a set for each model, would be a fifth of what an order in memory takes."""

    def from_payload(self, payload: Payload, type_hint: type | None = None) -> Any:
        value = super().from_payload(payload, type_hint)
        share_fields_set(value)
        return value


def share_fields_set(value: object) -> None:
    """Let all models of a type within a value share one note that every field was given.

    Nobody changes such a note: models are frozen, and a copy gets a copy of it.
    """
    if isinstance(value, BaseModel):
        kind = type(value)
        if len(value.model_fields_set) == len(kind.model_fields):
            shared = _all_fields.setdefault(kind, value.model_fields_set)
            object.__setattr__(value, _FIELDS_SET, shared)
        for part in vars(value).values():
            share_fields_set(part)
    elif isinstance(value, tuple):
        for part in cast("tuple[object, ...]", value):
            share_fields_set(part)


_JSON = _LeanJson()
_CONVERTERS = tuple(
    _JSON if converter.encoding == _JSON.encoding else converter
    for converter in PydanticPayloadConverter().converters.values()
)


class SharedConverter(CompositePayloadConverter):
    """The SDK makes a converter for each workflow, and pydantic's would build each type's adapter
    anew in it: 10 KiB and a few milliseconds for every order in memory."""

    def __init__(self) -> None:
        super().__init__(*_CONVERTERS)


DATA_CONVERTER = DataConverter(payload_converter_class=SharedConverter)
"""Without encryption."""
