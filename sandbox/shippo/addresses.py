"""Addresses: stored as given, validated on request, complete or not for a label."""

import re

from sandbox.core.http import Answer, ParsedRequest
from sandbox.core.shapes import as_object
from sandbox.core.store import Document
from sandbox.core.world import World
from sandbox.shippo.answers import RefusedError, api, metadata_of, missing, new_object, page
from sandbox.shippo.countries import ALL, WITH_STATE, WITHOUT_POSTAL_CODE

KIND = "shippo.address"
_TEXTS = (
    "name",
    "company",
    "street_no",
    "street1",
    "street2",
    "street3",
    "city",
    "state",
    "zip",
    "phone",
    "email",
)
_POSTAL_CODES = {
    "US": r"\d{5}(-\d{4})?",
    "DE": r"\d{5}",
    "FR": r"\d{5}",
    "IT": r"\d{5}",
    "ES": r"\d{5}",
    "AT": r"\d{4}",
    "CH": r"\d{4}",
    "NL": r"\d{4} ?[A-Z]{2}",
    "GB": r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}",
    "CA": r"[A-Z]\d[A-Z] ?\d[A-Z]\d",
    "JP": r"\d{3}-?\d{4}",
}
LINE_LIMIT = 35
"""Characters that a carrier prints of a name or a street line."""


@api
async def create(world: World, request: ParsedRequest) -> Answer:
    """Store an address; with `validate`, say at once whether it exists."""
    body = request.json()
    address = read(world, request, body)
    if body.get("validate") is True:
        address["validation_results"] = validated(address)
    world.store.put(KIND, address["object_id"], address)
    return Answer.json(address, 201)


@api
async def retrieve(world: World, request: ParsedRequest) -> Answer:
    """An address by its id."""
    address = world.store.get(KIND, request.path_params["id"])
    return missing() if address is None else Answer.json(address)


@api
async def validate(world: World, request: ParsedRequest) -> Answer:
    """Validate an address already stored."""
    address = world.store.get(KIND, request.path_params["id"])
    if address is None:
        return missing()
    address["validation_results"] = validated(address)
    world.store.put(KIND, address["object_id"], address)
    return Answer.json(address)


@api
async def list_all(world: World, request: ParsedRequest) -> Answer:
    """All addresses, newest first."""
    return page(request, world.store.list(KIND, newest_first=True))


def resolve(world: World, request: ParsedRequest, field: str, given: object) -> Document:
    """An address in full or by id, as a shipment names it. Raises RefusedError."""
    if isinstance(given, str):
        found = world.store.get(KIND, given)
        if found is None:
            raise RefusedError(**{field: f"Address with supplied object_id {given} not found."})
        return found
    body = as_object(given)
    if body is None:
        raise RefusedError(**{field: "This field is required."})
    address = read(world, request, body)
    if body.get("validate") is True:
        address["validation_results"] = validated(address)
    world.store.put(KIND, address["object_id"], address)
    return address


def read(world: World, request: ParsedRequest, body: Document) -> Document:
    """An address object of what was given. Raises RefusedError."""
    country = body.get("country")
    if not isinstance(country, str) or not country:
        raise RefusedError(country="This field is required.")
    if country.upper() not in ALL:
        raise RefusedError(country=f"{country} is no ISO 3166-1 country code.")
    wrong = {name: "Not a valid string." for name in _TEXTS if not _is_text(body.get(name))}
    if wrong:
        raise RefusedError(**wrong)
    address = new_object(world, request)
    address |= {name: (body.get(name) or "").strip() for name in _TEXTS}
    address |= {
        "country": country.upper(),
        "is_residential": body.get("is_residential"),
        "metadata": metadata_of(body),
        "validation_results": {},
    }
    address["is_complete"] = not lacking(address)
    return address


def lacking(address: Document) -> list[str]:
    """Fields without which no label is printed."""
    needed = ["name", "street1", "city"]
    if address["country"] not in WITHOUT_POSTAL_CODE:
        needed.append("zip")
    if address["country"] in WITH_STATE:
        needed.append("state")
    return [name for name in needed if not address[name]]


def unprintable(address: Document) -> list[str]:
    """Why a carrier would not print this address: too long, or not in Latin-1."""
    found = [
        f"{name} must not exceed {LINE_LIMIT} characters"
        for name in ("name", "company", "street1", "street2", "street3", "city")
        if len(address[name]) > LINE_LIMIT
    ]
    for name in _TEXTS:
        try:
            address[name].encode("latin-1")
        except UnicodeEncodeError:
            found.append(f"{name} has characters that this carrier cannot print")
    return found


def validated(address: Document) -> Document:
    """The verdict, the same for the same address: postal code 00000 and NOWHERE do not exist."""
    messages = [
        _message("street_detail_missing", f"{name} is missing.") for name in lacking(address)
    ]
    if address["zip"] == "00000":
        messages.append(_message("postal_code_not_found", "The postal code does not exist."))
    elif not _fits(address):
        text = f"The postal code has not the form used in {address['country']}."
        messages.append(_message("invalid_postal_code", text))
    if "NOWHERE" in f"{address['street1']} {address['street2']}".upper():
        messages.append(_message("unknown_street", "The street was not found in this place."))
    return {"is_valid": not messages, "messages": messages}


def _fits(address: Document) -> bool:
    pattern = _POSTAL_CODES.get(address["country"])
    code = address["zip"].upper()
    return pattern is None or not code or re.fullmatch(pattern, code) is not None


def _message(code: str, text: str) -> Document:
    return {
        "source": "Shippo Address Validator",
        "code": code,
        "text": text,
        "type": "address_error",
    }


def _is_text(value: object) -> bool:
    return value is None or isinstance(value, str)
