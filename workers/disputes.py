"""Disputes: each is looked at where it is, and answered once: as people say, or as nobody does.

A dispute may come months after its order has ended, so no workflow looks after it. Wherever a
process dies, the next one takes it up, looks at the provider, and goes on from there.
"""

import asyncio
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from backoffice.books import Books
from backoffice.disputes import CHANNEL, DisputeOnRecord
from backoffice.evidence_file import pack, unpacked
from domain.cases import Answer, Case, CaseAnswer, CaseKind
from domain.disputes import DisputeListed, DisputeSeen, DisputeState, unanswered
from domain.evidence import Prepared
from domain.evidence_words import for_provider, summary
from domain.failures import ProviderFailure, Refused
from workers.loops import Loop

log = logging.getLogger("ordersaga.disputes")

BATCH = 4
"""Taken up at the same time: each has all of its lease."""
_LONGEST_PAUSE = timedelta(hours=1)
_TOLD_AFTER = 8
"""Failures in a row after which a person is told."""


class DisputeProvider(Protocol):
    """A payment provider that tells of disputes. Every method raises NotDone, UnknownOutcome or
    Refused."""

    name: str

    def look(self, dispute: str) -> DisputeSeen:
        """A dispute as it is now."""
        ...

    def since(self, moment: datetime) -> Iterator[DisputeListed]:
        """Disputes that were opened since then."""
        ...

    def upload(self, key: str, name: str, content: bytes, *, repeated: bool) -> str:
        """Hand over a file; the provider's name for it."""
        ...

    def submit(
        self, key: str, dispute: str, evidence: Mapping[str, str], *, repeated: bool
    ) -> DisputeSeen:
        """Send evidence, once, whoever sent it before; how the dispute is then."""
        ...

    def give_in(self, key: str, dispute: str, *, repeated: bool) -> DisputeSeen:
        """Leave the money to the customer; how the dispute is then."""
        ...


@dataclass(frozen=True)
class Rhythm:
    """How often an open dispute is looked at where no webhook tells of it, and how often the
    provider's list is read, with how far back; the long way back finds what was opened before
    this was running, or before its payment was on record."""

    look: timedelta = timedelta(hours=6)
    list_every: timedelta = timedelta(minutes=10)
    overlap: timedelta = timedelta(hours=1)
    long_every: timedelta = timedelta(days=1)
    long_overlap: timedelta = timedelta(days=180)


