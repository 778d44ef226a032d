"""`POST /_sandbox/wms/do`: make the warehouse act, and see what it was answered."""

import json
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sandbox.core.http import Answer, ParsedRequest
from sandbox.core.store import Document
from sandbox.core.world import World, plain_error
from sandbox.wms import calls, floor
from sandbox.wms.drafts import DRAFTS
from sandbox.wms.handoff import complaints
from sandbox.wms.shipments import found, load, save, shown


class _Order(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    shipment: str
    warehouse: str | None = None
    action: Literal["picked", "packed", "handed_over", "recall_result", "hold", "resume"]
    body: dict[str, Any] = Field(default_factory=dict[str, Any])


async def do(world: World, request: ParsedRequest) -> Answer:
    """Act now. `body` overrides top-level fields of the report that would be made; `warehouse` says
    who acts, where a shipment has been with several.

    Answers {"status", "answer"} of the call that it led to; status 0 when nothing was heard,
    null when there was nobody to call. `hold` and `resume` answer the shipment's state.
    """
    try:
        order = _Order.model_validate(request.json())
    except ValidationError as error:
        return Answer.json({"errors": complaints(error)}, 422)
    shipment = found(world, order.shipment, order.warehouse)
    if shipment is None:
        return Answer.json(plain_error(404, f"no shipment {order.shipment}"), 404)
    if order.action == "hold":
        save(world, shipment | {"held": True})
        return Answer.json(shown(shipment))
    if order.action == "resume":
        floor.resume(world, shipment)
        return Answer.json(shown(shipment))
    return await _report(world, shipment, order.action, order.body)


async def _report(world: World, shipment: Document, action: str, overrides: Document) -> Answer:
    if action == "packed":
        shipment = await floor.read_slip(world, shipment)
    body = DRAFTS[action](world, shipment) | overrides
    try:
        floor.record(world, shipment, action, body)
    except (KeyError, TypeError) as error:
        # Sent all the same: whether nonsense is refused is what such a test is about.
        world.store.rollback()
        print(f"sandbox: {action} of {shipment['shipment']} is not on record: {error!r}")
        shipment = load(world, _name(shipment)) or shipment
    call = calls.write(world, shipment, action, body)
    if call is None:
        return Answer.json({"status": None, "answer": None})
    world.store.commit()
    fact = shipment["facts"]
    reply = await world.webhooks.call(call.url, call.body, call.headers)
    current = load(world, _name(shipment))
    if current is not None:
        heard = {"shipment": _name(current), "action": action, "fact": fact}
        floor.hear(world, current, heard | {"status": reply.status, "answer": reply.text})
    return Answer.json({"status": reply.status, "answer": _decoded(reply.text)})


def _name(shipment: Document) -> str:
    return shipment.get("place", shipment["shipment"])


def _decoded(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text
