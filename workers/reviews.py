"""Reviews: what payment and label providers hold for orders, compared with the records.

A difference counts when it is still there at a later look, since what is under way is always a
moment ahead of the records. What certainly nobody wants is let go of; the rest becomes a case.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol, TypeVar

from backoffice.books import Books
from domain.attempt import Attempt
from domain.cases import Answer, Case, CaseAnswer
from domain.failures import ProviderFailure
from domain.journal import Journal
from domain.payment import Authorization, PaymentEvent, PaymentEventKind
from domain.record import Commit
from domain.review import LabelSeen, MoneySeen, Suspicion, suspect_label, suspect_money
from workers.loops import Loop

log = logging.getLogger("ordersaga.reviews")

Seen = TypeVar("Seen", MoneySeen, LabelSeen)
_FOUND = PaymentEventKind.AUTHORIZATION


class MoneyLists(Protocol):
    """A payment provider's list."""

    def since(self, moment: datetime) -> Iterator[MoneySeen]:
        """Payments that bear an order's mark. Raises NotDone or Refused."""
        ...


class LabelLists(Protocol):
    """A label provider's list."""

    def since(self, moment: datetime) -> Iterator[LabelSeen]:
        """Live labels that bear a label id of ours. Raises NotDone or Refused."""
        ...


class HeldMoney(Protocol):
    """The part of a payment provider that lets money go."""

    name: str

    def void(self, attempt: Attempt, order_id: str, reference: str | None) -> Authorization | None:
        """As in `activities.payment`."""
        ...


class BoughtLabels(Protocol):
    """The part of a courier that voids labels."""

    def void(self, attempt: Attempt, transaction: str) -> bool:
        """As in `activities.shipping`."""
        ...


@dataclass(frozen=True)
class Rhythm:
    """How often a list is read, and how far back each time; the long one finds late changes."""

    every: timedelta = timedelta(minutes=5)
    overlap: timedelta = timedelta(minutes=40)
    long_every: timedelta = timedelta(hours=2)
    long_overlap: timedelta = timedelta(days=8)
    grace: timedelta = timedelta(minutes=4)


