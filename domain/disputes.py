"""Disputes: the customer's bank takes a payment back, and decides whether it returns it.

Source: Stripe, "How disputes work", "Inquiries". What a webhook says of a dispute is a hint; only
what the provider says when it is asked counts.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from domain.cases import CaseAnswer
from domain.model import Code, Model, OptionalText
from domain.money import Money
from domain.payment import RefundStatus


class DisputeState(StrEnum):
    """Where a dispute is. UNSEEN was told of, and the provider not asked yet.

    An INQUIRY asks before any money is taken. PREVENTED was settled with the customer by the
    card's network: they have the money.
    """

    UNSEEN = "unseen"
    INQUIRY = "inquiry"
    INQUIRY_UNDER_REVIEW = "inquiry_under_review"
    INQUIRY_CLOSED = "inquiry_closed"
    NEEDS_RESPONSE = "needs_response"
    UNDER_REVIEW = "under_review"
    WON = "won"
    LOST = "lost"
    PREVENTED = "prevented"
    APPEAL_NEEDS_RESPONSE = "appeal_needs_response"
    APPEAL_UNDER_REVIEW = "appeal_under_review"

    @property
    def ended(self) -> bool:
        """Whether the bank has decided, and nothing is waited for."""
        return self in _ENDED

    @property
    def asks(self) -> bool:
        """Whether evidence is waited for that can be sent from here."""
        return self in (_S.INQUIRY, _S.NEEDS_RESPONSE)

    @property
    def is_inquiry(self) -> bool:
        """Whether no money was taken (yet)."""
        return self in (_S.INQUIRY, _S.INQUIRY_UNDER_REVIEW, _S.INQUIRY_CLOSED)

    @property
    def leaves_the_money(self) -> bool:
        """Whether the seller has the money for good, so that it can be given back again."""
        return self in (_S.WON, _S.INQUIRY_CLOSED)


_S = DisputeState
_ENDED = frozenset({_S.WON, _S.LOST, _S.PREVENTED, _S.INQUIRY_CLOSED})
_DECIDED = frozenset({_S.WON, _S.LOST, _S.PREVENTED})
_APPEALS = frozenset({_S.APPEAL_NEEDS_RESPONSE, _S.APPEAL_UNDER_REVIEW})
_RANK = {
    _S.UNSEEN: 0,
    _S.INQUIRY: 1,
    _S.INQUIRY_UNDER_REVIEW: 2,
    _S.INQUIRY_CLOSED: 3,
    _S.NEEDS_RESPONSE: 4,
    _S.UNDER_REVIEW: 5,
    _S.WON: 6,
    _S.LOST: 6,
    _S.PREVENTED: 6,
    _S.APPEAL_NEEDS_RESPONSE: 7,
    _S.APPEAL_UNDER_REVIEW: 8,
}


def may_follow(now: DisputeState, then: DisputeState) -> bool:
    """Whether a dispute in state ``now`` may go to state ``then``: never back.

    An inquiry may become a dispute, and one that was decided an appeal. What was decided may be
    decided otherwise: the bank's last word counts.
    """
    if then in _DECIDED and now in _DECIDED | _APPEALS:
        return then is not now
    return _RANK[then] > _RANK[now]


class MoneyMove(Model):
    """Money that the provider took for a dispute or gave back after it, under the provider's name
    for that. ``money`` is below zero where it was taken; the ``fee`` is the provider's own."""

    reference: Code
    money: Money
    fee: Money


class DisputeListed(Model):
    """A dispute in the provider's list: its name, and the payment that it is of."""

    reference: Code
    payment: Code


class DisputeSeen(Model):
    """A dispute as the provider has it when it is asked.

    ``payment`` is what was captured, ``refunded`` what of it was given back. Evidence is taken
    until ``due_by``; without it, not at all. ``submissions`` counts how often it was sent.
    """

    reference: Code
    payment: Code
    state: DisputeState
    money: Money
    reason: OptionalText = ""
    opened_at: datetime
    due_by: datetime | None = None
    submissions: Annotated[int, Field(ge=0)] = 0
    refunded: Money
    moves: tuple[MoneyMove, ...] = ()


class DisputeEventKind(StrEnum):
    """What can happen to a dispute. MOVED is money that the provider took or gave back; IGNORED is
    what it said and what cannot follow on what was."""

    STATE = "state"
    MOVED = "moved"
    SUBMITTED = "submitted"
    REFUSED = "refused"
    IGNORED = "ignored"


class RefundMade(Model):
    """Money of a disputed payment that was given back before, under the provider's name for it."""

    reference: OptionalText
    money: Money
    status: RefundStatus
    at: datetime


class DisputeWord(Model):
    """What the shop is told of a dispute."""

    reference: Code
    payment: Code
    state: DisputeState
    money: Money
    reason: OptionalText
    due_by: datetime | None = None
    answer_by: datetime | None = None

    @property
    def event(self) -> str:
        """What it is called in a callback's type."""
        if self.state.leaves_the_money:
            return "order.dispute_won"
        return "order.dispute_lost" if self.state.ended else "order.disputed"


def answer_by(due_by: datetime, now: datetime, before: timedelta) -> datetime:
    """Until when people may answer: ``before`` the provider's day, and never with less than half
    of the time that is left."""
    return max(due_by - before, now + (due_by - now) / 2)


def unanswered(policy: CaseAnswer, money: Money, refunded: Money) -> CaseAnswer:
    """What is done where nobody answers. Who has their money back already has no claim: that is
    said, whatever the policy is."""
    return CaseAnswer.SUBMIT if refunded.amount >= money.amount else policy


def objection(reference: str, state: DisputeState, *, given_in: bool = False) -> str:
    """Why nothing is given back of a payment beside its dispute; empty where it can be.

    An inquiry that staff have ``given_in`` to is settled by a refund.
    """
    if state.leaves_the_money or (state.is_inquiry and given_in):
        return ""
    if state.ended:
        return (
            f"The customer has the money already: dispute {reference} is {state.value}. Nothing is "
            "given back a second time"
        )
    return (
        f"Dispute {reference} is open ({state.value.replace('_', ' ')}): what is given back now "
        "could be paid twice. Answer the dispute; once it is won, a refund is possible again"
    )
