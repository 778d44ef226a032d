"""The warehouse's desk: what the shop's system asks of it, over HTTP."""

import hashlib
from functools import wraps

from pydantic import ValidationError

from sandbox.core.http import Answer, ParsedRequest
from sandbox.core.shapes import as_list, objects_in
from sandbox.core.world import OperationHandler, World
from sandbox.wms import floor
from sandbox.wms.handoff import Handoff, Replacement, ShipTo, complaints
from sandbox.wms.shipments import (
    MAIN,
    Status,
    load,
    never_taken,
    note,
    opened,
    pieces,
    place,
    put_away,
    save,
    shown,
)

_KEY = "wms.key"
_BEGUN = (Status.PICKED, Status.PACKED)


def known_caller(handler: OperationHandler) -> OperationHandler:
    """Refuse with 401 whoever shows no bearer token; any token is good. It says which warehouse is
    meant: the setting `tokens` names those that are not the main one's."""

    @wraps(handler)
    async def checked(world: World, request: ParsedRequest) -> Answer:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            return Answer.json({"reason": "a bearer token is needed"}, 401)
        return await handler(world, request)

    return checked


def _warehouse(world: World, request: ParsedRequest) -> str:
    token = request.headers.get("authorization", "").partition(" ")[2].strip()
    return world.settings.section("wms")["tokens"].get(token, MAIN)


def _place(world: World, request: ParsedRequest) -> str:
    return place(_warehouse(world, request), request.path_params["shipment"])


def once(handler: OperationHandler) -> OperationHandler:
    """The same Idempotency-Key gets the same answer, and one effect; another request 409."""

    @known_caller
    @wraps(handler)
    async def answered(world: World, request: ParsedRequest) -> Answer:
        key = request.idempotency_key
        if not key:
            return Answer.json({"reason": "an Idempotency-Key header is needed"}, 400)
        key = place(_warehouse(world, request), key)
        digest = hashlib.sha256(request.path.encode() + b"\n" + request.body).hexdigest()
        before = world.store.get(_KEY, key)
        if before is not None and before["digest"] != digest:
            return Answer.json({"reason": f"key {key} was used for another request"}, 409)
        if before is not None:
            return Answer(before["status"], before["body"].encode(), before["headers"])
        answer = await handler(world, request)
        kept = {"status": answer.status, "body": answer.body.decode(), "headers": answer.headers}
        world.store.put(_KEY, key, kept | {"digest": digest})
        return answer

    return answered


@once
async def take_handoff(world: World, request: ParsedRequest) -> Answer:
    """Accept or reject a shipment; 422 with field paths for a malformed document."""
    try:
        handoff = Handoff.model_validate_json(request.body).model_dump(mode="json")
    except ValidationError as error:
        return Answer.json({"status": "malformed", "errors": complaints(error)}, 422)
    warehouse = _warehouse(world, request)
    before = load(world, place(warehouse, handoff["shipment"]))
    if before is not None and before["status"] != Status.REJECTED:
        reason = f"{handoff['shipment']} is already here as {before['reference']}"
        return Answer.json({"status": "known", "reason": reason}, 409)
    fault = request.fault
    reference = f"WMS-{world.store.next_number('wms.reference'):06d}"
    silent = fault is not None and fault.kind == "silent"
    shipment = opened(handoff, reference, silent, warehouse)
    if fault is not None and fault.kind == "reject":
        reason = str(fault.params.get("reason", "the warehouse cannot take this shipment"))
        save(world, shipment | {"status": Status.REJECTED, "reason": reason})
        note(world, "handoff_rejected", shipment, reason=reason)
        return Answer.json({"status": "rejected", "reason": reason})
    save(world, shipment)
    names = ("line", "sku", "quantity")
    lines = [{name: line[name] for name in names} for line in handoff["lines"]]
    note(world, "handoff_accepted", shipment, lines=lines, silent=silent)
    floor.schedule(world, shipment, floor.Step.PICK)
    return Answer.json({"status": "accepted", "reference": reference})


@once
async def readdress(world: World, request: ParsedRequest) -> Answer:
    """Send a shipment elsewhere, until it is released; what was packed is packed anew."""
    try:
        to = ShipTo.model_validate(request.json().get("ship_to")).model_dump(mode="json")
    except ValidationError as error:
        return Answer.json({"status": "malformed", "errors": complaints(error)}, 422)
    shipment = load(world, _place(world, request))
    if shipment is None:
        return _unknown(request, 409)
    if shipment["status"] not in (Status.ACCEPTED, Status.PICKED, Status.PACKED):
        reason = f"{shipment['shipment']} is {shipment['status']}"
        return Answer.json({"status": shipment["status"], "reason": reason}, 409)
    shipment["handoff"] |= {"ship_to": to}
    packed = shipment["status"] == Status.PACKED
    if packed:
        shipment["status"] = Status.PICKED
    save(world, shipment)
    note(world, "readdressed", shipment, country=to["country"])
    if packed:
        floor.schedule(world, shipment, floor.Step.PACK)
    return Answer.json({"status": "readdressed"})


@once
async def amend(world: World, request: ParsedRequest) -> Answer:
    """Take a shipment in other lines, until somebody has begun to pick it."""
    try:
        handoff = Handoff.model_validate_json(request.body).model_dump(mode="json")
    except ValidationError as error:
        return Answer.json({"status": "malformed", "errors": complaints(error)}, 422)
    shipment, fault = load(world, _place(world, request)), request.fault
    if shipment is None:
        return _unknown(request, 404)
    begun = fault is not None and fault.kind == "refuse"
    begun = begun or shipment["replacement"] > 0
    if begun or shipment["status"] != Status.ACCEPTED:
        word = "being picked" if begun else shipment["status"]
        reason = f"{shipment['shipment']} is {word}"
        note(world, "amendment_refused", shipment, amendment=handoff["amendment"], reason=reason)
        return Answer.json({"status": "refused", "reason": reason})
    shipment |= {"handoff": handoff, "amendment": handoff["amendment"]}
    save(world, shipment)
    names = ("line", "sku", "quantity")
    lines = [{name: line[name] for name in names} for line in handoff["lines"]]
    note(world, "amended", shipment, amendment=handoff["amendment"], lines=lines)
    return Answer.json({"status": "amended"})


