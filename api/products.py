"""Setting the catalogue up: all products of a call, or none."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import Field, ValidationError

from api.access import AdminKey, Wired
from api.bodies import JsonBody, RawBody
from api.csv_files import Row, read_table, refused
from api.fields import MOST, problems_of
from api.order_checks import problem_of_country
from api.parameters import Cursor, Limit, ShopId
from api.problems import FieldProblem, invalid
from api.shops import known_shop
from api.wiring import Wiring
from backoffice.refusals import BarcodeTaken
from domain.catalogue import Product
from domain.model import Model

router = APIRouter(tags=["set-up"])

_TABLE_LIMIT = 8 * 1024 * 1024
_REQUIRED = frozenset({"sku", "name", "weight_grams", "bin"})
_OPTIONAL = frozenset(
    {"barcodes", "reorder_point", "hs_code", "origin", "customs_name", "substitutes", "prices"}
)
_EXAMPLE = {
    "sku": "MUG-BLUE",
    "name": "Stoneware mug",
    "barcodes": ["4006381333931"],
    "weight_grams": 350,
    "bin": "A-03-2",
    "reorder_point": 5,
    "hs_code": "691200",
    "origin": "DE",
}
_CSV = """sku,name,barcodes,weight_grams,bin,reorder_point,hs_code,origin
MUG-BLUE,Stoneware mug,4006381333931,350,A-03-2,5,691200,DE
TEAPOT,Cast-iron teapot,4902778915615,1450,A-12-1,2,732393,JP
"""


class Products(Model):
    """Products to be added, or to replace those with the same SKU."""

    products: Annotated[tuple[Product, ...], Field(min_length=1, max_length=2000)]


class Imported(Model):
    """How many products are on record now with what was sent."""

    products: int


class ProductList(Model):
    """Products in order of SKU; ``next`` asks for what follows, as ``after``."""

    products: tuple[Product, ...]
    next: str | None = None


_PRODUCTS = JsonBody(Products, {"one product": {"products": [_EXAMPLE]}})
_PRODUCT_TABLE = RawBody("text/csv", examples={"two products": _CSV}, limit=_TABLE_LIMIT)


@router.put("/shops/{shop}/products", summary="Add or replace products")
def put_products(
    wiring: Wired, _key: AdminKey, shop: ShopId, sent: Annotated[Products, Depends(_PRODUCTS)]
) -> Imported:
    """All of them, or none where one is refused."""
    known_shop(wiring, shop)
    _check_twins([(f"products.{n}.sku", one.sku) for n, one in enumerate(sent.products)])
    return _put(wiring, shop, sent.products, [f"products.{n}" for n in range(len(sent.products))])


@router.post("/shops/{shop}/products.csv", summary="Import products from a table")
def import_products(
    wiring: Wired, _key: AdminKey, shop: ShopId, raw: Annotated[bytes, Depends(_PRODUCT_TABLE)]
) -> Imported:
    """A table in UTF-8 with a row of column names; separated by comma, semicolon or tab.

    Needs `sku`, `name`, `weight_grams`, `bin`; takes `barcodes` (several with `|` between them),
    `reorder_point`, `hs_code`, `origin`, `customs_name`, `substitutes` (SKUs that may go in its
    place, the best first, like barcodes), `prices` (`EUR:1590|USD:1790`, with tax, in the minor
    unit). Problems name the row as a spreadsheet counts it: `rows.7.weight_grams`.
    """
    known_shop(wiring, shop)
    rows, ragged = read_table(raw, _REQUIRED, _OPTIONAL)
    products: list[Product] = []
    problems = list(ragged)
    for row in rows:
        try:
            products.append(Product.model_validate(_cells(row), extra="forbid"))
        except ValidationError as error:
            found = problems_of(error, _cells(row))
            problems += [
                FieldProblem(field=row.path(one.field), message=one.message) for one in found
            ]
    if problems:
        raise refused(problems)
    _check_twins([(row.path("sku"), row.cells["sku"]) for row in rows])
    return _put(wiring, shop, products, [f"rows.{row.number}" for row in rows])


@router.get("/shops/{shop}/products", summary="The catalogue")
def products(
    wiring: Wired, _key: AdminKey, shop: ShopId, limit: Limit = 100, after: Cursor = ""
) -> ProductList:
    """In order of SKU."""
    known_shop(wiring, shop)
    found = wiring.books.catalogue.products_page(shop, after, limit)
    return ProductList(products=found, next=found[-1].sku if len(found) == limit else None)


def _put(wiring: Wiring, shop: str, given: Sequence[Product], places: Sequence[str]) -> Imported:
    foreign = [
        problem
        for place, one in zip(places, given, strict=True)
        if one.origin is not None
        for problem in problem_of_country(f"{place}.origin", one.origin, wiring.countries)
    ]
    if foreign:
        raise invalid(tuple(foreign[:MOST]))
    try:
        wiring.books.catalogue.put_products(shop, given)
    except BarcodeTaken as taken:
        place = next(at for at, one in zip(places, given, strict=True) if one.sku == taken.sku)
        problem = FieldProblem(field=f"{place}.barcodes", message=str(taken))
        raise invalid((problem,)) from taken
    return Imported(products=len(given))


def _cells(row: Row) -> dict[str, Any]:
    """A row as a product's fields: what is left empty takes its default."""
    given: dict[str, Any] = {name: cell for name, cell in row.cells.items() if cell}
    if "barcodes" in given:
        given["barcodes"] = [code.strip() for code in given["barcodes"].split("|")]
    if "substitutes" in given:
        given["substitutes"] = [sku.strip() for sku in given["substitutes"].split("|")]
    if "prices" in given:
        pairs = (one.strip().partition(":") for one in given["prices"].split("|"))
        given["prices"] = {currency: amount for currency, _, amount in pairs}
    return given


def _check_twins(skus: list[tuple[str, str]]) -> None:
    first: dict[str, str] = {}
    problems: list[FieldProblem] = []
    for field, sku in skus:
        if first.setdefault(sku, field) != field:
            problems.append(FieldProblem(field=field, message=f"{sku} stands at {first[sku]} too"))
    if problems:
        raise invalid(tuple(problems[:MOST]))
