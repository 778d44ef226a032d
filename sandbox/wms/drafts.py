"""What the warehouse would report of a shipment, with the mistakes that were scripted."""

from collections.abc import Callable

from sandbox.core.http import Fault
from sandbox.core.store import Document
from sandbox.core.world import World
from sandbox.wms.shipments import pieces

_CARTON_GRAMS = 60
_CARTON_MM = {"length_mm": 300, "width_mm": 200, "height_mm": 150}
_OTHER_BARCODE = "0000000000000"


def mistake(world: World, shipment: Document, action: str, *kinds: str) -> Fault | None:
    """The scripted mistake of one of these kinds at this moment, if there is one.

    `params.event` of a rule may name the action: picked, packed, handed_over, recall_result.
    """
    text = f"{shipment['order']} {shipment['shipment']}"
    return world.faults.fire("wms", "play", text, event=action, kinds=kinds)


def picked(world: World, shipment: Document) -> Document:
    """A full pick; `short_pick` (line, quantity, short) takes less, `wrong_barcode` scans another.

    `short` is why the others are missing for good; without it the picker says nothing of them.
    """
    fault = mistake(world, shipment, "picked", "short_pick", "wrong_barcode")
    wrong = None if fault is None else fault.params.get("line", _first_line(shipment))
    lines: list[Document] = []
    for line in shipment["handoff"]["lines"]:
        quantity, barcode = line["quantity"], line["barcode"]
        reason: Document = {}
        if fault is not None and line["line"] == wrong:
            if fault.kind == "short_pick":
                quantity = int(fault.params.get("quantity", quantity - 1))
                reason = {"short": fault.params["short"]} if "short" in fault.params else {}
            else:
                barcode = str(fault.params.get("barcode", _OTHER_BARCODE))
        lines.append(
            {
                "line": line["line"],
                "sku": line["sku"],
                "quantity": quantity,
                "barcodes": [barcode] * quantity if barcode else [],
                **reason,
            }
        )
    return {"lines": lines, "picker": "P7", "at": _now(world)}


def packed(world: World, shipment: Document) -> Document:
    """One carton with everything picked; `overweight` multiplies its weight by `factor`."""
    fault = mistake(world, shipment, "packed", "overweight")
    factor = 1.0 if fault is None else float(fault.params.get("factor", 2))
    each = {line["line"]: line["weight_grams"] or 0 for line in shipment["handoff"]["lines"]}
    content = pieces(shipment)
    net = sum(each[piece["line"]] * piece["quantity"] for piece in content)
    carton = {
        "reference": "1",
        "weight_grams": round((net + _CARTON_GRAMS) * factor),
        **_CARTON_MM,
        "lines": [{"line": piece["line"], "quantity": piece["quantity"]} for piece in content],
    }
    return {"parcels": [carton], "at": _now(world)}


def handed_over(world: World, shipment: Document) -> Document:
    """Everything released leaves on one manifest; unreleased, what was packed."""
    parcels = [parcel["parcel"] for parcel in shipment["released"]]
    if not parcels:
        cartons = range(1, len(shipment["parcels"]) + 1)
        parcels = [f"{shipment['shipment']}-p{number}" for number in cartons or (1,)]
    manifest = f"M-{world.store.next_number('wms.manifest'):06d}"
    return {"manifest": manifest, "parcels": parcels, "at": _now(world)}


def recall_result(world: World, shipment: Document) -> Document:
    """What became of the recall."""
    recall: Document = shipment["recall"] or {}
    outcome = recall.get("outcome") or "pulled"
    return {"outcome": outcome, "at": _now(world)}


DRAFTS: dict[str, Callable[[World, Document], Document]] = {
    "picked": picked,
    "packed": packed,
    "handed_over": handed_over,
    "recall_result": recall_result,
}
"""By action."""


def _first_line(shipment: Document) -> str:
    return shipment["handoff"]["lines"][0]["line"]


def _now(world: World) -> str:
    return world.clock.now().isoformat()
