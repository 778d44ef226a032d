"""The handoff document, version 1, as it goes over the wire to a warehouse."""

from typing import Any

from domain.address import Address
from domain.warehouse import CustomsLine, Handoff, HandoffLine


def document(handoff: Handoff) -> dict[str, Any]:
    """The document as JSON: lines in bin-route order, absent things as null, times as ISO 8601."""
    return {
        "version": handoff.version,
        "order": handoff.order,
        "shipment": handoff.shipment,
        "number": handoff.number,
        "shop": handoff.shop,
        "warehouse": handoff.warehouse,
        "channel": handoff.channel,
        "service_level": handoff.service_level,
        "ship_by": None if handoff.ship_by is None else handoff.ship_by.isoformat(),
        "ship_to": place(handoff.ship_to),
        "lines": [_line(line) for line in handoff.lines],
        "gift_note": handoff.gift_note or None,
        "notes": handoff.notes or None,
        "customs": _customs(handoff.customs, handoff.currency),
        **({"amendment": handoff.amendment} if handoff.amendment else {}),
    }


def place(address: Address) -> dict[str, Any]:
    """Where a shipment goes, as the warehouse reads it."""
    return {
        "name": address.name,
        "company": address.company or None,
        "lines": [line for line in (address.line1, address.line2) if line],
        "city": address.city,
        "region": address.region or None,
        "postal_code": address.postal_code or None,
        "country": address.country,
        "phone": address.phone or None,
    }


def _line(line: HandoffLine) -> dict[str, Any]:
    """``barcode`` is the one to print on a pick list; any of ``barcodes`` may be scanned."""
    return {
        "line": line.line,
        "sku": line.sku,
        "name": line.name,
        "barcode": line.barcodes[0] if line.barcodes else None,
        "barcodes": list(line.barcodes),
        "quantity": line.quantity,
        "bin": line.bin,
        "options": line.options,
        "note": line.note or None,
        "weight_grams": line.weight_grams,
    }


def _customs(lines: tuple[CustomsLine, ...], currency: str) -> dict[str, Any] | None:
    """Values are in the currency's minor unit, for all pieces of a line together."""
    if not lines:
        return None
    return {"currency": currency, "lines": [line.model_dump(mode="json") for line in lines]}
