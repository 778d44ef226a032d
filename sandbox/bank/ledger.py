"""What the bank keeps: bookings that came in, transfers that went out, closed accounts."""

from collections.abc import Iterator

from sandbox.core.store import Document
from sandbox.core.world import World

BOOKING, TRANSFER, CLOSED = "bank.booking", "bank.transfer", "bank.closed"
PRIVATE = "_order"
"""Which order a customer meant, whatever they wrote: for the judge, and for nobody else."""


def shown(document: Document) -> Document:
    """As the protocol shows it."""
    return {name: value for name, value in document.items() if not name.startswith("_")}


def normal(reference: str) -> str:
    """A reference without gaps, in capitals."""
    return "".join(reference.split()).upper()


def sent_of(world: World, booking: str) -> Iterator[Document]:
    """Transfers that gave back money of a booking."""
    world.store.index(TRANSFER, "booking")
    return world.store.find(TRANSFER, "booking", booking)


def left_of(world: World, booking: Document) -> int:
    """What was not given back of a booking."""
    return int(booking["amount"]) - sum(one["amount"] for one in sent_of(world, booking["id"]))
