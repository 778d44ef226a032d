"""Adding up anew what must hold: each difference is named, none is mended."""

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import Connection, Table, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on

from backoffice.database import Database
from backoffice.ledger import standings
from backoffice.tables.backorders import BackorderRow
from backoffice.tables.base import table
from backoffice.tables.orders import OrderRow, TransitionRow
from backoffice.tables.papers import (
    CreditNoteRow,
    CreditNoteSeriesRow,
    InvoiceRow,
    InvoiceSeriesRow,
)
from backoffice.tables.payments import PaymentEventRow
from backoffice.tables.stock import StockEntryRow
from domain.payment import PaymentEventKind
from domain.status import OrderStatus
from domain.stock import MAIN, Spot

_STOCK, _INVOICES, _NOTES = table(StockEntryRow), table(InvoiceRow), table(CreditNoteRow)
_WAITING = table(BackorderRow)
_SERIES = {
    "invoices": (table(InvoiceSeriesRow), _INVOICES),
    "credit notes": (table(CreditNoteSeriesRow), _NOTES),
}
_ORDERS, _TRANSITIONS, _MONEY = table(OrderRow), table(TransitionRow), table(PaymentEventRow)


@dataclass(frozen=True)
class Difference:
    """Something that does not add up: what it is about, and both sides in words."""

    subject: str
    words: str


class Audits:
    """Recomputes a shop's books from their single entries."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def audit(self, shop: str) -> tuple[Difference, ...]:
        """Everything that does not add up in a shop's books; nothing when all is well."""
        with self._database.transaction() as connection:
            return (
                *_stock(connection, shop),
                *_reservations(connection, shop),
                *_in_line(connection, shop),
                *_numbers(connection, shop),
                *_credits(connection, shop),
                *_money(connection, shop),
                *_statuses(connection, shop),
            )


def _stock(connection: Connection, shop: str) -> list[Difference]:
    """Levels against the sum of all entries; and no level below zero."""
    sums = {
        Spot(sku, warehouse): (int(on_hand), int(reserved))
        for sku, warehouse, on_hand, reserved in connection.execute(
            select(
                _STOCK.c.sku,
                _STOCK.c.warehouse,
                func.sum(_STOCK.c.on_hand),
                func.sum(_STOCK.c.reserved),
            )
            .where(_STOCK.c.shop == shop)
            .group_by(_STOCK.c.sku, _STOCK.c.warehouse)
        )
    }
    differences: list[Difference] = []
    for spot, standing in standings(connection, shop).items():
        level = standing.level
        sku = spot.sku if spot.warehouse == MAIN else f"{spot.sku} at {spot.warehouse}"
        on_hand, reserved = sums.get(spot, (0, 0))
        if (level.on_hand, level.reserved) != (on_hand, reserved):
            differences.append(
                Difference(
                    sku,
                    f"the books say {level.on_hand} on hand and {level.reserved} reserved, "
                    f"the entries add up to {on_hand} and {reserved}",
                )
            )
        if on_hand < 0 or reserved < 0:
            differences.append(
                Difference(sku, f"below zero: {on_hand} on hand, {reserved} reserved")
            )
        if reserved > on_hand:
            differences.append(
                Difference(sku, f"{reserved} pieces are promised and {on_hand} are there")
            )
    return differences


def _reservations(connection: Connection, shop: str) -> list[Difference]:
    """No order has less than nothing reserved in a warehouse, or more taken back there than was
    issued to it from there."""
    by_order = connection.execute(
        select(
            _STOCK.c.order_id,
            _STOCK.c.sku,
            func.sum(_STOCK.c.reserved),
            func.sum(_STOCK.c.on_hand),
        )
        .where(_STOCK.c.shop == shop, _STOCK.c.order_id.is_not(None))
        .group_by(_STOCK.c.order_id, _STOCK.c.sku, _STOCK.c.warehouse)
        .having((func.sum(_STOCK.c.reserved) < 0) | (func.sum(_STOCK.c.on_hand) > 0))
    )
    return [
        Difference(order, f"{sku}: {reserved} reserved, {-on_hand} issued and not taken back")
        for order, sku, reserved, on_hand in by_order
    ]


