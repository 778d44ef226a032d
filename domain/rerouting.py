"""A shipment that goes from another warehouse than the one that its goods were promised from."""

from domain.backorder import PlaceInLine
from domain.model import Model, OptionalText
from domain.routing import Route
from domain.stock import Want


class Move(Model):
    """The n-th time that a shipment's goods move, counted from 1: what moves, from where, and how
    it finds its new warehouse. Those that it has ``been_at`` are not asked again."""

    shipment: str
    number: int
    warehouse: str
    been_at: tuple[str, ...] = ()
    wants: tuple[Want, ...]
    route: Route
    place: PlaceInLine


class Elsewhere(Model):
    """Which other warehouse has all that a shipment needs: ``to``, empty where none has it.

    ``others`` is whether there is one that may send it at all. ``moved`` says that its goods are
    there already: the order begins anew, and has been moved before.
    """

    to: OptionalText = ""
    others: bool = False
    moved: bool = False
