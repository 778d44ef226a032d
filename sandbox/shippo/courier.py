"""The courier: what became of each parcel, event by event."""

import secrets
from datetime import datetime

from sandbox.core.store import Document
from sandbox.core.world import World
from sandbox.shippo import events
from sandbox.shippo.answers import moment, stamp, stored
from sandbox.shippo.shipments import KIND as SHIPMENT
from sandbox.shippo.statuses import CARRIED, ENDED, details, substatus

TRACK = "shippo.track"
MOVE = "shippo.move"
_TRANSACTION = "shippo.transaction"


def open_track(world: World, transaction: Document) -> None:
    """Begin to follow a label just bought."""
    shipment = stored(world, SHIPMENT, transaction["shipment"])
    track: Document = blank(transaction["carrier"], transaction["tracking_number"]) | {
        "transaction": transaction["object_id"],
        "metadata": transaction["metadata"],
        "order": transaction["order"],
        "test": transaction["test"],
        "servicelevel": transaction["servicelevel"],
        "address_from": _place(shipment["address_from"]),
        "address_to": _place(shipment["address_to"]),
    }
    world.store.put(TRACK, track["tracking_number"], track)


def blank(carrier: str, number: str) -> Document:
    """A track of which nothing is known."""
    return {
        "carrier": carrier,
        "tracking_number": number,
        "transaction": None,
        "metadata": "",
        "order": None,
        "test": True,
        "servicelevel": {"name": None, "token": None},
        "address_from": None,
        "address_to": None,
        "eta": None,
        "original_eta": None,
        "messages": [],
        "tracking_history": [],
    }


def report(
    world: World,
    number: str,
    status: str,
    code: str | None = None,
    at: datetime | None = None,
    event_id: str | None = None,
    text: str | None = None,
) -> Document | None:
    """A courier's event: on record, and told to whoever listens; None for an unknown parcel.

    With the `event_id` of an event already on record nothing new happened: it is told once more.
    """
    track = world.store.get(TRACK, number)
    if track is None:
        return None
    known = [event for event in track["tracking_history"] if event["object_id"] == event_id]
    event = known[0] if known else _event(world, track, status, code, at, event_id, text)
    if not known:
        track["tracking_history"].append(event)
        track["tracking_history"].sort(key=_date)
        world.store.put(TRACK, number, track)
        _follow(world, track)
        fact = {"tracking_number": number, "carrier": track["carrier"], "status": event["status"]}
        fact |= {name: event[name] for name in ("object_id", "status_date")}
        fact["substatus"] = event["substatus"] and event["substatus"]["code"]
        world.ledger.append("shippo", "track", track["order"], fact)
    events.track(world, track, shown(track, event))
    return track


def collect(world: World, number: str) -> None:
    """The courier takes a parcel over; its journey follows by itself under `auto_track`."""
    settings = world.settings.section("shippo")
    if world.store.get(TRACK, number) is None or not settings["auto_track"]:
        return
    transit, delivered = float(settings["transit_after"]), float(settings["delivered_after"])
    world.timers.after(transit, MOVE, {"tracking_number": number, "status": "TRANSIT"})
    world.timers.after(delivered, MOVE, {"tracking_number": number, "status": "DELIVERED"})


async def move(world: World, payload: Document) -> None:
    """The next event of a journey, unless the parcel has met another end."""
    track = world.store.get(TRACK, payload["tracking_number"])
    if track is None or current(track)["status"] in ENDED:
        return
    report(world, payload["tracking_number"], payload["status"])


def in_hands(track: Document) -> bool:
    """Whether the courier has or had the parcel."""
    return any(event["status"] in CARRIED for event in track["tracking_history"])


def current(track: Document) -> Document:
    """The latest event by its own date."""
    return track["tracking_history"][-1] if track["tracking_history"] else {"status": "UNKNOWN"}


def shown(track: Document, event: Document | None = None) -> Document:
    """A track as the API gives it; as of an event, where that is what is told."""
    history: list[Document] = track["tracking_history"]
    if event is not None:
        history = history[: history.index(event) + 1]
    public = {name: value for name, value in track.items() if name != "order"}
    return public | {
        "tracking_history": history,
        "tracking_status": history[-1] if history else None,
    }


def label_on(world: World, order: str, shipment: str, parcel: str) -> Document | None:
    """The label that an unreleased parcel bears: the last one made for it and not voided.

    It has been fetched: no parcel bears what nobody can have printed.

    Told by the labels' metadata: one that names the parcel or the shipment, else any of the order.
    """
    live = [
        found
        for found in world.store.find(_TRANSACTION, "order", order)
        if found["tracking_number"] and found["fetched"] and found["status"] != "REFUNDED"
    ]
    short = shipment.removeprefix(f"{order}-")
    for name in (parcel, shipment, parcel.removeprefix(f"{order}-"), short):
        named = [found for found in live if _names(found["metadata"], name)]
        if named:
            live = named
            break
    if not live:
        return None
    return {"tracking_number": live[-1]["tracking_number"], "carrier": live[-1]["carrier"]}


def _names(metadata: str, name: str) -> bool:
    return any(part == name or part.startswith(f"{name}-") for part in metadata.split("/"))


def _event(
    world: World,
    track: Document,
    status: str,
    code: str | None,
    at: datetime | None,
    event_id: str | None,
    text: str | None,
) -> Document:
    now = stamp(world.clock.now())
    place = track["address_to"] if status in ENDED else track["address_from"]
    return {
        "object_id": event_id or secrets.token_hex(16),
        "object_created": now,
        "object_updated": now,
        "status": status,
        "status_details": text or details(status, code),
        "status_date": now if at is None else stamp(at),
        "substatus": substatus(status, code),
        "location": place,
    }


def _date(event: Document) -> datetime:
    return moment(event["status_date"])


def _follow(world: World, track: Document) -> None:
    transaction = world.store.get(_TRANSACTION, track["transaction"] or "")
    if transaction is not None:
        transaction["tracking_status"] = current(track)["status"]
        world.store.put(_TRANSACTION, transaction["object_id"], transaction)


def _place(address: Document) -> Document:
    return {name: address[name] for name in ("city", "state", "zip", "country")}