@once
async def replace(world: World, request: ParsedRequest) -> Answer:
    """Pick other lines from now on, until it is packed; what was picked is picked anew by them.

    A change that is not newer than the last one changes nothing.
    """
    try:
        new = Replacement.model_validate(request.json())
    except ValidationError as error:
        return Answer.json({"status": "malformed", "errors": complaints(error)}, 422)
    shipment = load(world, _place(world, request))
    if shipment is None:
        return _unknown(request, 409)
    if shipment["status"] not in (Status.ACCEPTED, Status.PICKED):
        reason = f"{shipment['shipment']} is {shipment['status']}"
        return Answer.json({"status": shipment["status"], "reason": reason}, 409)
    if new.replacement <= shipment["replacement"]:
        return Answer.json({"status": "replaced"})
    lines = [line.model_dump(mode="json") for line in new.lines]
    shipment["handoff"] |= {"lines": lines}
    shipment |= {"status": Status.ACCEPTED, "replacement": new.replacement, "waits_for_slip": False}
    save(world, shipment)
    names = ("line", "sku", "quantity")
    picks = [{name: line[name] for name in names} for line in lines]
    note(world, "replaced", shipment, replacement=new.replacement, lines=picks)
    floor.schedule(world, shipment, floor.Step.PICK)
    return Answer.json({"status": "replaced"})


@once
async def cancel(world: World, request: ParsedRequest) -> Answer:
    """Stop before release, and put away what was picked; after release it is too late.

    What is not here yet will never be taken: a handoff that was held up on its way comes too late.
    With `unless_picked` it is too late from the pick on.
    """
    reason = request.json().get("reason")
    name, warehouse = request.path_params["shipment"], _warehouse(world, request)
    shipment = load(world, place(warehouse, name))
    if shipment is None:
        save(world, never_taken(name, reason, warehouse))
        return Answer.json({"status": "cancelled"})
    begun = request.json().get("unless_picked") and shipment["status"] in _BEGUN
    if begun or shipment["status"] in (Status.RELEASED, Status.HANDED_OVER):
        return Answer.json({"status": "too_late"})
    if shipment["status"] in (Status.ACCEPTED, Status.PICKED, Status.PACKED):
        shipment |= {"status": Status.CANCELLED, "reason": reason}
        save(world, shipment)
        note(world, "cancelled", shipment, reason=reason, lines=pieces(shipment))
        put_away(world, shipment)
    return Answer.json({"status": "cancelled"})


@once
async def release(world: World, request: ParsedRequest) -> Answer:
    """The parcels may go. 409 when the shipment is unknown, will never go, or is asked back."""
    parcels = request.json().get("parcels")
    if not _are_parcels(parcels):
        reason = "parcels must be a list of {parcel, tracking_number, carrier}"
        return Answer.json({"status": "malformed", "reason": reason}, 422)
    shipment = load(world, _place(world, request))
    if shipment is None:
        return _unknown(request, 409)
    if shipment["status"] in (Status.REJECTED, Status.CANCELLED, Status.PULLED):
        reason = f"{shipment['shipment']} is {shipment['status']}"
        return Answer.json({"status": shipment["status"], "reason": reason}, 409)
    late = shipment["status"] == Status.HANDED_OVER
    if shipment["recall"] is not None and not late:
        reason = f"{shipment['shipment']} was recalled"
        return Answer.json({"status": "recalled", "reason": reason}, 409)
    shipment["released"] = parcels
    if not late:
        shipment["status"] = Status.RELEASED
    save(world, shipment)
    note(world, "released", shipment, parcels=parcels, late=late)
    if not late:
        floor.schedule(world, shipment, floor.Step.HAND_OVER)
    return Answer.json({"status": "released"})


@once
async def recall(world: World, request: ParsedRequest) -> Answer:
    """Ask for a parcel back. The outcome follows as a call: pulled, gone, or silence."""
    reason = request.json().get("reason")
    shipment = load(world, _place(world, request))
    if shipment is None:
        return _unknown(request, 404)
    if shipment["status"] in (Status.REJECTED, Status.CANCELLED):
        why = f"{shipment['shipment']} is {shipment['status']}"
        return Answer.json({"status": shipment["status"], "reason": why}, 409)
    note(world, "recall_asked", shipment, reason=reason, status=shipment["status"])
    floor.look_for(world, shipment)
    return Answer.json({"status": "asked"}, 202)


@known_caller
async def look_up(world: World, request: ParsedRequest) -> Answer:
    """Where a shipment stands; for callers who did not hear an answer."""
    shipment = load(world, _place(world, request))
    return _unknown(request, 404) if shipment is None else Answer.json(shown(shipment))


def _unknown(request: ParsedRequest, status: int) -> Answer:
    reason = f"no shipment {request.path_params['shipment']}"
    return Answer.json({"status": "unknown", "reason": reason}, status)


def _are_parcels(parcels: object) -> bool:
    given, found = as_list(parcels), objects_in(parcels)
    names = ("parcel", "tracking_number", "carrier")
    complete = all(isinstance(parcel.get(name), str) for parcel in found for name in names)
    return bool(given) and len(found) == len(given or []) and complete
