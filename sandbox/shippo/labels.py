"""Labels as a printer gets them: PDF and PNG drawn from one template, ZPL as commands."""

import json
import math
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

import typst

from sandbox.core.store import Document
from sandbox.shippo.code128 import bars

_TEMPLATE = Path(__file__).with_name("label.typ")
_PRINTER_DPI = 203


class Sheet(NamedTuple):
    """A page and the label on it, in millimetres."""

    width: float
    height: float
    label: tuple[float, float] | None = None


FORMATS: dict[str, Sheet] = {
    "PNG": Sheet(101.6, 152.4),
    "PNG_2.3x7.5": Sheet(58.4, 190.5),
    "PDF": Sheet(215.9, 279.4, (101.6, 152.4)),
    "PDF_2.3x7.5": Sheet(58.4, 190.5),
    "PDF_4x6": Sheet(101.6, 152.4),
    "PDF_4x8": Sheet(101.6, 203.2),
    "PDF_A4": Sheet(210, 297, (101.6, 152.4)),
    "PDF_A5": Sheet(148, 210, (101.6, 152.4)),
    "PDF_A6": Sheet(105, 148),
    "ZPLII": Sheet(101.6, 152.4),
}
"""By `label_file_type`."""
_TYPES = {"pdf": "application/pdf", "png": "image/png", "zpl": "application/zpl"}


def ending(kind: str) -> Literal["zpl", "png", "pdf"]:
    """The file name's ending for a `label_file_type`."""
    if kind == "ZPLII":
        return "zpl"
    return "png" if kind.startswith("PNG") else "pdf"


def draw(transaction: Document, shipment: Document) -> tuple[bytes, str]:
    """The label's bytes and their media type; the same bytes each time."""
    kind = transaction["label_file_type"]
    file = ending(kind)
    texts = _texts(transaction, shipment)
    body = _zpl(texts) if file == "zpl" else _drawn(texts, FORMATS[kind], file, transaction)
    return body, _TYPES[file]


def _texts(transaction: Document, shipment: Document) -> Document:
    parcel = shipment["parcels"][0]
    sizes = " x ".join(parcel[name] for name in ("length", "width", "height"))
    return {
        "carrier": transaction["provider"],
        "service": transaction["servicelevel"]["name"],
        "sender": address_lines(shipment["address_from"]),
        "recipient": address_lines(shipment["address_to"]),
        "details": [
            f"{parcel['weight']} {parcel['mass_unit']}",
            f"{sizes} {parcel['distance_unit']}",
            transaction["metadata"],
        ],
        "tracking_number": transaction["tracking_number"],
    }


def address_lines(address: Document) -> list[str]:
    """An address as it is printed."""
    town = " ".join(address[name] for name in ("zip", "city", "state") if address[name])
    street = f"{address['street1']} {address['street_no']}".strip()
    found = [address["name"], address["company"], street, address["street2"], address["street3"]]
    return [line for line in (*found, town, address["country"]) if line]


@cache
def _compiler() -> typst.Compiler:
    return typst.Compiler(_TEMPLATE)


def _drawn(
    texts: Document, sheet: Sheet, file: Literal["pdf", "png"], transaction: Document
) -> bytes:
    width, height = sheet.label or (sheet.width, sheet.height)
    sizes = {"width": width, "height": height}
    sizes |= {"page_width": sheet.width, "page_height": sheet.height}
    label = texts | sizes | {"bars": bars(texts["tracking_number"])}
    drawn = _compiler().compile(
        format=file,
        ppi=_PRINTER_DPI,
        sys_inputs={"label": json.dumps(label)},
        timestamp=int(datetime.fromisoformat(transaction["object_created"]).timestamp()),
    )
    if not isinstance(drawn, bytes):
        raise TypeError("a label of several pages")
    return drawn


def _zpl(texts: Document) -> bytes:
    """ZPL II in UTF-8 (`^CI28`) for 4 x 6 inches at 203 dpi."""
    commands = ["^XA", "^CI28", "^PW812", "^LL1218", _field(40, 40, 50, texts["carrier"])]
    commands.append(_field(420, 50, 32, texts["service"]))
    y = 120
    for line in texts["sender"]:
        commands.append(_field(40, y, 24, line))
        y += 28
    y += 30
    for line in texts["recipient"]:
        commands.append(_field(40, y, 38, line))
        y += 44
    commands.append(_field(40, y + 20, 26, "   ".join(texts["details"])))
    number = texts["tracking_number"]
    module = max(1, min(3, math.floor(740 / sum(bars(number)))))
    commands += [f"^BY{module}", f"^FO40,900^BCN,180,Y,N,N^FD{number}^FS", "^XZ"]
    return "\n".join(commands).encode()


def _field(x: int, y: int, size: int, text: str) -> str:
    """One line of text; `^`, `~` and `_` would be commands, so they go as hexadecimal."""
    safe = "".join(f"_{ord(mark):02X}" if mark in "^~_" else mark for mark in text)
    return f"^FO{x},{y}^A0N,{size},{size}^FH_^FD{safe}^FS"
