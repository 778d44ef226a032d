"""Stock: goods receipts, corrections, counts, and what is there."""

from collections.abc import Callable, Generator, Iterable, Set
from contextlib import contextmanager
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from api.access import AdminKey, Wired
from api.bodies import JsonBody, RawBody
from api.csv_files import read_table, refused
from api.parameters import IdempotencyKey, Name, ShopId
from api.problems import FieldProblem, ProblemError, invalid
from api.shops import known_shop
from api.warehouses import known_warehouse
from backoffice.refusals import BelowZero, OtherRequest, UnknownWarehouse
from domain.model import Code, Model, OptionalText, unsaid
from domain.routing import WarehouseCode
from domain.stock import MAIN, Level, Spot, added_up

router = APIRouter(tags=["set-up"])

_MOST_PIECES = 10_000_000
_TABLE_LIMIT = 8 * 1024 * 1024
Pieces = Annotated[int, Field(strict=True, ge=1, le=_MOST_PIECES)]
Change = Annotated[int, Field(strict=True, ge=-_MOST_PIECES, le=_MOST_PIECES)]


class Receipt(Model):
    """Goods that came in."""

    sku: Code
    quantity: Pieces
    warehouse: WarehouseCode = MAIN
    note: OptionalText = ""


class Adjustment(Model):
    """A correction of what is on hand: pieces found (above zero) or lost (below)."""

    sku: Code
    quantity: Change
    warehouse: WarehouseCode = MAIN
    note: OptionalText = ""


class Expectation(Model):
    """The day on which goods are expected; null where nobody knows any more."""

    on: date | None


class LevelThere(Model):
    """What is there of one SKU in one warehouse."""

    warehouse: str
    on_hand: int
    reserved: int
    can_be_promised: int


class LevelEntry(Level):
    """What is there, promised, still to be promised and waited for of one SKU, and the day on
    which more of it is expected; all of it together, and in each warehouse that has any."""

    can_be_promised: int
    expected: date | None = None
    warehouses: Annotated[tuple[LevelThere, ...], unsaid(())] = ()

    @classmethod
    def of(
        cls,
        level: Level,
        expected: date | None = None,
        warehouses: tuple[LevelThere, ...] = (),
    ) -> "LevelEntry":
        """A level with its difference written out."""
        return cls(
            **dict(level),
            can_be_promised=level.available,
            expected=expected,
            warehouses=warehouses,
        )


class LevelList(Model):
    """Every SKU's level, in order of SKU."""

    levels: tuple[LevelEntry, ...]


class Counted(Model):
    """How many SKUs have the level that was counted."""

    counted: int


_RECEIPT = JsonBody(
    Receipt, {"a delivery": {"sku": "MUG-BLUE", "quantity": 120, "note": "DN 4711"}}
)
_ADJUSTMENT = JsonBody(
    Adjustment, {"broken": {"sku": "MUG-BLUE", "quantity": -2, "note": "broken in A-03-2"}}
)
_EXPECTATION = JsonBody(
    Expectation, {"a delivery is on its way": {"on": "2026-12-01"}, "nobody knows": {"on": None}}
)
_COUNT_TABLE = RawBody(
    "text/csv", examples={"two SKUs": "sku,quantity\nMUG-BLUE,118\nTEAPOT,40\n"}, limit=_TABLE_LIMIT
)


@router.get("/shops/{shop}/stock", summary="What is there")
def levels(
    wiring: Wired,
    _key: AdminKey,
    shop: ShopId,
    warehouse: Annotated[
        WarehouseCode | None, Query(description="what is in this one; without, in all")
    ] = None,
) -> LevelList:
    """On hand, reserved, and waited for by orders that are backordered, in pieces."""
    known_shop(wiring, shop)
    found = wiring.books.stock.levels_by_warehouse(shop)
    if warehouse is not None:
        known_warehouse(wiring, shop, warehouse)
        found = {spot: level for spot, level in found.items() if spot.warehouse == warehouse}
    there: dict[str, list[LevelThere]] = {}
    for spot, level in found.items():
        if level.on_hand or level.reserved or spot.warehouse in (MAIN, warehouse):
            there.setdefault(spot.sku, []).append(_there(spot.warehouse, level))
    days = wiring.books.backorders.expected(shop)
    totals = added_up(found)
    return LevelList(
        levels=tuple(
            LevelEntry.of(level, days.get(sku), _unless_main(there[sku]))
            for sku, level in totals.items()
        )
    )


def _unless_main(there: list[LevelThere]) -> tuple[LevelThere, ...]:
    """What lies in the main warehouse alone is said once."""
    return () if all(one.warehouse == MAIN for one in there) else tuple(there)


