"""Setting up a shop's warehouses: where they are, whom they serve, and how they are reached."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field

from api.access import AdminKey, Wired
from api.bodies import JsonBody
from api.fields import MOST
from api.order_checks import problem_of_country
from api.parameters import ShopId, WarehouseName
from api.problems import FieldProblem, ProblemError, invalid, not_found
from api.shops import known_shop
from api.wiring import Wiring
from backoffice.refusals import TooManyWarehouses, UnknownSku, UnknownWarehouse
from domain.model import Model
from domain.routing import Placement, WarehouseSetup
from domain.stock import MAIN

router = APIRouter(tags=["set-up"])

_EXAMPLE = {
    "name": "Lyon",
    "address": {
        "name": "Tea & Oak, Lyon",
        "line1": "12 rue de la République",
        "city": "Lyon",
        "postal_code": "69001",
        "country": "FR",
    },
    "time_zone": "Europe/Paris",
    "priority": 2,
    "serves": ["FR", "ES", "IT"],
    "wms_url": "https://wms.lyon.example/api",
    "wms_key": "the-warehouse-s-own",
}


class KnownWarehouse(Model):
    """A warehouse without its key; ``has_key`` says whether it has one of its own."""

    warehouse: WarehouseSetup
    has_key: bool


class WarehouseList(Model):
    """A shop's warehouses, the one that is asked first first."""

    warehouses: tuple[KnownWarehouse, ...]


class Placements(Model):
    """Where products lie in a warehouse."""

    products: Annotated[tuple[Placement, ...], Field(min_length=1, max_length=2000)]


class Placed(Model):
    """How many products have a place by it."""

    products: int


_SETUP = JsonBody(WarehouseSetup, {"in another country": _EXAMPLE}, from_path={"code": "warehouse"})
_PLACES = JsonBody(
    Placements,
    {"one product": {"products": [{"sku": "MUG-BLUE", "bin": "L-01-1", "reorder_point": 3}]}},
)


def known_warehouse(wiring: Wiring, shop: str, code: str) -> WarehouseSetup:
    """One of a shop's warehouses.

    Raises:
        ProblemError: 404.
    """
    try:
        return wiring.books.warehouses.one(shop, code)
    except UnknownWarehouse as unknown:
        raise not_found("warehouse") from unknown


@router.put("/shops/{shop}/warehouses/{warehouse}", summary="Set a warehouse up, or change it")
def put_warehouse(
    wiring: Wired,
    _key: AdminKey,
    shop: ShopId,
    warehouse: WarehouseName,
    setup: Annotated[WarehouseSetup, Depends(_SETUP)],
) -> KnownWarehouse:
    """Every shop has `main`. Orders are asked of the lowest `priority` first, of those that serve
    the country that they go to (without `serves`, every country).

    Without an address parcels leave from the seller's; without `wms_url` the installation's own
    warehouse system is told. A `wms_key` is kept until the address changes.
    """
    known_shop(wiring, shop)
    countries = [(f"serves.{place}", one) for place, one in enumerate(setup.serves)]
    if setup.address is not None:
        countries.append(("address.country", setup.address.country))
    problems = [
        problem
        for field, country in countries
        for problem in problem_of_country(field, country, wiring.countries)
    ]
    if problems:
        raise invalid(tuple(problems[:MOST]))
    try:
        wiring.books.warehouses.put(shop, setup)
    except TooManyWarehouses as full:
        raise ProblemError(409, str(full)) from full
    return _shown(known_warehouse(wiring, shop, warehouse))


@router.get("/shops/{shop}/warehouses", summary="A shop's warehouses")
def warehouses(wiring: Wired, _key: AdminKey, shop: ShopId) -> WarehouseList:
    """The one that is asked first first, without their keys."""
    known_shop(wiring, shop)
    found = wiring.books.warehouses.all_of(shop)
    return WarehouseList(warehouses=tuple(_shown(one) for one in found))


@router.put("/shops/{shop}/warehouses/{warehouse}/products", summary="Say where products lie there")
def put_placements(
    wiring: Wired,
    _key: AdminKey,
    shop: ShopId,
    warehouse: WarehouseName,
    sent: Annotated[Placements, Depends(_PLACES)],
) -> Placed:
    """Bins and reorder points of a warehouse, where they are not those of the catalogue: all of
    them, or none. Those of `main` are the catalogue's own.
    """
    known_shop(wiring, shop)
    known_warehouse(wiring, shop, warehouse)
    if warehouse == MAIN:
        raise ProblemError(
            409, "bins and reorder points of `main` are the catalogue's: PUT /shops/{shop}/products"
        )
    try:
        placed = wiring.books.warehouses.place(shop, warehouse, sent.products)
    except UnknownSku as unknown:
        problems = tuple(
            FieldProblem(field=f"products.{place}.sku", message=f"the shop does not sell {one.sku}")
            for place, one in enumerate(sent.products)
            if one.sku in unknown.skus
        )
        raise invalid(problems[:MOST]) from unknown
    return Placed(products=placed)


def _shown(setup: WarehouseSetup) -> KnownWarehouse:
    return KnownWarehouse(
        warehouse=setup.model_copy(update={"wms_key": ""}), has_key=bool(setup.wms_key)
    )
