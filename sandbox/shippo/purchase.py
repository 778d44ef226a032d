"""What a carrier does when a label is ordered from it."""

import secrets

from sandbox.core.store import Document
from sandbox.core.world import World
from sandbox.shippo import courier
from sandbox.shippo.addresses import lacking, unprintable
from sandbox.shippo.answers import stored
from sandbox.shippo.rating import needs_customs
from sandbox.shippo.shipments import KIND as SHIPMENT

_PAGES = {
    "usps": "https://tools.usps.com/go/TrackConfirmAction?tLabels=",
    "ups": "https://www.ups.com/track?tracknum=",
    "dhl_express": "https://www.dhl.com/en/express/tracking.html?AWB=",
    "dhl_germany": "https://www.dhl.de/de/privatkunden/dhl-sendungsverfolgung.html?piececode=",
    "royal_mail": "https://www.royalmail.com/track-your-item#/tracking-results/",
    "dpd_de": "https://tracking.dpd.de/status/en_US/parcel/",
    "dpd_uk": "https://www.dpd.co.uk/apps/tracking/?reference=",
}


def message(code: str, text: str, source: str = "Shippo") -> Document:
    """One of a transaction's messages."""
    return {"source": source, "code": code, "text": text}


def scripted(params: Document) -> list[Document]:
    """The failure of a fault rule: `code` and `text`, or a carrier's plain refusal."""
    text = str(params.get("text", "The carrier could not create the label."))
    return [message(str(params.get("code", "carrier_error")), text, "Carrier")]


def objections(provider: str, shipment: Document) -> list[Document]:
    """Why this carrier prints no label for this shipment."""
    texts: list[str] = []
    for name in ("address_from", "address_to"):
        address = shipment[name]
        texts += [f"{name}: {field} is required" for field in lacking(address)]
        texts += [f"{name}: {reason}" for reason in unprintable(address)]
        if needs_customs(shipment["address_from"], shipment["address_to"]) and not address["phone"]:
            texts.append(f"{name}: phone is required for shipments abroad")
    return [message("invalid_address", text, provider) for text in texts]


def finish(world: World, transaction: Document, failure: list[Document] | None) -> None:
    """Turn a queued transaction into a label, or into an error, and write it down."""
    known = {"transaction": transaction["object_id"], "rate": transaction["rate"]}
    known |= {name: transaction[name] for name in ("metadata", "shipment")}
    if failure is not None:
        transaction |= {"status": "ERROR", "messages": failure}
        world.ledger.append(
            "shippo", "label_error", transaction["order"], known | {"messages": failure}
        )
        return
    number = _tracking_number(world, transaction["carrier"])
    transaction |= {
        "status": "SUCCESS",
        "tracking_number": number,
        "tracking_url_provider": f"{_PAGES[transaction['carrier']]}{number}",
    }
    world.ledger.append(
        "shippo",
        "label_purchased",
        transaction["order"],
        known
        | {
            "parcel": transaction["remark"],
            "amount": transaction["amount_minor"],
            "currency": transaction["currency"],
            "tracking_number": number,
            "carrier": transaction["carrier"],
            "servicelevel": transaction["servicelevel"]["token"],
            "ships_from": _ships_from(world, transaction),
            "label_file_type": transaction["label_file_type"],
        },
    )


def announce(world: World, transaction: Document) -> None:
    """The carrier knows of the label: its first tracking event follows the purchase at once."""
    courier.open_track(world, transaction)
    courier.report(world, transaction["tracking_number"], "PRE_TRANSIT")


def _ships_from(world: World, transaction: Document) -> str:
    """The country that the parcel leaves from."""
    shipment = stored(world, SHIPMENT, transaction["shipment"])
    return str(shipment["address_from"]["country"])


def _tracking_number(world: World, carrier: str) -> str:
    serial = world.store.next_number("shippo.tracking")
    salt = secrets.randbelow(10**6)
    if carrier == "ups":
        return f"1ZSBX{salt:06d}{serial:07d}"
    if carrier == "usps":
        return _with_check_digit(f"92055{salt:06d}{serial:010d}")
    if carrier == "royal_mail":
        return f"SX{serial:09d}GB"
    return _with_check_digit(f"{1 + salt % 9}{salt % 1000:03d}{serial:08d}")


def _with_check_digit(digits: str) -> str:
    total = sum(int(d) * (3 if place % 2 == 0 else 1) for place, d in enumerate(reversed(digits)))
    return f"{digits}{-total % 10}"
