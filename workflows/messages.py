"""Signals and updates as they come in: a malformed one never fails an order, none is half heard."""

from datetime import timedelta
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


async def in_the_history() -> None:
    """Wait until the update that is being handled is in the order's history for good.

    The engine keeps an update with the workflow task that accepts it. Were that task's end lost,
    the update would never have been: so nothing is done about it, and nothing put on record, before
    the timer, which is in the history with it, has fired.
    """
    if workflow.patched("an-update-is-in-the-history-first"):
        await workflow.sleep(timedelta(milliseconds=1))


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
