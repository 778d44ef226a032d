"""Signals as they come in: decoded here, so that a malformed one never fails an order."""

from typing import TypeVar

from temporalio import workflow
from temporalio.api.common.v1 import Payload
from temporalio.common import RawValue

from domain.model import Model

NOTHING = RawValue(Payload())
"""What a signal that came without a payload, or with several, is taken to hold."""

Message = TypeVar("Message", bound=Model)


class Malformed(Exception):
    """A signal whose payload is not what the signal takes; the message says where."""


def decode(kind: type[Message], raw: RawValue) -> Message:
    """Decode a signal's payload.

    Raises:
        Malformed: with field paths, and without the values, which may be personal.
    """
    try:
        data = workflow.payload_converter().from_payload(raw.payload)
    except (ValueError, TypeError, KeyError, RuntimeError) as error:
        raise Malformed("it needs one payload of JSON") from error
    try:
        return kind.read(data)
    except ValueError as error:
        raise Malformed(str(error)) from error
