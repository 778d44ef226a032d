"""A shipment as the warehouse has it on its books."""

from enum import StrEnum
from typing import Any

from sandbox.core.store import Document
from sandbox.core.world import World

KIND = "wms.shipment"


class Status(StrEnum):
    """How far a shipment has come."""

    REJECTED = "rejected"
    ACCEPTED = "accepted"
    PICKED = "picked"
    PACKED = "packed"
    RELEASED = "released"
    HANDED_OVER = "handed_over"
    CANCELLED = "cancelled"
    PULLED = "pulled"


ENDED = frozenset({Status.REJECTED, Status.HANDED_OVER, Status.CANCELLED, Status.PULLED})
"""Nothing more happens on the floor."""


def opened(handoff: Document, reference: str, silent: bool) -> Document:
    """A shipment just accepted. `silent`: acknowledged, and then nobody acts."""
    return {
        "shipment": handoff["shipment"],
        "order": handoff["order"],
        "reference": reference,
        "status": Status.ACCEPTED,
        "reason": None,
        "handoff": handoff,
        "amendment": 0,
        "silent": silent,
        "held": False,
        "picked": {},
        "waits_for_slip": False,
        "parcels": [],
        "released": [],
        "leaves_unreleased": False,
        "manifest": None,
        "recall": None,
        "facts": 0,
        "answered": [],
        "refused": None,
    }


def never_taken(shipment: str, reason: str | None) -> Document:
    """One that was cancelled before its handoff came: the handoff will be answered so."""
    order = shipment.rpartition("-s")[0]
    handoff: Document = {"shipment": shipment, "order": order, "lines": []}
    return opened(handoff, "", silent=False) | {"status": Status.CANCELLED, "reason": reason}


def load(world: World, shipment: str) -> Document | None:
    """The shipment, or None."""
    return world.store.get(KIND, shipment)


def save(world: World, shipment: Document) -> None:
    """Keep what was changed."""
    world.store.put(KIND, shipment["shipment"], shipment)


def note(world: World, kind: str, shipment: Document, **data: Any) -> None:
    """Write down what really happened to the shipment."""
    fact = {"shipment": shipment["shipment"], "reference": shipment["reference"]} | data
    world.ledger.append("wms", kind, shipment["order"], fact)


def pieces(shipment: Document) -> list[Document]:
    """What was really picked, line by line; lines without a piece are left out."""
    picked: dict[str, int] = shipment["picked"]
    return [
        {"line": line["line"], "sku": line["sku"], "quantity": picked[line["line"]]}
        for line in shipment["handoff"]["lines"]
        if picked.get(line["line"], 0) > 0
    ]


def put_away(world: World, shipment: Document) -> None:
    """Everything that was picked goes back to its bin."""
    lines = pieces(shipment)
    if lines:
        note(world, "put_away", shipment, lines=lines)


def shown(shipment: Document) -> Document:
    """The state document for a look-up."""
    names = ("shipment", "order", "reference", "status", "reason", "amendment", "parcels")
    names += ("released",)
    return {name: shipment[name] for name in names} | {
        "picked": pieces(shipment),
        "manifest": shipment["manifest"],
        "recall": shipment["recall"],
    }
