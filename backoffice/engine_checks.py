"""Which orders are due for a look at the engine, and what the last look saw."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Exists, and_, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from backoffice.database import Database
from backoffice.tables.base import table
from backoffice.tables.cases import CaseRow
from backoffice.tables.checks import EngineCheckRow
from backoffice.tables.orders import OrderRow
from domain.standing import SELF_CLOSING, Standing
from domain.status import OrderStatus

_ORDERS, _CASES, _CHECKS = table(OrderRow), table(CaseRow), table(EngineCheckRow)
_NEW = insert(_CHECKS)
_CLOSING = [kind.value for kind in SELF_CLOSING]


@dataclass(frozen=True)
class Pace:
    """How soon after its start, and how often then, an order is looked at.

    Ended ones are looked at for a while too, now and then: somebody may reset them.
    """

    after: timedelta = timedelta(minutes=1)
    open_every: timedelta = timedelta(minutes=3)
    ended_every: timedelta = timedelta(hours=6)
    ended_for: timedelta = timedelta(days=7)


@dataclass(frozen=True)
class DueOrder:
    """An order that is due, as the records have it, with what the last look saw."""

    order_id: str
    status: OrderStatus
    ended: bool
    run_id: str
    length: int
    timer_at: datetime | None


@dataclass(frozen=True)
class OpenCases:
    """Whether a person is asked, and the cases that looks at the engine have opened."""

    asked: bool
    own: tuple[str, ...]


class EngineCheckBook:
    """Hands out orders to be looked at, longest unlooked-at first."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def claim(self, pace: Pace, limit: int) -> tuple[DueOrder, ...]:
        """Take orders that are due; nobody else gets them before they are due again."""
        now = func.now()
        due = (
            select(
                _ORDERS.c.id,
                _ORDERS.c.status,
                _ORDERS.c.ended_at.is_not(None),
                func.coalesce(_CHECKS.c.run_id, ""),
                func.coalesce(_CHECKS.c.length, 0),
                _CHECKS.c.timer_at,
            )
            .outerjoin(_CHECKS, _CHECKS.c.order_id == _ORDERS.c.id)
            .where(
                _ORDERS.c.started_at <= now - pace.after,
                or_(
                    and_(
                        _ORDERS.c.ended_at.is_(None),
                        or_(
                            _CHECKS.c.checked_at.is_(None),
                            _CHECKS.c.checked_at <= now - pace.open_every,
                        ),
                    ),
                    and_(
                        _ORDERS.c.ended_at >= now - pace.ended_for,
                        or_(
                            func.coalesce(_CHECKS.c.checked_at, _ORDERS.c.ended_at)
                            <= now - pace.ended_every,
                            and_(_has_own_case(), _CHECKS.c.checked_at <= now - pace.open_every),
                        ),
                    ),
                ),
            )
            .order_by(_CHECKS.c.checked_at.asc().nulls_first(), _ORDERS.c.id)
            .limit(limit)
            .with_for_update(of=_ORDERS, key_share=True, skip_locked=True)
        )
        with self._database.transaction() as connection:
            rows = connection.execute(due).all()
            if rows:
                seen = [
                    {"order_id": row[0], "checked_at": now, "run_id": "", "length": 0}
                    for row in rows
                ]
                connection.execute(
                    _NEW.values(seen).on_conflict_do_update(
                        index_elements=["order_id"], set_={"checked_at": now}
                    )
                )
        return tuple(
            DueOrder(order, OrderStatus(status), ended, run_id, length, timer_at)
            for order, status, ended, run_id, length, timer_at in rows
        )

    def seen(self, order_id: str, standing: Standing) -> None:
        """Note what a look saw."""
        with self._database.transaction() as connection:
            connection.execute(
                update(_CHECKS)
                .where(_CHECKS.c.order_id == order_id)
                .values(
                    run_id=standing.run_id,
                    length=standing.length,
                    timer_at=standing.next_timer,
                )
            )

    def cases(self, order_id: str) -> OpenCases:
        """An order's open cases, told apart by who opened them."""
        with self._database.reading() as connection:
            rows = connection.execute(
                select(_CASES.c.id, _CASES.c.kind).where(
                    _CASES.c.order_id == order_id, _CASES.c.closed_at.is_(None)
                )
            ).all()
        own = tuple(case for case, kind in rows if kind in _CLOSING)
        return OpenCases(asked=len(own) < len(rows), own=own)


def _has_own_case() -> Exists:
    return exists().where(
        _CASES.c.order_id == _ORDERS.c.id,
        _CASES.c.closed_at.is_(None),
        _CASES.c.kind.in_(_CLOSING),
    )
