"""Payments by bank transfer in advance: what came in is held, and what is let go of is sent back.

The bank knows no captures: once the money is here, taking it is an entry in our own books. What
went back is told by the bank's own list, however long ago it was, and each transfer's key follows
from the state of the account that it was decided on, so that no late try has an effect twice.
"""

from typing import Protocol

from domain.attempt import Attempt
from domain.creditor_reference import creditor_reference
from domain.failures import NotDone, Refused, UnknownOutcome
from domain.money import Money
from domain.movements import Movement
from domain.payment import (
    Authorization,
    AuthorizeMethod,
    Captured,
    ConfirmationNeeded,
    Decline,
    DeclineKind,
    ExistingIntent,
    InDoubt,
    NotCaptured,
    Payer,
    Refunded,
    Transfer,
    TransferAsked,
)
from domain.risk import Assessment
from domain.transfers import Booking, Receipts, Share
from providers.bank_calls import BANK, CONNECT_SECONDS, READ_SECONDS, BankCalls


class Assigned(Protocol):
    """Which bookings belong to a reference that does not stand in them, as the shop's own books
    have it: the customer wrote it otherwise, or a person has found whose they are."""

    def of(self, reference: str) -> tuple[str, ...]:
        """The bookings' names."""
        ...


class BankTransfer:
    """The payment provider of `activities.payment`, at a bank. Safe between threads.

    Every method raises NotDone, UnknownOutcome or Refused of `domain.failures`.
    """

    name = BANK

    def __init__(
        self,
        url: str,
        key: str,
        assigned: Assigned,
        timeout: tuple[float, float] = (CONNECT_SECONDS, READ_SECONDS),
    ) -> None:
        """``url`` is where the bank protocol begins, ``key`` the bearer token, ``timeout``
        (connect, read) in seconds."""
        self._calls = BankCalls(url, key, timeout)
        self._assigned = assigned

    def close(self) -> None:
        """Let go of all connections."""
        self._calls.close()

    def authorize(
        self,
        attempt: Attempt,
        order_id: str,
        money: Money,
        method: AuthorizeMethod | Transfer,
        payer: Payer,
        *,
        parts: bool = False,
    ) -> Authorization | Decline | ConfirmationNeeded:
        """What the customer is to transfer, and whereto; or the money, where it is here already."""
        if not isinstance(method, Transfer):
            raise Refused(BANK, "a bank account takes transfers, and no other payment method")
        return self._look(creditor_reference(order_id), money)

    def look(
        self, order_id: str, reference: str, money: Money
    ) -> Authorization | Decline | ConfirmationNeeded:
        """What has come by now. Less than all of it is nothing that an order may go by."""
        return self._look(reference, money)

    def _look(self, reference: str, money: Money) -> Authorization | Decline | ConfirmationNeeded:
        account = self._calls.account()
        if account.currency != money.currency:
            return Decline(
                kind=DeclineKind.MISMATCH,
                code="currency",
                message=f"The account for transfers takes {account.currency} only.",
            )
        here = self._receipts(reference, money.currency).here
        if here.amount >= money.amount:
            return Authorization(reference=reference, money=money, multicapture=True)
        asked = TransferAsked(
            holder=account.holder, account=account.account, money=money, received=here
        )
        return ConfirmationNeeded(reference=reference, transfer=asked)

    def assess(self, order_id: str, reference: str) -> Assessment:
        """A bank has no opinion of who pays."""
        return Assessment()

    def renew(
        self,
        attempt: Attempt,
        order_id: str,
        money: Money,
        reference: str,
        *,
        parts: bool = False,
    ) -> Authorization | Decline:
        """Money that is here does not lapse; more of it only the customer can send."""
        return _only_transfers()

    def verify(
        self, order_id: str, money: Money, intent: ExistingIntent
    ) -> Authorization | Decline:
        """A checkout holds nothing at a bank."""
        return _only_transfers()

    def capture(
        self,
        attempt: Attempt,
        reference: str,
        money: Money,
        *,
        final: bool = True,
        before: Money | None = None,
        rest: Money | None = None,
    ) -> Captured | NotCaptured:
        """Settle what was received; ``rest``, which was received as well, is sent back."""
        receipts = self._receipts(reference, money.currency)
        due = money if before is None else money + before
        if receipts.here.amount < due.amount:
            return NotCaptured(reason=f"only {receipts.here} of {due} are in the account")
        if rest is not None and rest.amount > 0:
            self._pay_back(receipts, reference, attempt.key, rest)
        return Captured(reference=reference, money=money, released=rest)

    def void(
        self,
        attempt: Attempt,
        order_id: str,
        reference: str | None,
        in_doubt: InDoubt | None,
        taken: Money | None = None,
        held: Money | None = None,
    ) -> Authorization | None:
        """Send back what was received for an order: just what was ``held``, where that is known,
        else everything that came and was not ``taken``."""
        name = reference or creditor_reference(order_id)
        receipts = self._receipts(name, self._currency(taken, held))
        back = held or receipts.here + receipts.done(attempt.key)
        if held is None and taken is not None:
            back = back - taken
        if back.amount <= 0:
            return None
        self._pay_back(receipts, name, attempt.key, back)
        return Authorization(reference=name, money=back)

    def _currency(self, *known: Money | None) -> str:
        said = next((one.currency for one in known if one is not None), None)
        return said or self._calls.account().currency

    def refund(self, attempt: Attempt, reference: str, money: Money) -> Refunded:
        """Send captured money back, once.

        Raises:
            Refused: the account that it came from is closed, or less is left.
        """
        receipts = self._receipts(reference, money.currency)
        name = self._pay_back(receipts, reference, attempt.key, money, refund=True)
        return Refunded(reference=name, money=money)

    def give_back(self, attempt: Attempt, reference: str, money: Money) -> Refunded:
        """Send a part of what was captured back, once: what an earlier try sent is found by what it
        was for, whenever that was.

        Raises:
            Refused: the account that it came from is closed, or less is left; nothing was sent.
            NotDone: a part was sent, and the rest is refused. It stays this same refund: another
                one would send that part twice.
            UnknownOutcome: whether anything was sent cannot be looked up.
        """
        try:
            return self.refund(attempt, reference, money)
        except Refused as refused:
            if self._sent_for(attempt.key):
                raise NotDone(
                    BANK, f"a part was sent, the rest is not: {refused.reason}"
                ) from refused
            raise

    def _sent_for(self, operation: str) -> bool:
        try:
            return bool(self._calls.sent_for(operation))
        except Refused as no:
            words = f"what was sent cannot be looked up: {no.reason}"
            raise UnknownOutcome(BANK, words) from no

    def look_at_refund(self, refund: str) -> Refunded:
        """What the bank has sent, it has sent: how much that was, all of its transfers together."""
        one = self._calls.transfer(refund)
        parts = self._calls.sent_for(one.operation)
        money = sum((each.money for each in parts), Money.zero(one.money.currency))
        return Refunded(reference=refund, money=money)

    # -- for the loop that reads the account ------------------------------------------------------

    def after(self, position: int) -> tuple[Booking, ...]:
        """Some of the bookings that came after this position, in their order; none: no more."""
        return self._calls.after(position)

    def sent_after(self, position: int) -> tuple[tuple[int, Movement], ...]:
        """Some of what was sent back after this position, in its order, each with its own."""
        return self._calls.sent_after(position)

    def receipts(self, reference: str, currency: str) -> Receipts:
        """All that came and went under one reference."""
        return self._receipts(reference, currency)

    def of_booking(self, name: str) -> Receipts:
        """One booking, and what went back of it."""
        found = self._calls.booking(name)
        return Receipts((found,), self._calls.sent_of(name), found.money.currency)

    def send_back(self, shares: tuple[Share, ...], reference: str, operation: str) -> None:
        """Send these parts back: nobody is owed anything for them."""
        for share in shares:
            self._calls.send(share, reference, operation, refund=False)

    # -- what all of it shares --------------------------------------------------------------------

    def _receipts(self, reference: str, currency: str) -> Receipts:
        """What went out is read first: what goes out meanwhile makes a key that was used."""
        sent = self._calls.sent(reference)
        found = {one.id: one for one in self._calls.under(reference)}
        for name in self._assigned.of(reference):
            if name not in found:
                found[name] = self._calls.booking(name)
        return Receipts(tuple(found.values()), sent, currency)

    def _pay_back(
        self,
        receipts: Receipts,
        reference: str,
        operation: str,
        money: Money,
        *,
        refund: bool = False,
    ) -> str:
        """What is still to go of a sum; answers the name of one of the transfers."""
        names = [one.id for one in receipts.sent if one.operation == operation]
        try:
            shares = receipts.shares(money - receipts.done(operation))
        except ValueError as error:
            raise Refused(BANK, str(error)) from error
        sent = (self._calls.send(one, reference, operation, refund=refund) for one in shares)
        names += [one.id for one in sent]
        return names[0] if names else reference


def _only_transfers() -> Decline:
    return Decline(
        kind=DeclineKind.MISMATCH,
        code="transfers_only",
        message="This order is paid by bank transfer.",
    )
