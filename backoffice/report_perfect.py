"""Perfect orders: all of them, and by channel, warehouse, carrier and month."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    DateTime,
    RowMapping,
    Select,
    Text,
    and_,
    case,
    column,
    func,
    literal,
    not_,
    or_,
    select,
    union_all,
    values,
)

from backoffice.report_flaws import arrivals, flaws
from backoffice.report_subjects import Subjects
from domain.report_scope import ReportScope
from domain.reports import PART_OF, Flaw, FlawFigure, GroupBy, Part, PerfectOrders, Share
from domain.status import OrderStatus

_AT_ITS_END = [OrderStatus.DELIVERED.value, OrderStatus.NOT_DELIVERED.value]
_UNDER_WAY, _UNSHIPPED, _UNPROMISED, _JUDGED = "under_way", "unshipped", "unpromised", "judged"
_NOT_JUDGED = (_UNDER_WAY, _UNSHIPPED, _UNPROMISED)
_NOTHING: Mapping[str, Any] = defaultdict(int, by=GroupBy.ALL.value, value="")
"""The figures of no orders at all."""


def perfect_orders(
    connection: Connection, scope: ReportScope, about: Subjects
) -> tuple[PerfectOrders, ...]:
    """The whole first, then its groups, each kind by name."""
    looked_at = _looked_at(about)
    groups = _groups(scope, about)
    judged = looked_at.c.state == _JUDGED
    counts = {state: func.count().filter(looked_at.c.state == state) for state in _NOT_JUDGED}
    counts[_JUDGED] = func.count().filter(judged)
    counts["perfect"] = func.count().filter(judged, not_(_any_of(looked_at, tuple(Flaw))))
    for part in Part:
        of_part = tuple(flaw for flaw in Flaw if PART_OF[flaw] is part)
        good = func.count().filter(judged, not_(_any_of(looked_at, of_part)))
        counts[part.value] = good
    for flaw in Flaw:
        counts[f"flaw_{flaw.value}"] = func.count().filter(judged, looked_at.c[flaw.value])
    rows = connection.execute(
        select(
            groups.c.by,
            groups.c.value,
            func.count().label("orders"),
            *(count.label(name) for name, count in counts.items()),
        )
        .join(looked_at, looked_at.c.id == groups.c.order_id)
        .group_by(groups.c.by, groups.c.value)
    ).mappings()
    found = {(GroupBy(row["by"]), str(row["value"])): _figures(row) for row in rows}
    kinds = list(GroupBy)
    ordered = sorted(found, key=lambda one: (kinds.index(one[0]), one[1]))
    whole = found.pop((GroupBy.ALL, ""), None) or _figures(_NOTHING)
    return (whole, *(found[one] for one in ordered if one in found))


def _looked_at(about: Subjects) -> CTE:
    """Each order with its flaws, and whether it can be judged."""
    seen = arrivals(about)
    known = flaws(seen)
    having = [
        select(statement.subquery().c[0].label("order_id")).distinct().subquery(flaw.value)
        for flaw, statement in known.items()
    ]
    left = (
        select(
            seen.trips.c.order_id,
            func.bool_or(
                and_(seen.trips.c.delivered_at.is_not(None), seen.trips.c.late.is_(None))
            ).label("unpromised"),
        )
        .group_by(seen.trips.c.order_id)
        .subquery("left_the_house")
    )
    orders = about.orders
    source = orders.outerjoin(left, left.c.order_id == orders.c.id)
    for one in having:
        source = source.outerjoin(one, one.c.order_id == orders.c.id)
    flawed = {flaw: one.c.order_id.is_not(None) for flaw, one in zip(known, having, strict=True)}
    over = or_(orders.c.ended_at.is_not(None), orders.c.status.in_(_AT_ITS_END))
    state = case(
        (not_(over), _UNDER_WAY),
        (left.c.order_id.is_(None), _UNSHIPPED),
        (
            and_(
                left.c.unpromised,
                not_(or_(flawed[Flaw.LATE], flawed[Flaw.NOT_DELIVERED])),
            ),
            _UNPROMISED,
        ),
        else_=_JUDGED,
    )
    return (
        select(
            orders.c.id,
            state.label("state"),
            *(flaw.label(name.value) for name, flaw in flawed.items()),
        )
        .select_from(source)
        .cte("looked_at")
    )


def _groups(scope: ReportScope, about: Subjects) -> CTE:
    """Which orders are in which group."""
    orders, shipments, carriers = about.orders, about.shipments, about.carriers
    months = values(
        column("month", Text),
        column("begins", DateTime(timezone=True)),
        column("ends", DateTime(timezone=True)),
        name="months",
    ).data(list(scope.months()))
    in_month = and_(orders.c.accepted_at >= months.c.begins, orders.c.accepted_at < months.c.ends)
    of_shipment = carriers.c.shipment == shipments.c.shipment
    return union_all(
        _group(GroupBy.ALL, literal("", Text), orders.c.id),
        _group(GroupBy.CHANNEL, orders.c.channel, orders.c.id),
        _group(GroupBy.WAREHOUSE, shipments.c.warehouse, shipments.c.order_id).distinct(),
        _group(GroupBy.CARRIER, carriers.c.carrier, shipments.c.order_id)
        .select_from(shipments.join(carriers, of_shipment))
        .distinct(),
        _group(GroupBy.MONTH, months.c.month, orders.c.id).select_from(
            orders.join(months, in_month)
        ),
    ).cte("groups")


def _group(
    by: GroupBy, value: ColumnElement[str], order: ColumnElement[str]
) -> Select[*tuple[Any, ...]]:
    return select(
        literal(by.value, Text).label("by"), value.label("value"), order.label("order_id")
    )


def _any_of(looked_at: CTE, some: tuple[Flaw, ...]) -> ColumnElement[bool]:
    return or_(*(looked_at.c[flaw.value] for flaw in some))


def _figures(row: RowMapping | Mapping[str, Any]) -> PerfectOrders:
    judged = row[_JUDGED]
    return PerfectOrders(
        by=GroupBy(row["by"]),
        value=row["value"],
        orders=row["orders"],
        under_way=row[_UNDER_WAY],
        unshipped=row[_UNSHIPPED],
        unpromised=row[_UNPROMISED],
        perfect=Share(count=row["perfect"], of=judged),
        on_time=Share(count=row[Part.ON_TIME.value], of=judged),
        complete=Share(count=row[Part.COMPLETE.value], of=judged),
        undamaged=Share(count=row[Part.UNDAMAGED.value], of=judged),
        right_documents=Share(count=row[Part.RIGHT_DOCUMENTS.value], of=judged),
        flaws=tuple(
            FlawFigure(
                flaw=flaw,
                part=PART_OF[flaw],
                orders=Share(count=row[f"flaw_{flaw.value}"], of=judged),
            )
            for flaw in Flaw
        ),
    )
