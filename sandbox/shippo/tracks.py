"""Tracks over HTTP: register, look up, and the control call that moves a parcel."""

from datetime import timedelta
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError, field_validator

from sandbox.core.http import Answer, ParsedRequest
from sandbox.core.store import Document
from sandbox.core.world import World, plain_error
from sandbox.shippo import courier, events
from sandbox.shippo.answers import RefusedError, api, metadata_of, order_in, stamp
from sandbox.shippo.rating import CARRIERS
from sandbox.shippo.statuses import SUBSTATUSES, details, substatus

_TEST_CARRIER, _TEST_PREFIX = "shippo", "SHIPPO_"
_JOURNEYS = {
    "UNKNOWN": ("UNKNOWN",),
    "PRE_TRANSIT": ("PRE_TRANSIT",),
    "TRANSIT": ("PRE_TRANSIT", "TRANSIT"),
    "DELIVERED": ("PRE_TRANSIT", "TRANSIT", "DELIVERED"),
    "RETURNED": ("PRE_TRANSIT", "TRANSIT", "RETURNED"),
    "FAILURE": ("PRE_TRANSIT", "TRANSIT", "FAILURE"),
}


@api
async def register(world: World, request: ParsedRequest) -> Answer:
    """Follow a parcel that may have been bought elsewhere; its current state is told at once."""
    body = request.json()
    carrier, number = body.get("carrier"), body.get("tracking_number")
    wrong = {
        name: "This field is required."
        for name in ("carrier", "tracking_number")
        if not isinstance(body.get(name), str) or not body[name]
    }
    if wrong:
        raise RefusedError(**wrong)
    carrier, number = _token(str(carrier)), str(number)
    if carrier != _TEST_CARRIER and carrier not in CARRIERS:
        raise RefusedError(carrier=f"Carrier {carrier} is not supported.")
    metadata = metadata_of(body)
    track = _find(world, carrier, number)
    if track is None:
        track = courier.blank(carrier, number)
        track |= {"metadata": metadata, "order": order_in(metadata)}
        world.store.put(courier.TRACK, number, track)
    shown = courier.shown(track)
    if track["tracking_history"]:
        events.track(world, track, shown)
    return Answer.json(shown)


@api
async def retrieve(world: World, request: ParsedRequest) -> Answer:
    """Where a parcel is; without a status where nothing is known of it."""
    carrier, number = _token(request.path_params["carrier"]), request.path_params["number"]
    track = _find(world, carrier, number) or courier.blank(carrier, number)
    return Answer.json(courier.shown(track))


class _Event(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    tracking_number: str
    status: Literal["UNKNOWN", "PRE_TRANSIT", "TRANSIT", "DELIVERED", "RETURNED", "FAILURE"]
    substatus: str | None = None
    status_date: AwareDatetime | None = None
    status_details: str | None = None
    object_id: str | None = None

    @field_validator("substatus")
    @classmethod
    def _known(cls, code: str | None) -> str | None:
        if code is not None and code not in SUBSTATUSES:
            raise ValueError(f"no substatus {code}, only {sorted(SUBSTATUSES)}")
        return code


async def control(world: World, request: ParsedRequest) -> Answer:
    """Let the courier report something. With a known `object_id`: tell the same event again."""
    try:
        event = _Event.model_validate(request.json())
    except ValidationError as error:
        return Answer.json(plain_error(422, str(error)), 422)
    track = courier.report(
        world,
        event.tracking_number,
        event.status,
        code=event.substatus,
        at=event.status_date,
        event_id=event.object_id,
        text=event.status_details,
    )
    if track is None:
        return Answer.json(plain_error(404, f"no parcel {event.tracking_number}"), 404)
    return Answer.json(courier.shown(track))


def _token(carrier: str) -> str:
    return carrier.strip().lower().replace(" ", "_")


def _find(world: World, carrier: str, number: str) -> Document | None:
    if carrier == _TEST_CARRIER:
        return _canned(world, number)
    track = world.store.get(courier.TRACK, number)
    return track if track is not None and track["carrier"] == carrier else None


def _canned(world: World, number: str) -> Document | None:
    """Shippo's test parcels, which have always been where their number says."""
    status = number.removeprefix(_TEST_PREFIX)
    if not number.startswith(_TEST_PREFIX) or status not in _JOURNEYS:
        return None
    now = world.clock.now()
    track = courier.blank(_TEST_CARRIER, number)
    journey = _JOURNEYS[status]
    for place, step in enumerate(journey):
        at = stamp(now - timedelta(days=len(journey) - place))
        event = {
            "object_id": f"{place:032x}",
            "object_created": at,
            "object_updated": at,
            "status": step,
            "status_details": details(step, None),
            "status_date": at,
            "substatus": substatus(step, None),
            "location": None,
        }
        track["tracking_history"].append(event)
    return track
