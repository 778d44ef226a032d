"""A case is what needs a person: a reason, a deadline, and the answers that are allowed."""

from datetime import datetime
from enum import StrEnum

from domain.model import LongText, Model, Text


class CaseKind(StrEnum):
    """Why a person is asked."""

    BACKORDER_ENDS = "backorder_ends"
    REVIEW = "review"
    PICK_OVERDUE = "pick_overdue"
    SHORT_PICK = "short_pick"
    SUBSTITUTION = "substitution"
    PACK_OVERDUE = "pack_overdue"
    HAND_OVER_OVERDUE = "hand_over_overdue"
    DELIVERY_OVERDUE = "delivery_overdue"
    NOT_DELIVERED = "not_delivered"
    WAREHOUSE_REJECTED = "warehouse_rejected"
    MESSAGE_REFUSED = "message_refused"
    BEYOND_BOOKING = "beyond_booking"
    NO_RATE = "no_rate"
    LABEL_FAILED = "label_failed"
    LABELLED_ANEW = "labelled_anew"
    LABEL_COSTS_MORE = "label_costs_more"
    AUTHORIZATION_ENDS = "authorization_ends"
    CAPTURE_FAILED = "capture_failed"
    CHANNEL_OWES = "channel_owes"
    REFUND_FAILED = "refund_failed"
    COMPLAINT = "complaint"
    GONE_UNRELEASED = "gone_unreleased"
    INTERCEPT = "intercept"
    STUCK = "stuck"
    REFUSED_BY_PROVIDER = "refused_by_provider"
    NOT_STARTED = "not_started"
    ORPHAN = "orphan"
    UNDELIVERABLE_CALLBACK = "undeliverable_callback"
    LOST = "lost"
    DEAD = "dead"
    WEDGED = "wedged"
    IDLE = "idle"
    RESET = "reset"
    STRAY_MONEY = "stray_money"
    MONEY_DIFFERS = "money_differs"
    STRAY_LABEL = "stray_label"
    DISPUTE = "dispute"


class CaseAnswer(StrEnum):
    """What a person may answer; each case says which of these it takes.

    ``still_here`` says that a scan was false: the parcel has not left. Of an order with missing
    pieces, ``ship`` sends what is there, ``drop_line`` leaves out each line that lacks a piece, and
    ``wait`` waits for another pick. ``release`` and ``reject`` decide about an order that is held
    for review. ``accept`` and ``refuse`` are a customer's word on a substitute, by telephone say.
    ``reroute`` sends a shipment from another warehouse, which has all of it. To a dispute,
    ``submit`` sends the evidence that is on record, ``accept`` leaves the money to the customer. Of
    a complaint, ``refund`` offers the price of its pieces, ``replace`` the pieces once more, and
    ``reject`` declines it.
    """

    RETRY = "retry"
    ACCEPT = "accept"
    CANCEL = "cancel"
    CLOSE = "close"
    STILL_HERE = "still_here"
    SHIP = "ship"
    DROP_LINE = "drop_line"
    WAIT = "wait"
    RELEASE = "release"
    REJECT = "reject"
    REFUSE = "refuse"
    REROUTE = "reroute"
    SUBMIT = "submit"
    REFUND = "refund"
    REPLACE = "replace"


class Case(Model):
    """One case of one order, as the workflow or the back office opened it."""

    id: str
    order: str
    kind: CaseKind
    shipment: str | None = None
    reason: LongText
    opened_at: datetime
    answer_by: datetime | None = None
    answers: tuple[CaseAnswer, ...] = (CaseAnswer.CLOSE,)


class Answer(Model):
    """A person's (or the order's own) answer to a case: what, who and why."""

    case: str
    answer: CaseAnswer
    who: Text
    why: LongText = ""
    at: datetime
