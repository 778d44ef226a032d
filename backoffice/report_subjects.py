"""The orders, shipments and facts that a report is about, as parts of its statements."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import CTE, ColumnElement, RowMapping, Select, func, or_, select, true

from backoffice.tables.base import table
from backoffice.tables.orders import OrderRow, StepFactRow
from backoffice.tables.shipping import HandoffRow, LabelRow
from domain.report_scope import ReportScope

_ORDERS, _FACTS = table(OrderRow), table(StepFactRow)
_HANDOFFS, _LABELS = table(HandoffRow), table(LabelRow)
_OTHERS = _LABELS.alias("others")


@dataclass(frozen=True)
class Subjects:
    """What counts: ``orders`` (id, channel, status, accepted_at, ended_at, promised_by), each with
    its ``place`` among them, a small number to group by; their ``shipments`` (order_id, shipment,
    warehouse), of those that a filter leaves; and the ``carriers`` of all shipments (order_id,
    shipment, carrier)."""

    orders: CTE
    shipments: CTE
    carriers: CTE
    narrowed: bool

    def counts(self, shipment: ColumnElement[str]) -> ColumnElement[bool]:
        """Whether what is on record about a shipment of these orders counts, or about none."""
        if not self.narrowed:
            return true()
        return or_(shipment.is_(None), shipment.in_(select(self.shipments.c.shipment)))

    def facts(self) -> Select[*tuple[Any, ...]]:
        """All facts that count; ``unit`` is whose they are, a shipment's or the order's."""
        return (
            select(
                self.orders.c.place,
                func.coalesce(_FACTS.c.shipment, _FACTS.c.order_id).label("unit"),
                _FACTS.c.shipment.is_(None).label("of_order"),
                _FACTS.c.step,
                _FACTS.c.operation,
                _FACTS.c.attempt,
                _FACTS.c.outcome,
                _FACTS.c.started_at,
                _FACTS.c.ended_at,
            )
            .join(self.orders, self.orders.c.id == _FACTS.c.order_id)
            .where(self.counts(_FACTS.c.shipment))
        )


def subjects(scope: ReportScope) -> Subjects:
    """What a report about this scope is about."""
    accepted = _accepted(scope)
    carriers = _carriers(accepted)
    shipments = select(_HANDOFFS.c.order_id, _HANDOFFS.c.shipment, _HANDOFFS.c.warehouse).where(
        _HANDOFFS.c.order_id.in_(select(accepted.c.id))
    )
    if scope.warehouse is not None:
        shipments = shipments.where(_HANDOFFS.c.warehouse == scope.warehouse)
    if scope.carrier is not None:
        carried = select(carriers.c.shipment).where(carriers.c.carrier == scope.carrier)
        shipments = shipments.where(_HANDOFFS.c.shipment.in_(carried))
    counted = shipments.cte("counted_shipments")
    orders = accepted
    if scope.narrowed:
        with_one = accepted.c.id.in_(select(counted.c.order_id))
        orders = select(accepted).where(with_one).cte("counted_orders")
    return Subjects(orders, counted, carriers, scope.narrowed)


def _accepted(scope: ReportScope) -> CTE:
    chosen = select(
        func.row_number().over().label("place"),
        _ORDERS.c.id,
        _ORDERS.c.channel,
        _ORDERS.c.status,
        _ORDERS.c.accepted_at,
        _ORDERS.c.ended_at,
        _ORDERS.c.promised_by,
    ).where(
        _ORDERS.c.shop == scope.shop,
        _ORDERS.c.accepted_at >= scope.begins,
        _ORDERS.c.accepted_at < scope.ends,
    )
    if scope.channel is not None:
        chosen = chosen.where(_ORDERS.c.channel == scope.channel)
    return chosen.cte("accepted_orders")


def _carriers(accepted: CTE) -> CTE:
    """Those of a shipment's live labels; where all of them are void, of the void ones."""
    live = select(_OTHERS.c.id).where(
        _OTHERS.c.order_id == _LABELS.c.order_id,
        _OTHERS.c.shipment == _LABELS.c.shipment,
        _OTHERS.c.voided_at.is_(None),
    )
    return (
        select(_LABELS.c.order_id, _LABELS.c.shipment, _LABELS.c.carrier)
        .where(
            _LABELS.c.order_id.in_(select(accepted.c.id)),
            or_(_LABELS.c.voided_at.is_(None), ~live.exists()),
        )
        .distinct()
        .cte("carriers_of_shipments")
    )


def counts_of(row: RowMapping) -> dict[str, int]:
    """A row of counts by name."""
    return {str(name): int(count) for name, count in row.items()}
