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


MAIN = "main"
"""The warehouse of whoever shows a token that no other has."""


def place(warehouse: str, shipment: str) -> str:
    """Under which name a warehouse keeps a shipment: each has books of its own."""
    return shipment if warehouse == MAIN else f"{warehouse}/{shipment}"


def opened(handoff: Document, reference: str, silent: bool, warehouse: str = MAIN) -> Document:
    """A shipment just accepted. `silent`: acknowledged, and then nobody acts."""
    return {
        "place": place(warehouse, handoff["shipment"]),
        "warehouse": warehouse,
        "shipment": handoff["shipment"],
        "order": handoff["order"],
        "reference": reference,
        "status": Status.ACCEPTED,
        "reason": None,
        "handoff": handoff,
        "amendment": 0,
        "replacement": 0,
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


def never_taken(shipment: str, reason: str | None, warehouse: str = MAIN) -> Document:
    """One that was cancelled before its handoff came: the handoff will be answered so."""
    order = shipment.rpartition("-s")[0]
    handoff: Document = {"shipment": shipment, "order": order, "lines": []}
    return opened(handoff, "", silent=False, warehouse=warehouse) | {
        "status": Status.CANCELLED,
        "reason": reason,
    }


def load(world: World, name: str) -> Document | None:
    """The shipment that a warehouse keeps under this name, or None."""
    return world.store.get(KIND, name)


def found(world: World, shipment: str, warehouse: str | None = None) -> Document | None:
    """A shipment by its own name: where it is under way, else where it was last."""
    names = [MAIN, *sorted(set(world.settings.section("wms")["tokens"].values()))]
    places = [place(one, shipment) for one in names if warehouse in (None, one)]
    known = [one for name in places if (one := load(world, name)) is not None]
    return next((one for one in known if one["status"] not in ENDED), known[-1] if known else None)


def save(world: World, shipment: Document) -> None:
    """Keep what was changed."""
    world.store.put(KIND, shipment.get("place", shipment["shipment"]), shipment)


def note(world: World, kind: str, shipment: Document, **data: Any) -> None:
    """Write down what really happened to the shipment."""
    where = shipment.get("warehouse", MAIN)
    fact = {"shipment": shipment["shipment"], "reference": shipment["reference"]} | data
    fact |= {} if where == MAIN else {"warehouse": where}
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
    names = (
        "shipment",
        "order",
        "reference",
        "status",
        "reason",
        "amendment",
        "replacement",
        "parcels",
    )
    names += ("released",)
    return {name: shipment[name] for name in names} | {
        "picked": pieces(shipment),
        "manifest": shipment["manifest"],
        "recall": shipment["recall"],
        "amendment": shipment.get("amendment", 0),
    }
