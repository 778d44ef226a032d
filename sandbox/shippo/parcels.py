"""Parcels: weight and size, with the units and limits that Shippo takes."""

import re
from decimal import Decimal

from sandbox.core.http import Answer, ParsedRequest
from sandbox.core.shapes import as_object
from sandbox.core.store import Document
from sandbox.core.world import World
from sandbox.shippo.answers import RefusedError, api, metadata_of, missing, new_object, page

KIND = "shippo.parcel"
_NUMBER = re.compile(r"\d{1,6}(\.\d{1,4})?")
GRAMS = {
    "g": Decimal(1),
    "kg": Decimal(1000),
    "lb": Decimal("453.59237"),
    "oz": Decimal("28.349523125"),
}
_LENGTHS = ("cm", "in", "ft", "m", "mm", "yd")


@api
async def create(world: World, request: ParsedRequest) -> Answer:
    """Store a parcel."""
    parcel = read(world, request, request.json())
    world.store.put(KIND, parcel["object_id"], parcel)
    return Answer.json(parcel, 201)


@api
async def retrieve(world: World, request: ParsedRequest) -> Answer:
    """A parcel by its id."""
    parcel = world.store.get(KIND, request.path_params["id"])
    return missing() if parcel is None else Answer.json(parcel)


@api
async def list_all(world: World, request: ParsedRequest) -> Answer:
    """All parcels, newest first."""
    return page(request, world.store.list(KIND, newest_first=True))


def resolve(world: World, request: ParsedRequest, given: object) -> Document:
    """A parcel in full or by id, as a shipment names it. Raises RefusedError."""
    if isinstance(given, str):
        found = world.store.get(KIND, given)
        if found is None:
            raise RefusedError(parcels=f"Parcel with supplied object_id {given} not found.")
        return found
    body = as_object(given)
    if body is None:
        raise RefusedError(parcels="A parcel or its object_id is required.")
    parcel = read(world, request, body)
    world.store.put(KIND, parcel["object_id"], parcel)
    return parcel


def read(world: World, request: ParsedRequest, body: Document) -> Document:
    """A parcel object of what was given. Raises RefusedError."""
    wrong = {
        name: "A number above zero with at most six digits before and four after the point."
        for name in ("weight", "length", "width", "height")
        if not is_number(body.get(name))
    }
    if body.get("mass_unit") not in GRAMS:
        wrong["mass_unit"] = f"One of {', '.join(GRAMS)} is required."
    if body.get("distance_unit") not in _LENGTHS:
        wrong["distance_unit"] = f"One of {', '.join(_LENGTHS)} is required."
    if wrong:
        raise RefusedError(**wrong)
    names = ("weight", "mass_unit", "length", "width", "height", "distance_unit")
    return new_object(world, request) | {
        **{name: str(body[name]) for name in names},
        "object_state": "VALID",
        "template": None,
        "extra": body.get("extra") or {},
        "metadata": metadata_of(body),
    }


def is_number(value: object) -> bool:
    """Whether this is a positive decimal, as a string or a number, within Shippo's digits."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return False
    return _NUMBER.fullmatch(str(value)) is not None and Decimal(str(value)) > 0


def grams(parcel: Document) -> int:
    """The weight in grams, rounded up."""
    exact = Decimal(parcel["weight"]) * GRAMS[parcel["mass_unit"]]
    return int(exact.to_integral_value(rounding="ROUND_CEILING"))
