"""From which of a shop's warehouses an order's goods come.

All of an order comes from one warehouse wherever one has all of it. Only where none has, and the
shop's policy lets orders be split, it comes from several: from as few as can be.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from itertools import combinations
from typing import Annotated

from pydantic import Field, StringConstraints

from domain.address import Address
from domain.calendar import TimeZone
from domain.model import Code, Country, Model, OptionalText, unsaid
from domain.stock import MAIN, Spot, Want

MOST_WAREHOUSES = 12
"""Of one shop: so many that every combination of them can be looked at within a transaction."""

WarehouseCode = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
"""What a shop calls one of its warehouses, in calls and on papers."""

Free = Mapping[Spot, int]
"""Pieces that nobody has been promised, by SKU and warehouse."""


class RouteBy(StrEnum):
    """Which warehouse is asked first: the one of the shop's own priority, or one that is in the
    country that the parcel goes to."""

    PRIORITY = "priority"
    NEAREST = "nearest"


class SplitOrders(StrEnum):
    """Whether an order that no warehouse has whole may come from several."""

    NEVER = "never"
    WHEN_NEEDED = "when_needed"


class Site(Model):
    """A warehouse as routing sees it. Without ``serves`` it ships to every country."""

    code: str = MAIN
    priority: int = 0
    country: str = ""
    serves: tuple[str, ...] = ()


HOME = (Site(),)
"""The only warehouse of a shop that has set up no others."""


class Route(Model):
    """How an order finds its warehouse: who is asked first, the country that it goes to, and
    whether it may come from several. With ``only`` no other one is asked."""

    by: Annotated[RouteBy, unsaid(RouteBy.PRIORITY)] = RouteBy.PRIORITY
    to: Annotated[str, unsaid("")] = ""
    splits: Annotated[bool, unsaid(False)] = False
    only: Annotated[str, unsaid("")] = ""


ANY = Route()
"""Any warehouse will do, and all comes from one."""


class Source(Model):
    """Pieces that come from one warehouse."""

    warehouse: str
    wants: tuple[Want, ...]


class WarehouseSetup(Model):
    """A warehouse as a shop sets it up.

    Without an address its parcels leave from the seller's; without a ``wms_url`` it is reached
    where the installation's own warehouse system is. The one with the lowest ``priority`` is asked
    first; without ``serves`` it ships to every country.
    """

    code: WarehouseCode
    name: OptionalText = ""
    address: Address | None = None
    time_zone: TimeZone = "UTC"
    priority: Annotated[int, Field(strict=True, ge=0, le=1000)] = 0
    serves: Annotated[tuple[Country, ...], Field(max_length=250)] = ()
    wms_url: Annotated[
        str, StringConstraints(max_length=2000, pattern=r"^(https?://[^\s\x00]+)?$")
    ] = ""
    wms_key: Annotated[str, StringConstraints(max_length=500, pattern=r"^[\x21-\x7e]*$")] = ""


class Placement(Model):
    """Where a product lies in a warehouse, and when more of it is ordered there; what is left out
    is as the product has it."""

    sku: Code
    bin: Code | None = None
    reorder_point: Annotated[int, Field(ge=0, le=10_000_000)] | None = None


def in_sequence(sites: Iterable[Site], route: Route) -> tuple[str, ...]:
    """The warehouses that may send an order, the first one first."""

    def rank(site: Site) -> tuple[bool, int, str]:
        abroad = route.by is RouteBy.NEAREST and site.country != route.to
        return (abroad, site.priority, site.code)

    if route.only:
        return (route.only,)
    serving = (one for one in sites if not one.serves or not route.to or route.to in one.serves)
    return tuple(one.code for one in sorted(serving, key=rank))


def sources_of(
    wants: Mapping[str, int], free: Free, sequence: Sequence[str], *, splits: bool = False
) -> tuple[Source, ...] | None:
    """From where all of these pieces come: one warehouse, else the fewest; None where they do not.

    Of several ways with as few warehouses, the first of the ``sequence`` are taken.
    """
    for size in range(1, len(sequence) + 1 if splits else 2):
        for some in combinations(sequence, size):
            if all(
                sum(max(0, free.get(Spot(sku, one), 0)) for one in some) >= pieces
                for sku, pieces in wants.items()
            ):
                return _taken(wants, free, some)
    return None


def only_main(sources: Sequence[Source]) -> bool:
    """Whether all of it comes from the warehouse that needs no word."""
    return all(one.warehouse == MAIN for one in sources)


def _taken(wants: Mapping[str, int], free: Free, some: Sequence[str]) -> tuple[Source, ...]:
    """Each SKU from the first warehouse that has all of it, else from one after the other."""
    taken: dict[str, dict[str, int]] = {one: {} for one in some}
    for sku, pieces in wants.items():
        whole = (one for one in some if free.get(Spot(sku, one), 0) >= pieces)
        first = next(whole, None)
        left = pieces
        for one in some if first is None else (first,):
            here = min(left, max(0, free.get(Spot(sku, one), 0)))
            if here:
                taken[one][sku] = here
                left -= here
    return tuple(
        Source(
            warehouse=one,
            wants=tuple(Want(sku=sku, quantity=count) for sku, count in sorted(pieces.items())),
        )
        for one, pieces in taken.items()
        if pieces
    )
