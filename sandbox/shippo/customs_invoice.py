"""The commercial invoice that goes with a parcel across a customs border, as a PDF."""

import json
from datetime import datetime
from functools import cache
from pathlib import Path

import typst

from sandbox.core.store import Document
from sandbox.core.world import World
from sandbox.shippo.answers import stored
from sandbox.shippo.customs import DECLARATION, ITEM
from sandbox.shippo.labels import address_lines

_TEMPLATE = Path(__file__).with_suffix(".typ")


@cache
def _compiler() -> typst.Compiler:
    return typst.Compiler(_TEMPLATE)


def draw(world: World, transaction: Document, shipment: Document) -> bytes:
    """The paper for what the shipment declares; the same bytes each time."""
    declaration = stored(world, DECLARATION, shipment["customs_declaration"]["object_id"])
    items = [stored(world, ITEM, key) for key in declaration["items"]]
    paper = {
        "sender": address_lines(shipment["address_from"]),
        "recipient": address_lines(shipment["address_to"]),
        "details": [transaction["tracking_number"], declaration["contents_type"]],
        "items": [
            [
                item["description"],
                str(item["quantity"]),
                item.get("hs_code") or item.get("tariff_number") or "",
                item["origin_country"],
                f"{item['net_weight']} {item['mass_unit']}",
                f"{item['value_amount']} {item['value_currency']}",
            ]
            for item in items
        ],
        "signer": declaration["certify_signer"],
    }
    drawn = _compiler().compile(
        format="pdf",
        sys_inputs={"paper": json.dumps(paper)},
        timestamp=int(datetime.fromisoformat(transaction["object_created"]).timestamp()),
    )
    if not isinstance(drawn, bytes):
        raise TypeError("an invoice of several files")
    return drawn