class Disputes:
    """Looks after disputes. Any number of processes may."""

    def __init__(
        self, books: Books, provider: DisputeProvider, rhythm: Rhythm | None = None
    ) -> None:
        """``provider`` is where the disputed payments are."""
        self._books = books
        self._provider = provider
        self._rhythm = rhythm or Rhythm()

    def loops(self) -> tuple[Loop, ...]:
        """Those that are on record, which webhooks and answers wake; and those that are not."""
        return (
            Loop("disputes", self.see_to_all, timedelta(seconds=5), CHANNEL),
            Loop("disputes at the provider", self.find, timedelta(minutes=1)),
        )

    async def see_to_all(self) -> int:
        """Take up what is due; how many that were."""
        claimed = await asyncio.to_thread(self._books.disputes.claim, BATCH)
        await asyncio.gather(*(asyncio.to_thread(self._see_to, one) for one in claimed))
        return len(claimed)

    async def find(self) -> int:
        """Put disputes on record whose webhook was lost: the provider lists what was opened."""
        name, rhythm = f"disputes at {self._provider.name}", self._rhythm
        for part, every, back in (
            (name, rhythm.list_every, rhythm.overlap),
            (f"{name}, long", rhythm.long_every, rhythm.long_overlap),
        ):
            since = await asyncio.to_thread(self._books.reviews.claim, part, every)
            if since is not None:
                await asyncio.to_thread(self._review, part, since - back)
        return 0

    def _review(self, part: str, since: datetime) -> None:
        began: datetime | None = datetime.now(UTC)
        try:
            self._find(since)
        except ProviderFailure as failure:
            log.warning("disputes cannot be listed", extra={"reason": str(failure)})
            began = None
        self._books.reviews.done(part, began)

    def _find(self, since: datetime) -> None:
        book = self._books.disputes
        for one in self._provider.since(since):
            owner = self._books.claims.owner(self._provider.name, one.payment)
            if owner is not None and book.hear(one.reference, owner, one.payment, again=False):
                log.info("a dispute was found by looking", extra={"order": owner})

    def _see_to(self, dispute: DisputeOnRecord) -> None:
        try:
            seen = self._provider.look(dispute.id)
        except ProviderFailure as failure:
            self._cannot(dispute, failure)
            return
        if dispute.failures:
            stuck = _stuck(dispute, "").id
            self._books.cases.settle(dispute.order, stuck, "the provider answers again")
        now = self._books.disputes.seen(dispute, seen)
        if now is None:
            return
        try:
            asks = now.state.asks and not now.refused
            then = self._answer(now, seen) if asks else now
        except Refused as refusal:
            self._books.disputes.refuse(now, refusal.reason)
            self._books.disputes.rest(now, self._rhythm.look)
        except ProviderFailure as failure:
            self._cannot(now, failure)
        else:
            if then is not None:
                self._books.disputes.rest(then, self._until(then))

    def _cannot(self, dispute: DisputeOnRecord, failure: ProviderFailure) -> None:
        """It is tried again; a person is told where that lasts, or cannot help."""
        log.warning("a dispute has to wait", extra={"reason": failure.reason})
        if isinstance(failure, Refused) or dispute.failures >= _TOLD_AFTER:
            self._books.cases.open(_stuck(dispute, failure.reason))
        pause = timedelta(seconds=2 ** min(dispute.failures, 12))
        self._books.disputes.later(dispute, min(pause, _LONGEST_PAUSE))

    def _until(self, dispute: DisputeOnRecord) -> timedelta | None:
        """When it is looked at again: at the latest when people have had their time."""
        if dispute.state.ended:
            return None
        undecided = dispute.state.asks and dispute.decision is None
        if undecided and dispute.answer_by is not None and not dispute.refused:
            left = max(dispute.answer_by - dispute.now, timedelta(0))
            return min(left, self._rhythm.look)
        return self._rhythm.look

    def _answer(self, dispute: DisputeOnRecord, seen: DisputeSeen) -> DisputeOnRecord | None:
        """What was decided is carried out; where nobody has in time, the policy decides."""
        repeated = dispute.failures > 0
        match dispute.decision or self._of_nobody(dispute, seen):
            case CaseAnswer.SUBMIT:
                return self._submit(dispute, repeated=repeated)
            case CaseAnswer.ACCEPT if dispute.state is DisputeState.NEEDS_RESPONSE:
                key = f"{dispute.id}:give_in:{dispute.round}"
                then = self._provider.give_in(key, dispute.id, repeated=repeated)
                return self._books.disputes.seen(dispute, then)
            case _:
                return dispute

    def _of_nobody(self, dispute: DisputeOnRecord, seen: DisputeSeen) -> CaseAnswer | None:
        if dispute.answer_by is None or dispute.now < dispute.answer_by:
            return None
        known = self._books.dispute_pages.given_back(dispute.id, seen.money.currency)
        # Money given back by hand is on record alone; in the provider's own pages, there alone.
        refunded = max(known, seen.refunded, key=lambda one: one.amount)
        given = Answer(
            case=dispute.case,
            answer=unanswered(dispute.policy.dispute_unanswered, seen.money, refunded),
            who="ordersaga",
            why="nobody has decided in time",
            at=datetime.now(UTC),
        )
        return self._books.cases.close(given).answer

    def _submit(self, dispute: DisputeOnRecord, *, repeated: bool) -> DisputeOnRecord | None:
        """Files first, then all of it at once. What is sent is kept before any of it is."""
        kept = self._kept(dispute)
        if kept is None:
            return None
        prepared, content = kept
        uploads = dict(dispute.uploads)
        for place, name in prepared.papers.items():
            if place not in uploads:
                key = f"{dispute.id}:{place}:{dispute.round}"
                uploads[place] = self._provider.upload(
                    key, name, unpacked(content, name), repeated=repeated
                )
                self._books.disputes.uploaded(dispute, uploads)
        then = self._provider.submit(
            f"{dispute.id}:evidence:{dispute.round}",
            dispute.id,
            prepared.texts | uploads,
            repeated=repeated,
        )
        return self._books.disputes.seen(dispute, then)

    def _kept(self, dispute: DisputeOnRecord) -> tuple[Prepared, bytes] | None:
        """What was kept for this answer, or is from now on; None where it is another's turn."""
        if dispute.evidence is not None and dispute.pack is not None:
            return dispute.evidence, dispute.pack
        found = self._books.dispute_pages.evidence(dispute.id)
        words = summary(found)
        prepared, content = for_provider(found, words), pack(found, words)
        mine = self._books.disputes.freeze(dispute, prepared, content)
        return (prepared, content) if mine else None


def _stuck(dispute: DisputeOnRecord, reason: str) -> Case:
    return Case(
        id=f"{dispute.order}:{CaseKind.STUCK.value}:{dispute.id}"[:100],
        order=dispute.order,
        kind=CaseKind.STUCK,
        reason=f"Dispute {dispute.id} cannot be looked at, or answered, and is still tried: "
        f"{reason}"[:4000],
        opened_at=datetime.now(UTC),
    )
