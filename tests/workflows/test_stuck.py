"""A step that does not get through becomes known, whatever becomes of single tries."""

from dataclasses import replace

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.operations import operation
from activities.step import STUCK_AFTER, Request, step_run
from domain.cases import CaseKind
from domain.failures import NotDone
from domain.record import Commit, Committed, OrderOnRecord
from domain.status import Step


class Recorded:
    """Records that remember what was committed."""

    def __init__(self) -> None:
        self.commits: list[Commit] = []

    def commit(self, commit: Commit) -> Committed:
        self.commits.append(commit)
        return Committed()

    def order(self, order_id: str) -> OrderOnRecord:
        raise LookupError(order_id)


def failed(attempt: int) -> Commit:
    environment = ActivityEnvironment()
    environment.info = replace(ActivityEnvironment.default_info(), attempt=attempt)
    records = Recorded()

    @operation("buy")
    def fail() -> None:
        with step_run(records, Request(order_id="ord_1", shop="tea"), Step.BOOKING, fail):
            raise NotDone("shippo", "it is away")

    with pytest.raises(ApplicationError):
        environment.run(fail)
    return records.commits[0]


def test_a_case_says_that_a_step_is_stuck_also_where_the_eighth_try_was_never_heard_of() -> None:
    later = [failed(STUCK_AFTER + more).journal.cases for more in (0, 1, 5)]
    assert [[case.kind for case in cases] for cases in later] == [[CaseKind.STUCK]] * 3
    assert len({case.id for cases in later for case in cases}) == 1


def test_a_few_failed_tries_are_nobodys_business() -> None:
    assert failed(STUCK_AFTER - 1).journal.cases == ()
