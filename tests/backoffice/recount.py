"""The reports once more, from the raw rows and in plain loops: nothing is shared but the shapes."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
from psycopg.rows import dict_row

from domain.report_scope import ReportScope
from domain.reports import OrderCounts, OrderReport, Share
from tests.backoffice.recounted_perfect import perfect
from tests.backoffice.recounted_steps import detours, mistakes, times

Row = dict[str, Any]

_QUERIES = {
    "orders": "SELECT o.*, p.body AS rules FROM orders o JOIN policies p ON p.digest = o.policy",
    "facts": "SELECT * FROM step_facts",
    "transitions": "SELECT * FROM transitions ORDER BY order_id, number",
    "handoffs": "SELECT order_id, shipment, warehouse FROM handoffs",
    "labels": "SELECT id, order_id, shipment, carrier, voided_at, courier_status FROM labels",
    "documents": (
        "SELECT d.key, d.order_id, d.shipment, d.kind, d.label, d.created_at, j.state "
        "FROM documents d JOIN print_jobs j ON j.document = d.key"
    ),
    "invoices": "SELECT key, order_id, shipment, gross, portions FROM invoices",
    "notes": "SELECT order_id, shipment, invoice, reason FROM credit_notes",
    "money": "SELECT order_id, shipment, kind, amount FROM payment_events",
    "stock": "SELECT order_id, shipment, kind FROM stock_entries WHERE order_id IS NOT NULL",
    "cases": "SELECT order_id, shipment, kind FROM cases",
}


@dataclass
class Raw:
    """Every row that a report could be about, by order."""

    rows: Mapping[str, Mapping[str, list[Row]]]

    @classmethod
    def read(cls, address: str) -> "Raw":
        """All of a database."""
        found: dict[str, dict[str, list[Row]]] = {}
        plain = address.replace("postgresql+psycopg:", "postgresql:", 1)
        with psycopg.connect(plain) as connection:
            cursor = connection.cursor(row_factory=dict_row)
            for name, query in _QUERIES.items():
                of_orders: dict[str, list[Row]] = defaultdict(list)
                for row in cursor.execute(query.encode()):
                    of_orders[row["id" if name == "orders" else "order_id"]].append(row)
                found[name] = of_orders
        return cls(found)

    def of(self, name: str, order: str) -> list[Row]:
        """An order's rows of a kind."""
        return self.rows[name].get(order, [])


class Seen:
    """One order as a report of a scope sees it."""

    def __init__(self, raw: Raw, row: Row, scope: ReportScope) -> None:
        self.raw, self.row, self.id = raw, row, str(row["id"])
        self._scope = scope

    def all(self, name: str) -> list[Row]:
        """Its rows of a kind, whatever the filter."""
        return self.raw.of(name, self.id)

    def carriers(self, shipment: str) -> set[str]:
        """Of live labels, or of void ones where none is live."""
        labels = [one for one in self.all("labels") if one["shipment"] == shipment]
        live = [one for one in labels if one["voided_at"] is None]
        return {one["carrier"] for one in live or labels}

    @cached_property
    def shipments(self) -> dict[str, str]:
        """Those that the filter leaves, and their warehouses."""
        scope = self._scope
        return {
            one["shipment"]: one["warehouse"]
            for one in self.all("handoffs")
            if scope.warehouse in (None, one["warehouse"])
            and (scope.carrier is None or scope.carrier in self.carriers(one["shipment"]))
        }

    def counted(self, name: str) -> list[Row]:
        """Its rows of a kind that the filter leaves."""
        if self._scope.warehouse is None and self._scope.carrier is None:
            return self.all(name)
        return [
            one
            for one in self.all(name)
            if one["shipment"] is None or one["shipment"] in self.shipments
        ]

    @cached_property
    def facts(self) -> list[Row]:
        """Its step facts that count."""
        return self.counted("facts")

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.row["ended_at"] is not None


def recount(raw: Raw, scope: ReportScope) -> OrderReport:
    """The same report, the long way."""
    orders = list(_orders(raw, scope))
    ended = [one for one in orders if one.ended]
    whole, *groups = perfect(orders, scope)
    return OrderReport(
        scope=scope,
        begins=_midnight(scope, 0),
        ends=_midnight(scope, (scope.until - scope.since).days),
        orders=OrderCounts(
            accepted=len(orders),
            ended=Share(count=len(ended), of=len(orders)),
            without_facts=Share(count=sum(not one.all("facts") for one in orders), of=len(orders)),
        ),
        times=times(orders),
        mistakes=mistakes(orders),
        path=detours([one for one in ended if one.all("facts")]),
        perfect=whole,
        groups=tuple(groups),
    )


def _orders(raw: Raw, scope: ReportScope) -> Iterable[Seen]:
    days = (scope.until - scope.since).days
    begins, ends = _midnight(scope, 0), _midnight(scope, days)
    for rows in raw.rows["orders"].values():
        row = rows[0]
        if row["shop"] != scope.shop or not begins <= row["accepted_at"] < ends:
            continue
        if scope.channel not in (None, row["channel"]):
            continue
        seen = Seen(raw, row, scope)
        if seen.shipments or (scope.warehouse is None and scope.carrier is None):
            yield seen


def _midnight(scope: ReportScope, days: int) -> datetime:

    day = scope.since + timedelta(days=days)
    zone = ZoneInfo(scope.time_zone)
    local = datetime(day.year, day.month, day.day, tzinfo=zone)
    return local.astimezone(ZoneInfo("UTC"))
