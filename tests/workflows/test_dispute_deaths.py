"""Whoever looks after a dispute may die anywhere: the next one goes on, and it is answered once."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from backoffice.books import Books
from backoffice.database import Database
from backoffice.disputes import DisputeBook
from backoffice.evidence_file import SUMMARY, unpacked
from domain.attempt import Attempt
from domain.cases import Answer, CaseAnswer
from domain.disputes import DisputeSeen, DisputeState
from domain.payment import Authorization, AuthorizeMethod, Payer, PaymentEventKind
from domain.record import Commit
from providers.stripe_disputes import StripeDisputes
from providers.stripe_payment import StripePayment
from sandbox.client import SandboxClient
from tests.backoffice.disputed import TOTAL, euros, paid, told
from tests.backoffice.samples import SHOP, Trade, order, payment
from workers.disputes import Disputes, Rhythm

KEY = "sk_test_sandbox"
MOMENTS = [
    f"{when} {what}"
    for what in ("look", "upload", "submit", "give_in")
    for when in ("before", "after")
]


class Death(Exception):
    """The process is gone: nothing after this is done."""


class Mortal(StripeDisputes):
    """Stripe's own client in a process that dies at a moment, the first time that it comes."""

    def __init__(self, url: str, moment: str) -> None:
        super().__init__(url, KEY)
        self._moment = moment

    def _lives_through(self, moment: str) -> None:
        if self._moment == moment:
            self._moment = ""
            raise Death(moment)

    def look(self, dispute: str) -> DisputeSeen:
        self._lives_through("before look")
        seen = super().look(dispute)
        self._lives_through("after look")
        return seen

    def upload(self, key: str, name: str, content: bytes, *, repeated: bool) -> str:
        self._lives_through("before upload")
        file = super().upload(key, name, content, repeated=repeated)
        self._lives_through("after upload")
        return file

    def submit(
        self, key: str, dispute: str, evidence: Mapping[str, str], *, repeated: bool
    ) -> DisputeSeen:
        self._lives_through("before submit")
        seen = super().submit(key, dispute, evidence, repeated=repeated)
        self._lives_through("after submit")
        return seen

    def give_in(self, key: str, dispute: str, *, repeated: bool) -> DisputeSeen:
        self._lives_through("before give_in")
        seen = super().give_in(key, dispute, repeated=repeated)
        self._lives_through("after give_in")
        return seen


@dataclass
class Stage:
    """An order that was paid at Stripe, and disputed there."""

    books: Books
    sandbox: SandboxClient
    order: str
    dispute: str

    async def work(self, moment: str) -> bool:
        """A process that takes up what is due until nothing is; whether it died."""
        provider = Mortal(self.sandbox.base("stripe"), moment)
        try:
            while await Disputes(self.books, provider).see_to_all():
                continue
        except Death:
            return True
        finally:
            provider.close()
        return False

    def state(self) -> DisputeState:
        return self.books.dispute_pages.dispute(SHOP, self.dispute).state

    def answer(self, say: CaseAnswer) -> None:
        (case,) = self.books.cases.open_cases(SHOP)
        given = Answer(case=case.case.id, answer=say, who="Ana", at=datetime.now(UTC))
        assert self.books.cases.close(given) == given
        self.books.disputes.answered(self.dispute)


@pytest.fixture
def stage(database: Database, outside: SandboxClient) -> Stage:
    """What a dead process had taken up is free at once."""
    outside.reset()
    stripe = StripePayment(outside.base("stripe"), KEY)
    method, customer = AuthorizeMethod(payment_method="pm_card_visa"), order().customer
    attempt = Attempt(key="authorize", first_at=datetime.now(UTC))
    held = stripe.authorize(attempt, "ord_1", euros(TOTAL), method, Payer(customer=customer))
    assert isinstance(held, Authorization)
    stripe.capture(attempt.model_copy(update={"key": "capture"}), held.reference, euros(TOTAL))
    stripe.close()
    books = Books.over(database)
    books = replace(books, disputes=DisputeBook(database, lease=timedelta(0)))
    placed = paid(Trade(database), reference=held.reference)
    dispute = str(outside.dispute(held.reference)["id"])
    books.disputes.hear(dispute, placed, held.reference)
    return Stage(books, outside, placed, dispute)