def _in_line(connection: Connection, shop: str) -> list[Difference]:
    """Who waits for goods has none of them reserved: it is all or nothing."""
    by_order = connection.execute(
        select(_STOCK.c.order_id, func.sum(_STOCK.c.reserved))
        .join(_WAITING, _WAITING.c.order_id == _STOCK.c.order_id)
        .where(
            _WAITING.c.shop == shop,
            _WAITING.c.served_at.is_(None),
            or_(
                func.starts_with(_STOCK.c.key, _WAITING.c.key + ":"),
                func.right(_WAITING.c.key, 10) == ":reserve:1",
            ),
        )
        .group_by(_STOCK.c.order_id)
        .having(func.sum(_STOCK.c.reserved) != 0)
    )
    return [
        Difference(order, f"waits in line for goods, and has {int(reserved)} pieces reserved")
        for order, reserved in by_order
    ]


def _numbers(connection: Connection, shop: str) -> list[Difference]:
    """Each series' numbers run, year by year, from 1 to the last that was drawn without a gap."""
    return [
        difference
        for name, (series, papers) in _SERIES.items()
        for difference in _gaps(connection, shop, name, series, papers)
    ]


def _gaps(
    connection: Connection, shop: str, name: str, series: Table, papers: Table
) -> list[Difference]:
    drawn = connection.execute(select(series.c.year, series.c.last).where(series.c.shop == shop))
    issued: defaultdict[int, set[int]] = defaultdict(set)
    for year, sequence in connection.execute(
        select(papers.c.year, papers.c.sequence).where(papers.c.shop == shop)
    ):
        issued[year].add(sequence)
    differences: list[Difference] = []
    for year, last in drawn:
        missing = sorted(set(range(1, last + 1)) - issued[year])
        beyond = sorted(issued[year] - set(range(1, last + 1)))
        if missing:
            differences.append(Difference(f"{name} {year}", f"missing: {missing}"))
        if beyond:
            differences.append(Difference(f"{name} {year}", f"never drawn: {beyond}"))
    return differences


def _credits(connection: Connection, shop: str) -> list[Difference]:
    """A cancelled order's invoices are credited in full, and none is credited beyond that."""
    net, tax, gross = (
        _INVOICES.c[part] + func.coalesce(func.sum(_NOTES.c[part]), 0)
        for part in ("net", "tax", "gross")
    )
    rows = connection.execute(
        select(_INVOICES.c.order_id, _INVOICES.c.number, _ORDERS.c.status, net, tax, gross)
        .join(_ORDERS, _ORDERS.c.id == _INVOICES.c.order_id)
        .outerjoin(_NOTES, _NOTES.c.invoice == _INVOICES.c.key)
        .where(_INVOICES.c.shop == shop)
        .group_by(_INVOICES.c.key, _ORDERS.c.status)
        .order_by(_INVOICES.c.year, _INVOICES.c.sequence)
    )
    differences: list[Difference] = []
    for order, number, status, *sums in rows:
        left = [int(one) for one in sums]
        words = "net {}, tax {}, gross {}".format(*left)
        if status == OrderStatus.CANCELLED and any(left):
            differences.append(
                Difference(order, f"cancelled, and invoice {number} stands: {words}")
            )
        elif min(left) < 0:
            differences.append(
                Difference(order, f"invoice {number} is credited beyond it: {words}")
            )
    return differences


