"""Reports of operations, added up in the database from what is on record about each order."""

from psycopg.errors import QueryCanceled
from sqlalchemy import Connection, func, select, text
from sqlalchemy.exc import OperationalError

from backoffice.database import Database
from backoffice.report_mistakes import mistakes_of_steps
from backoffice.report_path import path_of_orders
from backoffice.report_perfect import perfect_orders
from backoffice.report_subjects import Subjects, subjects
from backoffice.report_times import times_of_steps
from backoffice.tables.base import table
from backoffice.tables.orders import StepFactRow
from domain.report_scope import ReportScope
from domain.reports import OrderCounts, OrderReport, Share

_FACTS = table(StepFactRow)

# Its sorts are of many small rows, and stay in memory; compiling takes longer than the work.
_FOR_ADDING_UP = text("SELECT set_config('work_mem', '64MB', true), set_config('jit', 'off', true)")


class TooMuchToReport(Exception):
    """A report took longer than a statement may."""


class ReportBook:
    """Reports of one shop's orders, each of one moment: nobody's commit comes between."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def orders(self, scope: ReportScope) -> OrderReport:
        """Everything that is reported of these orders.

        Raises:
            TooMuchToReport: there are more of them than can be added up at once.
        """
        try:
            with self._database.snapshot() as connection:
                connection.execute(_FOR_ADDING_UP)
                return _report(connection, scope)
        except OperationalError as error:
            if isinstance(error.orig, QueryCanceled):
                raise TooMuchToReport from error
            raise


def _report(connection: Connection, scope: ReportScope) -> OrderReport:
    about = subjects(scope)
    whole, *groups = perfect_orders(connection, scope, about)
    return OrderReport(
        scope=scope,
        begins=scope.begins,
        ends=scope.ends,
        orders=_counts(connection, about),
        times=times_of_steps(connection, about),
        mistakes=mistakes_of_steps(connection, about),
        path=path_of_orders(connection, about),
        perfect=whole,
        groups=tuple(groups),
    )


def _counts(connection: Connection, about: Subjects) -> OrderCounts:
    orders = about.orders
    of_order = select(_FACTS.c.key).where(_FACTS.c.order_id == orders.c.id)
    accepted, ended, silent = connection.execute(
        select(
            func.count(),
            func.count().filter(orders.c.ended_at.is_not(None)),
            func.count().filter(~of_order.exists()),
        ).select_from(orders)
    ).one()
    return OrderCounts(
        accepted=accepted,
        ended=Share(count=ended, of=accepted),
        without_facts=Share(count=silent, of=accepted),
    )
