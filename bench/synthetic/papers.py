"""What is on paper about a shipment: labels, slip, invoice, and what takes their place."""

from datetime import timedelta

from psycopg.types.json import Jsonb

from bench.synthetic.telling import FEE, PRICE, Telling
from domain.shipping import LabelFormat

Portions = dict[str, int]


def hand_off(telling: Telling, warehouse: str) -> None:
    """The warehouse has it."""
    telling.rows.add(
        "handoffs",
        shipment=telling.unit,
        order_id=telling.order,
        document=Jsonb({}),
        accepted=True,
        reference="WMS-1",
        reason="",
        at=telling.now,
        warehouse=warehouse,
    )


def label(telling: Telling, carrier: str, version: int, *, void: bool, returned: bool) -> None:
    """A bought label, void or live."""
    name = f"{telling.unit}-p1-l{version}"
    telling.rows.add(
        "labels",
        id=name,
        order_id=telling.order,
        shipment=telling.unit,
        parcel=f"{telling.unit}-p1",
        version=version,
        carrier=carrier,
        service="parcel",
        tracking_number=f"T-{name}",
        transaction=f"tx-{name}",
        cost=550,
        currency="EUR",
        format=LabelFormat.PDF.value,
        url="",
        bought_at=telling.now,
        voided_at=telling.now + timedelta(hours=1) if void else None,
        courier_status="returned" if returned else "delivered",
    )


def void_labels(telling: Telling) -> None:
    """None of a shipment's labels is live any more."""
    for row in telling.rows.of["labels"][-2:]:  # it has two at most, and they are the newest
        if row["shipment"] == telling.shipment and row["voided_at"] is None:
            row["voided_at"] = telling.now


def paper(telling: Telling, kind: str, version: int, *, printed: bool) -> str:
    """A document in the print queue; its key."""
    key = f"{telling.unit}:{kind}:{version}"
    telling.rows.add(
        "documents",
        key=key,
        order_id=telling.order,
        shipment=telling.unit,
        kind=kind,
        format="pdf",
        content=b"%PDF-synthetic",
        number="",
        label=f"{telling.unit}-p1-l{version}" if kind == "label" else "",
        created_at=telling.now,
    )
    if kind != "credit_note":
        telling.rows.add(
            "print_jobs",
            document=key,
            shop=telling.rows.shop,
            state="printed" if printed else "withdrawn",
            attempts=1,
            reason="",
        )
    return key


def invoice(telling: Telling, portions: Portions, version: int, *, taken_back: bool) -> int:
    """An invoice for these pieces, and its credit note where it does not stand; its gross."""
    free = telling.way.terms == "nothing_due"
    first = (telling.unit).endswith("-s1")
    gross = 0 if free else sum(portions.values()) * PRICE + (FEE if first else 0)
    number = telling.rows.next_paper()
    shared = {
        "shop": telling.rows.shop,
        "year": telling.now.year,
        "order_id": telling.order,
        "shipment": telling.unit,
        "issued_at": telling.now,
        "tax": 0,
    }
    key = f"{telling.unit}:papers:{version}"
    telling.rows.add(
        "invoices",
        key=key,
        sequence=number,
        number=f"INV-{number}",
        document=paper(telling, "invoice", version, printed=True),
        net=gross,
        gross=gross,
        portions=Jsonb([{"line": line, "quantity": count} for line, count in portions.items()]),
        part=Jsonb({}),
        **shared,
    )
    if taken_back:
        telling.rows.add(
            "credit_notes",
            key=f"{key}:credit",
            sequence=number,
            number=f"CN-{number}",
            document=paper(telling, "credit_note", version, printed=False),
            net=-gross,
            gross=-gross,
            invoice=key,
            reason="recalled",
            **shared,
        )
    return gross


def write_off(telling: Telling, warehouse: str, sku: str) -> None:
    """A piece is missing for good."""
    telling.rows.add(
        "stock_entries",
        shop=telling.rows.shop,
        key=f"{telling.unit}:write_off:1:{sku}",
        sku=sku,
        warehouse=warehouse,
        kind="write_off",
        on_hand=-1,
        reserved=-1,
        order_id=telling.order,
        shipment=telling.unit,
        at=telling.now,
        note="",
    )
