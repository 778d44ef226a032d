"""What stands on a packing slip, as plain data for its template."""

from collections.abc import Iterable, Sequence

from domain.invoicing import pieces_by_line
from domain.order import Line, Order
from domain.record import OrderOnRecord
from domain.shipping import Label, PlannedParcel, Portion
from providers.barcodes import code128
from providers.document_parts import PAGE_LETTERS, article, breakable, day, facts, head, party
from providers.document_words import Words
from providers.fonts import Json

# About as many letters as fit where such a text stands.
_FACT_LETTERS = 22
_NOTE_LETTERS = 36


def packing_slip_data(
    on_record: OrderOnRecord,
    shipment: str,
    portions: Sequence[Portion],
    parcels: Sequence[PlannedParcel],
    labels: Iterable[Label],
    words: Words,
) -> dict[str, Json]:
    """What lies in which parcel, and for whom; no prices. Lines come as on the order.

    Raises:
        ValueError: a portion or a parcel names a line that the order does not have.
    """
    order, shop = on_record.order, on_record.shop
    count = pieces_by_line(order, portions)
    deliver_by = order.shipping.deliver_by
    return {
        **head(shop, words, words.packing_slip, order.number),
        "facts": facts(
            (words.order, breakable(order.number, _FACT_LETTERS)),
            (words.replaces, breakable(on_record.replaces, _FACT_LETTERS)),
            (words.ordered_on, day(order.placed_at, shop)),
            (words.shipment, shipment.rpartition("-s")[2]),
            (words.service, words.services[order.shipping.service_level]),
            (words.deliver_by, day(deliver_by, shop) if deliver_by else ""),
            (words.pieces, words.number(str(sum(count.values())))),
        ),
        "parties": [party(words.ship_to, order.shipping_address, words)],
        "barcodes": [
            {"title": title, "text": text, "bars": [list(bar) for bar in bars]}
            for title, text in ((words.shipment, shipment), (words.order, order.number))
            if (bars := code128(text))
        ],
        "lines": [
            _line(place, line, count[line.id], words)
            for place, line in enumerate(order.lines, 1)
            if line.id in count
        ],
        "parcels": _parcels(order, parcels, labels, words),
        "notes": facts(
            (words.note, breakable(order.notes, PAGE_LETTERS)),
            (words.gift_note, breakable(order.gift_note, PAGE_LETTERS)),
        ),
    }


def _line(place: int, line: Line, count: int, words: Words) -> dict[str, Json]:
    number, whole = words.number(str(count)), words.number(str(line.quantity))
    partial = words.of.format(count=number, whole=whole)
    return {
        **article(place, line, line.note),
        "quantity": number if count == line.quantity else partial,
        "note": breakable(line.note, _NOTE_LETTERS),
    }


def _parcels(
    order: Order, parcels: Sequence[PlannedParcel], labels: Iterable[Label], words: Words
) -> list[Json]:
    newest = {label.parcel: label for label in sorted(labels, key=lambda label: label.version)}
    rows: list[Json] = []
    for number, parcel in enumerate(parcels, 1):
        label = newest.get(parcel.id)
        rows.append(
            {
                "number": words.of.format(count=number, whole=len(parcels)),
                "weight": words.weight_of(parcel.weight_grams),
                "carrier": f"{label.carrier} {label.service}" if label else "",
                "tracking_number": breakable(label.tracking_number, _FACT_LETTERS) if label else "",
                "contents": _contents(order, parcel, words),
            }
        )
    return rows


def _contents(order: Order, parcel: PlannedParcel, words: Words) -> str:
    count = pieces_by_line(order, parcel.contents)
    return ", ".join(
        f"{words.number(str(count[line.id]))}\N{NO-BREAK SPACE}×\N{NO-BREAK SPACE}#{place}"
        for place, line in enumerate(order.lines, 1)
        if line.id in count
    )
