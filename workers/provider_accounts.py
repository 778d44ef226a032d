"""The providers' accounts, read again and again: what moved there, and what was paid out.

The report of accounts reads what is on record, and asks nobody. Where nothing is new, three
requests are made in five minutes.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

from backoffice.books import Books
from backoffice.movements import CHANNEL, Reading
from domain.failures import ProviderFailure, Refused
from domain.money import Money
from domain.movements import Movement, MovementPage, PayoutPage
from workers.both_ends import PAGES, Ends
from workers.loops import Loop

log = logging.getLogger("ordersaga.accounts")

MOVEMENTS, SENT_BACK = "movements", "bank transfers"
_AT_ONCE = timedelta(0)


class CardAccount(Protocol):
    """A payment provider's account. Every method raises NotDone or Refused."""

    name: str

    def movements(
        self, *, newer_than: str = "", older_than: str = "", since: datetime | None = None
    ) -> MovementPage:
        """Movements next to a name of the list, or the newest; those alone that are so new."""
        ...

    def movements_of(self, payout: str, *, older_than: str = "") -> MovementPage:
        """Movements that a payout pays out."""
        ...

    def payouts(
        self, *, newer_than: str = "", older_than: str = "", since: datetime | None = None
    ) -> PayoutPage:
        """Payouts next to a name of the list, or the newest; those alone that are so new."""
        ...

    def balance(self) -> tuple[Money, ...]:
        """What is there by now, each currency by itself."""
        ...


class BankAccount(Protocol):
    """A bank's account, whose bookings `workers.transfers` reads."""

    def sent_after(self, position: int) -> tuple[tuple[int, Movement], ...]:
        """Some of what was sent back after a position, each with its own; none: no more."""
        ...


@dataclass(frozen=True)
class AccountRhythm:
    """How often an account is read, how soon again after trouble, how often the last days are read
    anew (a list may show something late), and how often its balance is looked at."""

    every: timedelta = timedelta(minutes=5)
    again_after_trouble: timedelta = timedelta(minutes=1)
    anew_every: timedelta = timedelta(days=1)
    anew: timedelta = timedelta(days=3)
    balance_every: timedelta = timedelta(hours=6)


class ProviderAccounts:
    """Reads them. Any number of processes may; each list is read by one at a time."""

    def __init__(
        self,
        books: Books,
        card: CardAccount,
        bank: BankAccount | None = None,
        rhythm: AccountRhythm | None = None,
    ) -> None:
        """The accounts, and how often each is read."""
        self._movements = books.movements
        self._card, self._bank = card, bank
        self._rhythm = rhythm or AccountRhythm()

    def loops(self) -> tuple[Loop, ...]:
        """One, which the providers' webhooks wake."""
        return (Loop("providers' accounts", self.read, timedelta(minutes=1), CHANNEL),)

    async def read(self) -> int:
        """Read every list that is due; how many have more to be read at once."""
        return await asyncio.to_thread(self._read)

    def _read(self) -> int:
        name, rhythm = self._card.name, self._rhythm
        unfinished = [
            self._one(f"{name} {MOVEMENTS}", rhythm.every, self._read_movements),
            self._one(f"{name} payouts", rhythm.every, self._read_payouts),
            self._one(f"{name} anew", rhythm.anew_every, self._read_anew),
        ]
        if self._bank is not None:
            unfinished.append(self._one(SENT_BACK, rhythm.every, self._read_sent))
        return sum(unfinished)

    def _one(self, name: str, every: timedelta, read: Callable[[Reading], bool]) -> bool:
        """Read one list, if it is due and nobody else does; whether there is more of it."""
        began = datetime.now(UTC)
        reading = self._movements.claim(name)
        if reading is None:
            return False
        try:
            finished = read(reading)
        except ProviderFailure as failure:
            log.warning("an account cannot be read", extra={"list": name, "reason": failure.reason})
            soon = self._rhythm.again_after_trouble
            self._movements.done(name, None, every if isinstance(failure, Refused) else soon)
            return False
        self._movements.done(name, began if finished else None, every if finished else _AT_ONCE)
        return not finished

    def _read_movements(self, reading: Reading) -> bool:
        news = 0

        def keep(page: MovementPage, now: Reading) -> None:
            nonlocal news
            news += self._movements.put(page.movements, now)

        ends = Ends[MovementPage](
            newer=lambda name: self._card.movements(newer_than=name),
            older=lambda name: self._card.movements(older_than=name),
            keep=keep,
        )
        finished = ends.read_on(reading)
        looked = self._movements.balance_at(self._card.name)
        stale = looked is None or datetime.now(UTC) - looked > self._rhythm.balance_every
        if finished and (news or stale):
            self._look_at_balance(reading.name)
        return finished

    def _look_at_balance(self, name: str) -> None:
        """It counts where nothing moved while it was looked at; else it is looked at with the next
        movement that is read."""
        at = datetime.now(UTC)
        balance = self._card.balance()
        if not self._card.movements(newer_than=self._movements.newest(name)).newest:
            self._movements.put_balance(self._card.name, balance, at)

    def _read_payouts(self, reading: Reading) -> bool:
        ends = Ends[PayoutPage](
            newer=lambda name: self._card.payouts(newer_than=name),
            older=lambda name: self._card.payouts(older_than=name),
            keep=lambda page, now: self._movements.put_payouts(page.payouts, now),
        )
        finished = ends.read_on(reading)
        self._look_again_at_payouts()
        unread = self._movements.unread_payouts(self._card.name)
        for payout in unread[:PAGES]:
            self._movements.keep(reading.name)
            self._read_payout(payout)
        return finished and len(unread) <= PAGES

    def _look_again_at_payouts(self) -> None:
        """Those that may have changed since they were read."""
        since = self._movements.unsettled_since(self._card.name)
        older, more = "", since is not None
        while more:
            page = self._card.payouts(since=since, older_than=older)
            self._movements.put_payouts(page.payouts)
            older, more = page.oldest, page.more

    def _read_payout(self, payout: str) -> None:
        older, more = "", True
        while more:
            page = self._card.movements_of(payout, older_than=older)
            older, more = page.oldest, page.more
            self._movements.paid_in(self._card.name, payout, page.movements, last=not more)

    def _read_anew(self, reading: Reading) -> bool:
        """The last days once more: what the list showed late is on record after all."""
        since = datetime.now(UTC) - self._rhythm.anew
        older, more, late = "", True, 0
        while more:
            page = self._card.movements(since=since, older_than=older)
            late += self._movements.put(page.movements)
            self._movements.keep(reading.name)
            older, more = page.oldest, page.more
        if late:
            log.info("movements that a list showed late", extra={"movements": late})
        return True

    def _read_sent(self, reading: Reading) -> bool:
        """What the bank sent back: its positions only grow, so the newest is all it takes."""
        bank = self._bank
        for _ in range(PAGES):
            found = () if bank is None else bank.sent_after(int(reading.newest or 0))
            if not found:
                return True
            reading = replace(reading, newest=str(found[-1][0]), complete=True)
            self._movements.put([movement for _, movement in found], reading)
        return False
