"""What becomes of a question that nobody answers: it is tried again, and given up in the end."""

from collections.abc import Sequence
from datetime import datetime

from temporalio import workflow

from domain.cases import CaseAnswer
from domain.clocks import ZoneClock
from domain.hours import deadline
from domain.policy import Policy


def answer_of_nobody(
    policy: Policy,
    clocks: Sequence[ZoneClock],
    since: datetime,
    answers: Sequence[CaseAnswer],
) -> CaseAnswer | None:
    """What counts as answered where nobody does in time, for a trouble there is since then.

    None leaves the question open. Once ``give_up_after`` has passed only what cannot be cancelled
    is left to people: what is done by hand, or written off, nobody can assume.
    """
    if not workflow.patched("a-question-has-an-end"):
        return None
    within = policy.case_answer_within
    answered_by = deadline(policy.support_hours, clocks, workflow.now(), within)
    if answered_by < since + policy.give_up_after:
        return CaseAnswer.RETRY
    return CaseAnswer.CANCEL if CaseAnswer.CANCEL in answers else None
