"""What the warehouse reports: picked, packed, handed over, and what became of a recall."""

from collections.abc import Iterable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header
from pydantic import AfterValidator

from api.access import WarehouseKey, Wired
from api.bodies import JsonBody
from api.parameters import Name, printable
from api.warehouse_intake import Received, take_report
from api.wiring import Wiring
from backoffice.handoffs import ShipmentState
from domain.shipping import Portion
from domain.warehouse import (
    HandedOver,
    Packed,
    Picked,
    PickedLine,
    RecallResult,
    problems_of_contents,
    problems_of_pick,
)

router = APIRouter(prefix="/warehouse/shipments/{shipment}", tags=["warehouse"])

_AT = "2026-03-02T14:05:00Z"
_LINE = {
    "line": "1",
    "sku": "MUG-BLUE",
    "quantity": 2,
    "barcodes": ["4006381333931", "4006381333931"],
}
_PARCEL = {
    "reference": "1",
    "weight_grams": 760,
    "length_mm": 300,
    "width_mm": 200,
    "height_mm": 150,
    "lines": [{"line": "1", "quantity": 2}],
}


def _body(
    model: Any, example: dict[str, Any], *others: tuple[str, dict[str, Any]]
) -> JsonBody[Any]:
    examples = {"a report": example | {"at": _AT}} | dict(others)
    return JsonBody(model, examples, from_path={"shipment": "shipment"}, added=("id", "warehouse"))


_SHORT = _LINE | {"quantity": 1, "barcodes": ["4006381333931"], "short": "one broken"}
_PICKED = _body(Picked, {"lines": [_LINE], "picker": "P7"}, ("one is missing", {"lines": [_SHORT]}))
_PACKED = _body(Packed, {"parcels": [_PARCEL]})
_HANDED_OVER = _body(HandedOver, {"manifest": "M-000001", "parcels": []})
_RECALL = _body(RecallResult, {"outcome": "pulled"})

Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        description="one for each fact; without it, the body tells repetitions apart",
    ),
    AfterValidator(printable),
]


@router.post("/picked", status_code=202, summary="It is picked")
def picked(
    wiring: Wired,
    key: WarehouseKey,
    shipment: Name,
    report: Annotated[Picked, Depends(_PICKED)],
    idempotency_key: Key = None,
) -> Received:
    """Every line that was handed off, with the barcodes that were scanned.

    Pieces that are missing for good are reported with the reason in `short` (quantity 0 where none
    is there): the shop's policy decides what ships, and the packing slip tells. `substitutes` may
    name what lies ready in their place. Until it is decided it may be picked anew. A barcode,
    SKU or quantity that does not fit is answered 422 with the reasons; too few pieces without
    `short` also become a case for support.
    """

    def problems(state: ShipmentState) -> tuple[str, ...]:
        found = problems_of_pick(state.handoff.lines, report)
        return found or _unknown_articles(wiring, state.shop, report)

    def missing(state: ShipmentState) -> bool:
        wanted = {line.line: line.quantity for line in state.handoff.lines}
        return any(line.quantity < wanted.get(line.line, 0) for line in report.lines)

    return take_report(wiring, key, "picked", report, idempotency_key, problems, missing)


def _unknown_articles(wiring: Wiring, shop: str, report: Picked) -> tuple[str, ...]:
    skus = tuple(sorted({one.sku for one in report.substitutes}))
    if not skus:
        return ()
    known = wiring.books.catalogue.products(shop, skus)
    return tuple(
        f"substitutes.{place}.sku: {one.sku} is not in the catalogue"
        for place, one in enumerate(report.substitutes)
        if one.sku not in known
    )


@router.post("/packed", status_code=202, summary="It is packed")
def packed(
    wiring: Wired,
    key: WarehouseKey,
    shipment: Name,
    report: Annotated[Packed, Depends(_PACKED)],
    idempotency_key: Key = None,
) -> Received:
    """The parcels as they stand on the scale, and what lies in each: just what was picked, or,
    where pieces were missing, what the packing slip lists."""

    def problems(state: ShipmentState) -> tuple[str, ...]:
        return problems_of_contents(_to_pack(state), report)

    return take_report(wiring, key, "packed", report, idempotency_key, problems)


def _to_pack(state: ShipmentState) -> Iterable[PickedLine | Portion]:
    return state.picked or () if state.to_pack is None else state.to_pack


@router.post("/handed-over", status_code=202, summary="The courier has it")
def handed_over(
    wiring: Wired,
    key: WarehouseKey,
    shipment: Name,
    report: Annotated[HandedOver, Depends(_HANDED_OVER)],
    idempotency_key: Key = None,
) -> Received:
    """The manifest scan; without parcels, all of them.

    That goods have left is taken down even where they were not released: it is a fact, and the
    order deals with it at once.
    """

    def problems(state: ShipmentState) -> tuple[str, ...]:
        known = {label.parcel for label in state.labels}
        return tuple(
            f"parcels.{place}: {parcel} is no parcel of this shipment"
            for place, parcel in enumerate(report.parcels)
            if known and parcel not in known
        )

    return take_report(wiring, key, "handed_over", report, idempotency_key, problems)


@router.post("/recall-result", status_code=202, summary="What became of a recall")
def recall_result(
    wiring: Wired,
    key: WarehouseKey,
    shipment: Name,
    report: Annotated[RecallResult, Depends(_RECALL)],
    idempotency_key: Key = None,
) -> Received:
    """The parcel could still be pulled, or it is gone."""
    return take_report(wiring, key, "recall_result", report, idempotency_key, lambda _state: ())