def _money(connection: Connection, shop: str) -> list[Difference]:
    """Captured at most what was authorized, refunded at most what was captured."""
    sums: defaultdict[str, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
    rows = connection.execute(
        select(_MONEY.c.order_id, _MONEY.c.kind, func.sum(_MONEY.c.amount))
        .join(_ORDERS, _ORDERS.c.id == _MONEY.c.order_id)
        .where(_ORDERS.c.shop == shop)
        .group_by(_MONEY.c.order_id, _MONEY.c.kind)
    )
    for order, kind, amount in rows:
        sums[order][kind] = int(amount)
    differences: list[Difference] = []
    for order, of in sorted(sums.items()):
        authorized = of[PaymentEventKind.AUTHORIZATION]
        captured = of[PaymentEventKind.CAPTURE]
        refunded = of[PaymentEventKind.REFUND] - of[PaymentEventKind.REFUND_FAILED]
        if captured > authorized:
            differences.append(Difference(order, f"{captured} captured, {authorized} authorized"))
        if refunded > captured:
            differences.append(Difference(order, f"{refunded} refunded, {captured} captured"))
    return [*differences, *_taken_and_let_go(connection, shop)]


def _taken_and_let_go(connection: Connection, shop: str) -> list[Difference]:
    """Of an authorization that was captured, what was not taken is let go of.

    An order that goes in several shipments may take it later, for as long as it is open.
    """
    apart = (
        select(_TRANSITIONS.c.order_id)
        .where(_TRANSITIONS.c.order_id == _ORDERS.c.id, _TRANSITIONS.c.of_order.is_not(None))
        .exists()
    )
    sums = {
        kind: func.coalesce(func.sum(_MONEY.c.amount).filter(_MONEY.c.kind == kind.value), 0)
        for kind in (
            PaymentEventKind.AUTHORIZATION,
            PaymentEventKind.CAPTURE,
            PaymentEventKind.VOID,
        )
    }
    held, taken, let_go = sums.values()
    rows = connection.execute(
        select(_MONEY.c.order_id, _MONEY.c.reference, held, taken, let_go)
        .join(_ORDERS, _ORDERS.c.id == _MONEY.c.order_id)
        .where(_ORDERS.c.shop == shop, or_(_ORDERS.c.ended_at.is_not(None), ~apart))
        .group_by(_MONEY.c.order_id, _MONEY.c.reference)
        .having((taken > 0) & (held > taken + let_go))
        .order_by(_MONEY.c.order_id, _MONEY.c.reference)
    )
    return [
        Difference(order, f"{name}: {of} authorized, {captured} captured and {voided} let go of it")
        for order, name, of, captured, voided in rows
    ]


def _statuses(connection: Connection, shop: str) -> list[Difference]:
    """Each order's status is that of its newest transition that moves it.

    Numbers may have gaps: a transition that a step foresaw and did not lead to is never written.
    """
    newest = (
        select(
            _TRANSITIONS.c.order_id,
            _TRANSITIONS.c.number,
            func.coalesce(_TRANSITIONS.c.of_order, _TRANSITIONS.c.status).label("status"),
        )
        .where(_TRANSITIONS.c.refund.is_(None), _TRANSITIONS.c.news.is_(None))
        .ext(distinct_on(_TRANSITIONS.c.order_id))
        .order_by(_TRANSITIONS.c.order_id, _TRANSITIONS.c.number.desc())
        .subquery()
    )
    number = func.coalesce(newest.c.number, 0)
    status = func.coalesce(newest.c.status, OrderStatus.ACCEPTED.value)
    differing = connection.execute(
        select(_ORDERS.c.id, _ORDERS.c.status_number, _ORDERS.c.status, number, status)
        .outerjoin(newest, newest.c.order_id == _ORDERS.c.id)
        .where(
            _ORDERS.c.shop == shop,
            (_ORDERS.c.status_number != number) | (_ORDERS.c.status != status),
        )
        .order_by(_ORDERS.c.id)
    )
    return [
        Difference(order, f"stands at {stands} ({at}), its newest transition is {last} ({to})")
        for order, at, stands, to, last in differing
    ]