def _there(warehouse: str, level: Level) -> LevelThere:
    return LevelThere(
        warehouse=warehouse,
        on_hand=level.on_hand,
        reserved=level.reserved,
        can_be_promised=level.available,
    )


@router.post("/shops/{shop}/stock/receipts", status_code=201, summary="Book a goods receipt")
def receive(
    wiring: Wired,
    _key: AdminKey,
    shop: ShopId,
    idempotency_key: IdempotencyKey,
    sent: Annotated[Receipt, Depends(_RECEIPT)],
) -> LevelEntry:
    """Booked once for each key; answers the warehouse's level. 409 for another body under the
    key."""
    known_shop(wiring, shop)
    key = f"receipt:{idempotency_key}"
    with _told():
        level = wiring.books.stock.receive(
            shop, sent.sku, sent.quantity, key, sent.note, sent.warehouse
        )
    return LevelEntry.of(level)


@router.post("/shops/{shop}/stock/adjustments", status_code=201, summary="Correct a level")
def adjust(
    wiring: Wired,
    _key: AdminKey,
    shop: ShopId,
    idempotency_key: IdempotencyKey,
    sent: Annotated[Adjustment, Depends(_ADJUSTMENT)],
) -> LevelEntry:
    """Booked once for each key; 409 where less than nothing would be left."""
    known_shop(wiring, shop)
    key = f"adjustment:{idempotency_key}"
    with _told():
        level = wiring.books.stock.adjust(
            shop, sent.sku, sent.quantity, key, sent.note, sent.warehouse
        )
    return LevelEntry.of(level)


@router.put("/shops/{shop}/stock/{sku:path}/expected", summary="Say when goods are expected")
def expect(
    wiring: Wired,
    _key: AdminKey,
    shop: ShopId,
    sku: Name,
    sent: Annotated[Expectation, Depends(_EXPECTATION)],
) -> LevelEntry:
    """Customers whose orders wait for the goods are told: once for each change, and not more than
    once a day. The same day again changes nothing.
    """
    known_shop(wiring, shop)
    wiring.books.backorders.expect(shop, sku, sent.on)
    return LevelEntry.of(wiring.books.stock.level(shop, sku), sent.on)


@router.post("/shops/{shop}/stock.csv", summary="Set levels from a count")
def count(
    wiring: Wired,
    _key: AdminKey,
    shop: ShopId,
    idempotency_key: IdempotencyKey,
    raw: Annotated[bytes, Depends(_COUNT_TABLE)],
) -> Counted:
    """A table with the columns `sku` and `quantity`: what is on hand becomes what was counted. A
    column `warehouse` says where; without it, or where it is empty, it was counted in `main`.

    All rows are booked, or none; once for each key. Every row that does not fit is named.
    """
    known_shop(wiring, shop)
    counted = _counted(raw, lambda skus: wiring.books.catalogue.lacking(shop, skus))
    key = f"count:{idempotency_key}"
    with _told():
        wiring.books.stock.count(shop, counted, key, "count")
    return Counted(counted=len(counted))


@contextmanager
def _told() -> Generator[None]:
    """What the books refuse, as an answer.

    Raises:
        ProblemError: 409, or 422 for a warehouse that the shop has not.
    """
    try:
        yield
    except OtherRequest as other:
        words = "another request was sent under this Idempotency-Key; it holds"
        raise ProblemError(409, words) from other
    except BelowZero as below:
        raise ProblemError(409, str(below)) from below
    except UnknownWarehouse as unknown:
        problem = FieldProblem(field="warehouse", message=str(unknown))
        raise invalid((problem,)) from unknown


def _counted(raw: bytes, unknown: Callable[[Iterable[str]], Set[str]]) -> dict[Spot, int]:
    counted: dict[Spot, int] = {}
    table = read_table(raw, frozenset({"sku", "quantity"}), frozenset({"warehouse"}))
    missing = unknown({row.cells["sku"] for row in table.rows})
    seen: set[Spot] = set()
    problems = list(table.problems)
    for row in table.rows:
        sku, quantity = row.cells["sku"], row.cells["quantity"]
        spot = Spot(sku, row.cells.get("warehouse") or MAIN)
        if sku in missing:
            message = "is not in the catalogue" if sku else "is missing"
            problems.append(FieldProblem(field=row.path("sku"), message=message))
        elif spot in seen:
            problems.append(FieldProblem(field=row.path("sku"), message="stands twice"))
        if not _is_count(quantity):
            message = f"must be a whole number from 0 to {_MOST_PIECES}"
            problems.append(FieldProblem(field=row.path("quantity"), message=message))
        else:
            counted[spot] = int(quantity)
        seen.add(spot)
    if problems:
        raise refused(problems)
    return counted


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 10 and int(text) <= _MOST_PIECES