class Reviews:
    """Reads both providers' lists."""

    def __init__(
        self,
        books: Books,
        money: tuple[MoneyLists, HeldMoney],
        labels: tuple[LabelLists, BoughtLabels],
        rhythm: Rhythm | None = None,
    ) -> None:
        """Each provider's list, and the part of it that lets go of what nobody wants."""
        self._books = books
        self._money_list, self._money = money
        self._label_list, self._labels = labels
        self._rhythm = rhythm or Rhythm()

    def loops(self) -> tuple[Loop, ...]:
        """Each is done by one process at a time, whichever comes first."""
        return (
            Loop("money at the provider", self.money, timedelta(minutes=1)),
            Loop("labels at the provider", self.labels, timedelta(minutes=1)),
        )

    async def money(self) -> int:
        """Compare payments with the records."""
        await self._review("money", self._look_at_money)
        return 0

    async def labels(self) -> int:
        """Compare labels with the records."""
        await self._review("labels", self._look_at_labels)
        return 0

    async def _review(self, name: str, look: Callable[[datetime], None]) -> None:
        rhythm = self._rhythm
        for part, every, back in (
            (name, rhythm.every, rhythm.overlap),
            (f"{name}, long", rhythm.long_every, rhythm.long_overlap),
        ):
            since = await asyncio.to_thread(self._books.reviews.claim, part, every)
            if since is None:
                continue
            began: datetime | None = datetime.now(UTC)
            try:
                await asyncio.to_thread(look, since - back)
            except ProviderFailure as failure:
                log.warning("a review broke off", extra={"reason": str(failure)})
                began = None
            await asyncio.to_thread(self._books.reviews.done, part, began)

    def _look_at_money(self, since: datetime) -> None:
        found = [
            (seen, suspicion)
            for seen in self._money_list.since(since)
            if (suspicion := suspect_money(seen, self._books.reviews.money(seen)))
        ]
        for seen, suspicion in self._confirmed(found):
            if suspicion.surplus:
                self._let_go_of_money(seen, suspicion)
            else:
                self._books.cases.open(_case(seen.order, suspicion))

    def _look_at_labels(self, since: datetime) -> None:
        now = datetime.now(UTC)
        found = [
            (seen, suspicion)
            for seen in self._label_list.since(since)
            if (suspicion := suspect_label(seen, self._books.reviews.label(seen), now))
        ]
        for seen, suspicion in self._confirmed(found):
            if suspicion.surplus:
                self._void(seen, suspicion)
            else:
                self._books.cases.open(_case(seen.order, suspicion))

    def _confirmed(self, found: list[tuple[Seen, Suspicion]]) -> list[tuple[Seen, Suspicion]]:
        names = {_case_id(seen.order, suspicion) for seen, suspicion in found}
        held = self._books.reviews.confirmed(names, self._rhythm.grace)
        return [(seen, one) for seen, one in found if _case_id(seen.order, one) in held]

    def _let_go_of_money(self, seen: MoneySeen, suspicion: Suspicion) -> None:
        """The order has ended unshipped: hold its money no longer, and put that on record."""
        key = f"{seen.order}:review:{seen.reference}"
        attempt = Attempt(key=key, first_at=seen.created_at)
        try:
            let_go = self._money.void(attempt, seen.order, seen.reference)
        except ProviderFailure as failure:
            self._books.cases.open(
                _case(seen.order, suspicion, f". It cannot be let go: {failure}")
            )
            return
        owned = self._books.reviews.money(seen).owned
        kinds = (PaymentEventKind.VOID,) if owned else (_FOUND, PaymentEventKind.VOID)
        events = tuple(
            PaymentEvent(
                key=f"{key}:{kind.value}",
                kind=kind,
                money=seen.held,
                provider=self._money.name,
                reference=seen.reference,
                at=datetime.now(UTC),
            )
            for kind in kinds
        )
        words = "; it was let go" if let_go is not None else "; it was gone already"
        self._report(seen.order, suspicion, words, events if let_go is not None else ())

    def _void(self, seen: LabelSeen, suspicion: Suspicion) -> None:
        """Another label is used, or none: void this one. Its id may be the used one's as well, so
        only the case says so."""
        attempt = Attempt(key=f"{seen.order}:review:{seen.transaction}", first_at=seen.created_at)
        try:
            voided = self._labels.void(attempt, seen.transaction)
        except ProviderFailure as failure:
            self._books.cases.open(
                _case(seen.order, suspicion, f". It cannot be voided: {failure}")
            )
            return
        if voided:
            log.info("a surplus label was voided", extra={"order": seen.order})
            self._report(seen.order, suspicion, "; it was voided")
        else:
            self._books.cases.open(
                _case(seen.order, suspicion, ". The carrier does not refund it: it may be used")
            )

    def _report(
        self,
        order: str,
        suspicion: Suspicion,
        words: str,
        payments: tuple[PaymentEvent, ...] = (),
    ) -> None:
        """On record as a case that was closed at once."""
        case = _case(order, suspicion, words)
        answer = Answer(
            case=case.id,
            answer=CaseAnswer.CLOSE,
            who="ordersaga",
            why=words.removeprefix("; "),
            at=case.opened_at,
        )
        journal = Journal(cases=(case,), answers=(answer,))
        self._books.records.commit(Commit(order=order, journal=journal, payments=payments))


def _case_id(order: str, suspicion: Suspicion) -> str:
    return f"{order}:{suspicion.kind.value}:{suspicion.subject}"[:100]


def _case(order: str, suspicion: Suspicion, words: str = "") -> Case:
    return Case(
        id=_case_id(order, suspicion),
        order=order,
        kind=suspicion.kind,
        reason=f"{suspicion.reason}{words}"[:4000],
        opened_at=datetime.now(UTC),
    )