@pytest.mark.parametrize("moment", MOMENTS)
async def test_it_is_answered_once_wherever_who_answers_dies(stage: Stage, moment: str) -> None:
    gives_in = "give_in" in moment
    died = [await stage.work(moment if "look" in moment else "")]
    await stage.work("")
    assert stage.state() is DisputeState.NEEDS_RESPONSE
    await asyncio.to_thread(stage.answer, CaseAnswer.ACCEPT if gives_in else CaseAnswer.SUBMIT)
    died.append(await stage.work("" if "look" in moment else moment))
    await stage.work("")
    assert any(died)
    assert stage.state() is (DisputeState.LOST if gives_in else DisputeState.UNDER_REVIEW)
    evidence = stage.sandbox.ledger("stripe", kind="evidence")
    lost = stage.sandbox.ledger("stripe", kind="dispute_lost")
    assert (len(evidence), len(lost)) == ((0, 1) if gives_in else (1, 0))
    words = ["order.shipped", "order.disputed"]
    assert told(stage.books, SHOP) == [*words, *(["order.dispute_lost"] if gives_in else [])]
    assert stage.books.audits.audit(SHOP) == ()


async def test_what_was_kept_is_sent_although_the_records_have_changed_since(
    stage: Stage,
) -> None:
    await stage.work("")
    await asyncio.to_thread(stage.answer, CaseAnswer.SUBMIT)
    assert await stage.work("after upload")
    kept = stage.books.dispute_pages.pack(SHOP, stage.dispute)
    shipment = f"{stage.order}-s1"
    given = payment("refund:1", PaymentEventKind.REFUND, 500, reference="re_1", shipment=shipment)
    stage.books.records.commit(Commit(stage.order, payments=(given,)))
    assert not await stage.work("")
    (entry,) = stage.sandbox.ledger("stripe", kind="evidence")
    words = entry.data["evidence"]["uncategorized_text"]
    assert words == unpacked(kept, SUMMARY).decode()
    assert "re_1" not in words
    assert stage.books.dispute_pages.pack(SHOP, stage.dispute) == kept


async def test_what_was_opened_before_anybody_looked_is_found_by_the_long_look(
    stage: Stage,
) -> None:
    with stage.books.database.transaction() as connection:
        connection.execute(text("DELETE FROM disputes"))
    provider = StripeDisputes(stage.sandbox.base("stripe"), KEY)
    rhythm = Rhythm(list_every=timedelta(days=1), long_every=timedelta(0))
    looks = Disputes(stage.books, provider, rhythm)
    for _ in range(2):  # the first one begins
        await looks.find()
    provider.close()
    await stage.work("")
    assert stage.state() is DisputeState.NEEDS_RESPONSE


async def test_many_processes_answer_it_once(stage: Stage) -> None:
    await stage.work("")
    await asyncio.to_thread(stage.answer, CaseAnswer.SUBMIT)
    steady = replace(stage.books, disputes=DisputeBook(stage.books.database))
    many: list[Callable[[], StripeDisputes]] = [
        lambda: StripeDisputes(stage.sandbox.base("stripe"), KEY)
    ] * 6
    providers = [make() for make in many]
    taken = await asyncio.gather(*(Disputes(steady, one).see_to_all() for one in providers))
    for one in providers:
        one.close()
    assert sum(taken) == 1
    assert stage.state() is DisputeState.UNDER_REVIEW
    assert len(stage.sandbox.ledger("stripe", kind="evidence")) == 1
