"""Customs items and declarations, checked as a courier abroad would."""

import re

from sandbox.core.http import Answer, ParsedRequest
from sandbox.core.shapes import as_list, as_object
from sandbox.core.store import Document
from sandbox.core.world import World
from sandbox.shippo.answers import RefusedError, api, metadata_of, missing, new_object, page
from sandbox.shippo.countries import ALL
from sandbox.shippo.parcels import GRAMS, is_number

ITEM = "shippo.customs_item"
DECLARATION = "shippo.customs_declaration"
_CONTENTS = (
    "DOCUMENTS",
    "GIFT",
    "SAMPLE",
    "MERCHANDISE",
    "HUMANITARIAN_DONATION",
    "RETURN_MERCHANDISE",
    "OTHER",
)
_UNDELIVERED = ("ABANDON", "RETURN")
_INCOTERMS = ("DDP", "DDU", "FCA", "DAP", "eDAP")
_ITEM_TEXTS = ("sku_code", "hs_code", "tariff_number", "eccn_ear99")


@api
async def create_item(world: World, request: ParsedRequest) -> Answer:
    """Store one kind of goods."""
    return Answer.json(_item(world, request, request.json()), 201)


@api
async def retrieve_item(world: World, request: ParsedRequest) -> Answer:
    """An item by its id."""
    item = world.store.get(ITEM, request.path_params["id"])
    return missing() if item is None else Answer.json(item)


@api
async def list_items(world: World, request: ParsedRequest) -> Answer:
    """All items, newest first."""
    return page(request, world.store.list(ITEM, newest_first=True))


@api
async def create_declaration(world: World, request: ParsedRequest) -> Answer:
    """Store a declaration over items, given in full or by id."""
    return Answer.json(_declaration(world, request, request.json()), 201)


@api
async def retrieve_declaration(world: World, request: ParsedRequest) -> Answer:
    """A declaration by its id."""
    declaration = world.store.get(DECLARATION, request.path_params["id"])
    return missing() if declaration is None else Answer.json(declaration)


@api
async def list_declarations(world: World, request: ParsedRequest) -> Answer:
    """All declarations, newest first."""
    return page(request, world.store.list(DECLARATION, newest_first=True))


def resolve(world: World, request: ParsedRequest, given: object) -> Document | None:
    """A declaration in full or by id, as a shipment names it; None for none."""
    if given is None or given == "":
        return None
    if isinstance(given, str):
        found = world.store.get(DECLARATION, given)
        if found is None:
            text = f"Customs declaration with supplied object_id {given} not found."
            raise RefusedError(customs_declaration=text)
        return found
    body = as_object(given)
    if body is None:
        raise RefusedError(customs_declaration="A declaration or its object_id is required.")
    return _declaration(world, request, body)


def _declaration(world: World, request: ParsedRequest, body: Document) -> Document:
    wrong: dict[str, str] = {}
    if body.get("certify") is not True:
        wrong["certify"] = "The declaration must be certified."
    if not body.get("certify_signer"):
        wrong["certify_signer"] = "This field is required."
    if body.get("contents_type") not in _CONTENTS:
        wrong["contents_type"] = f"One of {', '.join(_CONTENTS)} is required."
    if body.get("contents_type") == "OTHER" and not body.get("contents_explanation"):
        wrong["contents_explanation"] = "Required for contents of type OTHER."
    if body.get("non_delivery_option") not in _UNDELIVERED:
        wrong["non_delivery_option"] = f"One of {', '.join(_UNDELIVERED)} is required."
    if body.get("incoterm") not in (None, "", *_INCOTERMS):
        wrong["incoterm"] = f"One of {', '.join(_INCOTERMS)} is required."
    exporter = body.get("exporter_identification")
    eori = (as_object(exporter) or {}).get("eori_number")
    if exporter is not None and not _is_eori(eori):
        wrong["exporter_identification"] = "eori_number: two letters and 6 to 17 signs."
    if not as_list(body.get("items")):
        wrong["items"] = "At least one item is required."
    if wrong:
        raise RefusedError(**wrong)
    declaration: Document = {
        name: value
        for name, value in body.items()
        if isinstance(value, str | bool) and name not in ("metadata", "items")
    }
    declaration |= new_object(world, request) | {
        "exporter_identification": exporter or {},
        "items": [_item_id(world, request, item) for item in body["items"]],
        "metadata": metadata_of(body),
        "object_state": "VALID",
    }
    world.store.put(DECLARATION, declaration["object_id"], declaration)
    return declaration


def _item_id(world: World, request: ParsedRequest, given: object) -> str:
    if isinstance(given, str):
        if world.store.get(ITEM, given) is None:
            raise RefusedError(items=f"Customs item with supplied object_id {given} not found.")
        return given
    body = as_object(given)
    if body is None:
        raise RefusedError(items="An item or its object_id is required.")
    return _item(world, request, body)["object_id"]


def _item(world: World, request: ParsedRequest, body: Document) -> Document:
    quantity = body.get("quantity")
    checks = {
        "description": (bool(body.get("description")), "This field is required."),
        "quantity": (_is_count(quantity), "A whole number above zero is required."),
        "net_weight": (is_number(body.get("net_weight")), "A decimal above zero is required."),
        "mass_unit": (body.get("mass_unit") in GRAMS, f"One of {', '.join(GRAMS)} is required."),
        "value_amount": (is_number(body.get("value_amount")), "A decimal above zero is required."),
        "value_currency": (
            _is_currency(body.get("value_currency")),
            "An ISO 4217 code is required.",
        ),
        "origin_country": (body.get("origin_country") in ALL, "An ISO 3166-1 code is required."),
        "tariff_number": _short(body, "tariff_number", 12),
        "hs_code": _short(body, "hs_code", 50),
    }
    wrong = {name: text for name, (good, text) in checks.items() if not good}
    if wrong:
        raise RefusedError(**wrong)
    item: Document = new_object(world, request) | {
        "description": str(body["description"]),
        "quantity": quantity,
        "net_weight": str(body["net_weight"]),
        "mass_unit": body["mass_unit"],
        "value_amount": str(body["value_amount"]),
        "value_currency": body["value_currency"],
        "origin_country": body["origin_country"],
        **{name: str(body.get(name) or "") for name in _ITEM_TEXTS},
        "metadata": metadata_of(body),
        "object_state": "VALID",
    }
    world.store.put(ITEM, item["object_id"], item)
    return item


def _is_eori(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[A-Z]{2}[A-Za-z0-9]{6,17}", value) is not None


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _is_currency(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[A-Z]{3}", value) is not None


def _short(body: Document, name: str, limit: int) -> tuple[bool, str]:
    text = f"Ensure this field has no more than {limit} characters."
    return len(str(body.get(name) or "")) <= limit, text
