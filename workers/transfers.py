"""The bank account, read again and again: what comes finds its order, or goes back.

What an order waits for it is told of, and looks itself. What no order wants (too much, too late,
in another currency) is sent back; what bears no order's reference waits for a person.
"""

import asyncio
import logging
from datetime import UTC, datetime, timedelta

from backoffice.bookings import BOOKINGS, CHANNEL, BookingOnRecord
from backoffice.books import Books
from backoffice.tables.transfers import BookingState
from domain.cases import Answer, Case, CaseAnswer, CaseKind
from domain.creditor_reference import creditor_reference
from domain.failures import ProviderFailure, Refused
from domain.journal import Journal
from domain.money import Money
from domain.payment import PaymentEvent, PaymentEventKind
from domain.record import Commit
from domain.status import OrderStatus
from domain.transfers import Share, case_of_booking
from providers.bank_transfer import BankTransfer
from workers.loops import Loop

log = logging.getLogger("ordersaga.transfers")

BATCH = 100
STRAYS_WAIT = timedelta(days=14)
"""How long money that nobody owns waits for a person; then it goes back."""

_NOT_ASKED_YET = (OrderStatus.ACCEPTED, OrderStatus.BACKORDERED, OrderStatus.RESERVED)
_HINT = "payment_news"
_K, _S = PaymentEventKind, BookingState


