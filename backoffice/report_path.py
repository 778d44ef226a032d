"""Which steps were skipped, and which were added, on the way of orders that have ended."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import (
    CTE,
    Boolean,
    ColumnElement,
    Connection,
    Integer,
    Select,
    Subquery,
    Text,
    Values,
    and_,
    case,
    column,
    func,
    literal,
    or_,
    select,
    union_all,
    values,
)

from backoffice.report_subjects import Subjects
from backoffice.tables.base import table
from backoffice.tables.orders import OrderRow, StepFactRow, TransitionRow
from backoffice.tables.papers import InvoiceRow
from backoffice.tables.shops import PolicyRow
from domain.expected_path import FORWARD, HEARD, HELD_TERMS, NEVER_ADDED, PATH, Need
from domain.journal import FactOutcome
from domain.reports import PathFigures, Share
from domain.status import OrderStatus, Step

_ORDERS, _TRANSITIONS = table(OrderRow), table(TransitionRow)
_INVOICES, _POLICIES = table(InvoiceRow), table(PolicyRow)
_FACTS = table(StepFactRow)
_OTHERS = _FACTS.alias("others")

_FAR = case({one.value: place for place, one in enumerate(FORWARD)}, value=_TRANSITIONS.c.status)
_PLACES = {name: place for place, one in enumerate(PATH) for name in one.operations}


Operation = tuple[int, str]


class Added(NamedTuple):
    """How often something was done beyond what was expected, and in how many orders."""

    times: int = 0
    orders: int = 0


def path_of_orders(connection: Connection, about: Subjects) -> tuple[PathFigures, ...]:
    """Every operation on the expected way, and with it whatever else was done; by step."""
    ended = _ended(about)
    orders = connection.scalars(select(func.count()).select_from(ended)).one()
    skipped, added = _counted(connection, about, ended)
    usual: dict[Operation, int] = {
        (int(one.step), one.operation): place for place, one in enumerate(PATH)
    }
    every = sorted({*usual, *added}, key=lambda one: (one[0], usual.get(one, len(PATH)), one[1]))
    return tuple(
        PathFigures(
            step=Step(step),
            operation=operation,
            skipped=skipped.get(usual.get((step, operation)), Share(count=0, of=0)),
            added=added.get((step, operation), Added()).times,
            added_in=Share(count=added.get((step, operation), Added()).orders, of=orders),
        )
        for step, operation in every
    )


def _ended(about: Subjects) -> CTE:
    """Orders that have ended. Of one without any fact nobody knows what was skipped."""
    known = select(_OTHERS.c.key).where(_OTHERS.c.order_id == about.orders.c.id)
    over = about.orders.c.ended_at.is_not(None)
    return select(about.orders.c.id).where(over, known.exists()).cte("ended")


def _counted(
    connection: Connection, about: Subjects, ended: CTE
) -> tuple[Mapping[int | None, Share], Mapping[Operation, Added]]:
    """What was skipped, by place on the path, and what was added; in one look at the facts."""
    done = _done(about)
    both = union_all(_skipped(_units(about, ended), done), _added(done)).subquery("both")
    skipped: dict[int | None, Share] = {}
    added: dict[Operation, Added] = {}
    for operation, number, count, other in connection.execute(select(both)):
        if operation is None:
            skipped[number] = Share(count=int(count), of=int(other))
        else:
            added[number, operation] = Added(int(count), int(other))
    return skipped, added


def _done(about: Subjects) -> CTE:
    """How often each unit of orders that have ended did what. A try whose end was recorded twice
    was done once: the first time counts."""
    before = select(_OTHERS.c.key).where(
        _OTHERS.c.key == _FACTS.c.key,
        _OTHERS.c.attempt < _FACTS.c.attempt,
        _OTHERS.c.outcome == FactOutcome.DONE.value,
    )
    facts = (
        about.facts()
        .where(
            about.orders.c.ended_at.is_not(None),
            _FACTS.c.outcome == FactOutcome.DONE.value,
            or_(_FACTS.c.attempt == 1, _FACTS.c.operation.in_(HEARD), ~before.exists()),
        )
        .cte("facts")
    )
    whose = (facts.c.place, facts.c.unit, facts.c.step, facts.c.operation)
    return select(*whose, func.count().label("times")).group_by(*whose).cte("done")


def _added(done: CTE) -> Select[*tuple[Any, ...]]:
    """Operation and step, how often, and in how many orders."""
    times = case((done.c.operation.in_(_PLACES), done.c.times - 1), else_=done.c.times)
    whose = (done.c.place, done.c.step, done.c.operation)
    of_orders = (
        select(*whose, func.sum(times).label("added"))
        .where(done.c.operation.not_in(NEVER_ADDED), times > 0)
        .group_by(*whose)
        .subquery("of_orders")
    )
    operation = (of_orders.c.operation, of_orders.c.step)
    return select(*operation, func.sum(of_orders.c.added), func.count()).group_by(*operation)


def _skipped(units: CTE, done: CTE) -> Select[*tuple[Any, ...]]:
    """No operation, but its place; where none was done, and of how many where it was expected."""
    path = _path()
    operations = values(
        column("operation", Text), column("place", Integer), name="operations"
    ).data(list(_PLACES.items()))
    passed = (
        select(done.c.unit, func.bit_or(_bit(operations.c.place)).label("places"))
        .join(operations, operations.c.operation == done.c.operation)
        .group_by(done.c.unit)
        .subquery("passed")
    )
    alike = _alike(units, passed)
    expected = and_(
        alike.c.of_order == path.c.of_order,
        alike.c.far >= path.c.far,
        or_(path.c.needs == "", alike.c.meets == path.c.needs),
    )
    missing = alike.c.places.bitwise_and(_bit(path.c.place)) == 0
    return (
        select(
            literal(None, Text).label("operation"),
            path.c.place.label("number"),
            func.coalesce(func.sum(alike.c.units).filter(missing), 0).label("count"),
            func.sum(alike.c.units).label("other"),
        )
        .select_from(alike.join(path, expected))
        .group_by(path.c.place)
    )


def _alike(units: CTE, passed: Subquery) -> Subquery:
    """Most units take one of a few ways: they are counted before each place is looked at."""
    places = func.coalesce(passed.c.places, 0).label("places")
    alike = (units.c.of_order, units.c.far, units.c.meets, places)
    return (
        select(*alike, func.count().label("units"))
        .select_from(units.outerjoin(passed, passed.c.unit == units.c.unit))
        .group_by(*alike)
        .subquery("alike")
    )


def _bit(place: ColumnElement[int]) -> ColumnElement[int]:
    """A set of places is one number, so that a unit's is one row."""
    return literal(1, Integer).bitwise_lshift(place)


