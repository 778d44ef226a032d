"""Shipments: from where, to where, which parcel; and the rates that carriers offer for it."""

import operator
from collections.abc import Callable
from datetime import datetime

from sandbox.core.http import Answer, ParsedRequest
from sandbox.core.shapes import as_list
from sandbox.core.store import Document
from sandbox.core.world import World
from sandbox.shippo import addresses, customs, parcels, rating
from sandbox.shippo.answers import (
    RefusedError,
    api,
    metadata_of,
    missing,
    moment,
    new_object,
    page,
    stored,
)

KIND = "shippo.shipment"
RATE = "shippo.rate"
_PRIVATE = ("amount_minor", "carrier")
_FILTERS: dict[str, Callable[[datetime, datetime], bool]] = {
    "object_created_gt": operator.gt,
    "object_created_gte": operator.ge,
    "object_created_lt": operator.lt,
    "object_created_lte": operator.le,
}


@api
async def create(world: World, request: ParsedRequest) -> Answer:
    """Rate one parcel between two addresses. With `async`, the rates come with the next GET."""
    body = request.json()
    given = as_list(body.get("parcels")) or []
    if len(given) != 1:
        raise RefusedError(parcels="This account ships exactly one parcel for each shipment.")
    origin = addresses.resolve(world, request, "address_from", body.get("address_from"))
    destination = addresses.resolve(world, request, "address_to", body.get("address_to"))
    back = body.get("address_return")
    parcel = parcels.resolve(world, request, given[0])
    declaration = customs.resolve(world, request, body.get("customs_declaration"))
    shipment: Document = new_object(world, request) | {
        "status": "SUCCESS",
        "address_from": origin,
        "address_to": destination,
        "address_return": origin
        if back is None
        else addresses.resolve(world, request, "address_return", back),
        "parcels": [parcel],
        "customs_declaration": declaration,
        "shipment_date": body.get("shipment_date"),
        "extra": body.get("extra") or {},
        "metadata": metadata_of(body),
        "carrier_accounts": body.get("carrier_accounts") or [],
        "messages": [],
        "rates": [],
    }
    _rate(world, request, shipment)
    world.store.put(KIND, shipment["object_id"], shipment)
    if body.get("async") is True:
        shipment |= {"status": "QUEUED", "rates": []}
    return Answer.json(shown(world, shipment), 201)


@api
async def retrieve(world: World, request: ParsedRequest) -> Answer:
    """A shipment with its rates."""
    shipment = world.store.get(KIND, request.path_params["id"])
    return missing() if shipment is None else Answer.json(shown(world, shipment))


@api
async def list_all(world: World, request: ParsedRequest) -> Answer:
    """Shipments, newest first, narrowed by their time of creation."""
    found = [
        shown(world, shipment)
        for shipment in world.store.list(KIND, newest_first=True)
        if _wanted(shipment, request.query)
    ]
    return page(request, found)


@api
async def rates(world: World, request: ParsedRequest) -> Answer:
    """The rates of a shipment; with a currency in the path, those in that currency."""
    shipment = world.store.get(KIND, request.path_params["id"])
    if shipment is None:
        return missing()
    code = request.path_params.get("currency")
    found = shown(world, shipment)["rates"]
    return page(request, [rate for rate in found if code in (None, rate["currency"])])


@api
async def rate(world: World, request: ParsedRequest) -> Answer:
    """One rate by its id."""
    found = world.store.get(RATE, request.path_params["id"])
    return missing() if found is None else Answer.json(shown_rate(found))


def shown(world: World, shipment: Document) -> Document:
    """A shipment as the API gives it, its rates in full."""
    found = (stored(world, RATE, key) for key in shipment["rates"])
    return shipment | {"rates": [shown_rate(rate) for rate in found]}


def shown_rate(rate: Document) -> Document:
    """A rate as the API gives it."""
    return {name: value for name, value in rate.items() if name not in _PRIVATE}


def _rate(world: World, request: ParsedRequest, shipment: Document) -> None:
    origin, destination = shipment["address_from"], shipment["address_to"]
    if rating.needs_customs(origin, destination) and shipment["customs_declaration"] is None:
        text = "A customs declaration is required for shipments across a customs border."
        shipment["messages"].append(_message("customs_declaration_required", text))
        return
    quotes = rating.quote(origin, destination, parcels.grams(shipment["parcels"][0]))
    wanted = shipment["carrier_accounts"]
    for quoted in quotes:
        if wanted and quoted["carrier_account"] not in wanted:
            continue
        found: Document = new_object(world, request) | quoted | {"shipment": shipment["object_id"]}
        world.store.put(RATE, found["object_id"], found)
        shipment["rates"].append(found["object_id"])
    if not shipment["rates"]:
        text = "No carrier takes a parcel of this weight between these addresses."
        shipment["messages"].append(_message("no_rates", text))


def _message(code: str, text: str) -> Document:
    return {"source": "Shippo", "code": code, "text": text}


def _wanted(shipment: Document, query: dict[str, str]) -> bool:
    created = moment(shipment["object_created"])
    for name, fits in _FILTERS.items():
        if name in query:
            try:
                limit = moment(query[name])
            except ValueError as error:
                raise RefusedError(**{name: "An ISO 8601 time is required."}) from error
            if not fits(created, limit):
                return False
    return True