class Transfers:
    """Reads the account. Any number of processes may: what is there already changes nothing."""

    def __init__(self, books: Books, bank: BankTransfer) -> None:
        """``bank`` reads the account and sends back."""
        self._books = books
        self._bank = bank

    def loops(self) -> tuple[Loop, ...]:
        """Reading, which the bank's webhooks wake, and what is to be done about what was read."""
        return (
            Loop("bank account", self.read, timedelta(seconds=30), CHANNEL),
            Loop("bank bookings", self.see_to_all, timedelta(seconds=2), BOOKINGS),
        )

    async def read(self) -> int:
        """Put what came to the account on record."""
        return await asyncio.to_thread(self._read)

    async def see_to_all(self) -> int:
        """Do what is to be done: what an order waits for is looked at again and again."""
        await asyncio.to_thread(self._see_to_all)
        return 0

    def _see_to_all(self) -> None:
        for stray in self._books.bookings.strays(STRAYS_WAIT):
            self._nobody_answered(stray)
        for booking in self._books.bookings.to_do(BATCH):
            try:
                self._see_to(booking)
            except Refused as refusal:
                self._refused(booking, refusal)
            except ProviderFailure as failure:
                log.warning("a transfer has to wait", extra={"reason": failure.reason})

    def _read(self) -> int:
        try:
            found = self._bank.after(self._books.bookings.last_position())
        except ProviderFailure as failure:
            log.warning("the bank account cannot be read", extra={"reason": failure.reason})
            return 0
        self._books.bookings.put(found)
        return len(found)

    def _see_to(self, booking: BookingOnRecord) -> None:
        if booking.state is _S.RETURNING:
            self._return(booking)
        elif booking.order is None:
            self._books.cases.open(_stray(booking))
            self._books.bookings.set_aside(booking.id)
        else:
            self._of_an_order(booking, booking.order)

    def _of_an_order(self, booking: BookingOnRecord, order: str) -> None:
        status = self._books.records.status(order)
        if status is None or status in _NOT_ASKED_YET:
            return
        if status is OrderStatus.AWAITING_PAYMENT:
            self._books.inbox.put("bank", f"booking:{booking.id}", _HINT, order, {}, _HINT)
            return
        self._balance(booking, order)
        then = _S.DONE if status.ended else _S.OPEN
        self._books.bookings.move(booking.id, then, now=booking.state)

    def _balance(self, booking: BookingOnRecord, order: str) -> None:
        """What is here beyond what the order holds or has captured goes back."""
        currency = self._books.records.order(order).order.currency
        totals = self._books.money.totals(order, currency)
        receipts = self._bank.receipts(creditor_reference(order), currency)
        kept = totals.authorized - totals.voided
        surplus = receipts.here - kept
        shares = receipts.foreign()
        if surplus.amount > 0:
            shares += receipts.shares(surplus)
        if shares:
            self._give_back(booking, order, shares, surplus)
        status = self._books.records.status(order)
        if surplus.amount < 0 and status is not None and status.ended:
            self._books.cases.open(_lacking(order, receipts.here, kept))

    def _give_back(
        self, booking: BookingOnRecord, order: str, shares: tuple[Share, ...], surplus: Money
    ) -> None:
        operation = f"{order}:surplus:{booking.id}"
        self._bank.send_back(shares, creditor_reference(order), operation)
        now = datetime.now(UTC)
        words = ", ".join(f"{one.money} of {one.booking.id}" for one in shares)
        case = Case(
            id=f"{case_of_booking(booking.id)}:surplus:{shares[0].turn}",
            order=order,
            kind=CaseKind.STRAY_MONEY,
            reason=f"More has come than the order owes: {words} went back to where it came from",
            opened_at=now,
        )
        answer = Answer(
            case=case.id, answer=CaseAnswer.CLOSE, who="ordersaga", why="it was sent back", at=now
        )
        events = (
            PaymentEvent(
                key=f"{operation}:{shares[0].turn}:{kind.value}",
                kind=kind,
                money=surplus,
                provider=self._bank.name,
                reference=creditor_reference(order),
                at=now,
            )
            for kind in (_K.AUTHORIZATION, _K.VOID)
        )
        payments = tuple(events) if surplus.amount > 0 else ()
        journal = Journal(cases=(case,), answers=(answer,))
        self._books.records.commit(Commit(order=order, journal=journal, payments=payments))

    def _return(self, booking: BookingOnRecord) -> None:
        """All that is left of money that is nobody's."""
        receipts = self._bank.of_booking(booking.id)
        shares = receipts.shares(receipts.here)
        self._bank.send_back(shares, booking.reference, f"{booking.id}:stray")
        self._books.bookings.move(booking.id, _S.DONE, now=booking.state)

    def _nobody_answered(self, stray: BookingOnRecord) -> None:
        answer = Answer(
            case=case_of_booking(stray.id),
            answer=CaseAnswer.REJECT,
            who="ordersaga",
            why="nobody has answered in time: it goes back",
            at=datetime.now(UTC),
        )
        self._books.cases.close(answer)
        self._books.bookings.move(stray.id, _S.RETURNING, now=stray.state)

    def _refused(self, booking: BookingOnRecord, refusal: Refused) -> None:
        """The bank does not send it back: a person has to, and nothing tries it again."""
        now = datetime.now(UTC)
        self._books.cases.open(
            Case(
                id=f"{case_of_booking(booking.id)}:refused",
                order=booking.order or "unknown",
                kind=CaseKind.REFUSED_BY_PROVIDER,
                reason=f"{booking.money} of {booking.id} cannot be sent back: {refusal.reason}. "
                "Ask who paid for another account, and send it there by hand",
                opened_at=now,
            )
        )
        self._books.bookings.move(booking.id, _S.DONE, now=booking.state)


def _stray(booking: BookingOnRecord) -> Case:
    return Case(
        id=case_of_booking(booking.id),
        order="unknown",
        kind=CaseKind.STRAY_MONEY,
        reason=f"{booking.money} came in as {booking.id}, and bear no order's reference. Look at "
        "the bank who paid. `accept` with `order` says whose it is; `reject` sends it back, as "
        f"nobody's answer does after {STRAYS_WAIT.days} days",
        opened_at=datetime.now(UTC),
        answer_by=booking.seen_at + STRAYS_WAIT,
        answers=(CaseAnswer.ACCEPT, CaseAnswer.REJECT),
    )


def _lacking(order: str, here: Money, kept: Money) -> Case:
    return Case(
        id=f"{order}:money_differs:bank:{here.amount}:{kept.amount}"[:100],
        order=order,
        kind=CaseKind.MONEY_DIFFERS,
        reason=f"{here} of the customer's transfers are in the account; on record it is {kept}",
        opened_at=datetime.now(UTC),
    )