def _path() -> Values:
    path = values(
        column("place", Integer),
        column("far", Integer),
        column("of_order", Boolean),
        column("needs", Text),
        name="path",
    )
    return path.data(
        [
            (place, FORWARD.index(one.by), not one.of_shipment, one.needs or "")
            for place, one in enumerate(PATH)
        ]
    )


def _units(about: Subjects, ended: CTE) -> CTE:
    """Orders and shipments with how far they came, and the one need that they may meet."""
    came = (
        select(_TRANSITIONS.c.order_id, _TRANSITIONS.c.shipment, func.max(_FAR).label("far"))
        .join(ended, ended.c.id == _TRANSITIONS.c.order_id)
        .where(_TRANSITIONS.c.status.in_([one.value for one in FORWARD]))
        .group_by(_TRANSITIONS.c.order_id, _TRANSITIONS.c.shipment)
        .cte("came")
    )
    far = select(came.c.order_id, func.max(came.c.far).label("far")).group_by(came.c.order_id)
    whole = far.cte("whole")
    orders = (
        select(
            whole.c.order_id.label("unit"),
            whole.c.far,
            literal(True, Boolean).label("of_order"),
            case((_may_be_asked_for_a_review(), Need.REVIEW.value), else_="").label("meets"),
        )
        .join(_ORDERS, _ORDERS.c.id == whole.c.order_id)
        .join(_POLICIES, _POLICIES.c.digest == _ORDERS.c.policy)
    )
    shipments = (
        select(
            came.c.shipment,
            came.c.far,
            literal(False, Boolean),
            case((_owes_money(came), Need.MONEY.value), else_=""),
        )
        .join(_ORDERS, _ORDERS.c.id == came.c.order_id)
        .where(came.c.shipment.is_not(None), about.counts(came.c.shipment))
    )
    return union_all(orders, shipments).cte("units")


def _may_be_asked_for_a_review() -> ColumnElement[bool]:
    came_back = select(_TRANSITIONS.c.number).where(
        _TRANSITIONS.c.order_id == _ORDERS.c.id,
        _TRANSITIONS.c.status == OrderStatus.NOT_DELIVERED.value,
    )
    asks = func.coalesce(_POLICIES.c.body["ask_for_reviews"].as_boolean(), True)
    welcome = func.coalesce(_ORDERS.c.body["reviews_welcome"].as_boolean(), True)
    return and_(asks, welcome, ~came_back.exists())


def _owes_money(came: CTE) -> ColumnElement[bool]:
    """Its terms hold money at a payment provider, and its invoice does not come to nothing."""
    nothing = select(_INVOICES.c.key).where(
        _INVOICES.c.order_id == came.c.order_id,
        _INVOICES.c.shipment == came.c.shipment,
        _INVOICES.c.gross == 0,
    )
    terms = _ORDERS.c.body["payment", "terms"].as_string()
    return and_(terms.in_(HELD_TERMS), ~nothing.exists())
