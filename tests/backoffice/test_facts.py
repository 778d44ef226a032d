"""Which steps take long, and which go wrong, is read from recorded facts."""

from datetime import timedelta

from backoffice.facts import StepFacts, StepSummary
from backoffice.records import RecordBook
from domain.journal import FactOutcome
from domain.record import Commit
from domain.status import Step
from tests.backoffice.samples import NOW, SHOP, Trade, fact, journal


def test_each_operation_is_summed_up_with_its_mistakes_and_durations(trade: Trade) -> None:
    name = trade.accept()
    facts = [fact(f"k{n}", seconds=n) for n in range(1, 10)]
    facts += [
        fact("k10", 1, seconds=10, outcome=FactOutcome.FAILED),
        fact("k10", 2, seconds=11, outcome=FactOutcome.DECLINED),
        fact("q", seconds=2, step=Step.BOOKING, operation="quote", outcome=FactOutcome.MISTAKE),
    ]
    RecordBook(trade.database).commit(Commit(name, journal=journal(*facts)))
    first, second = StepFacts(trade.database).summary(SHOP, NOW)
    assert first == StepSummary(
        step=Step.PAYMENT,
        operation="authorize",
        tries=11,
        done=9,
        declined=1,
        mistakes=0,
        failed=1,
        again=1,
        median=timedelta(seconds=6),
        p95=timedelta(seconds=10.5),
        longest=timedelta(seconds=11),
    )
    assert (second.operation, second.mistakes) == ("quote", 1)


def test_facts_of_another_shop_or_an_earlier_time_do_not_count(trade: Trade) -> None:
    commit = Commit(trade.accept(), journal=journal(fact("k")))
    RecordBook(trade.database).commit(commit)
    book = StepFacts(trade.database)
    assert book.summary("other", NOW) == ()
    assert book.summary(SHOP, NOW + timedelta(seconds=1)) == ()
