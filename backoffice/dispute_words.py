"""What people and shops are told of a dispute, inside somebody's transaction."""

from datetime import datetime

from sqlalchemy import Connection, func, or_, select, update

from backoffice.case_entries import write_cases
from backoffice.dispute_refunds import given_back, money_of, refunds_of_payment
from backoffice.journal import Subject
from backoffice.tables.base import table
from backoffice.tables.cases import CaseRow
from backoffice.tables.messages import CallbackRow
from backoffice.tables.orders import OrderRow
from domain.cases import Answer, Case, CaseAnswer, CaseKind
from domain.disputes import DisputeState, DisputeWord, unanswered
from domain.policy import Policy

_CALLBACKS, _CASES, _ORDERS = table(CallbackRow), table(CaseRow), table(OrderRow)
_DECIDES = (CaseAnswer.SUBMIT, CaseAnswer.ACCEPT)


def case_of_dispute(order: str, dispute: str, asked: int) -> str:
    """The name of the case about a dispute that asks for evidence for the n-th time."""
    return f"{order}:{CaseKind.DISPUTE.value}:{dispute}:{asked}"


def dispute_of_case(case: str) -> str | None:
    """The dispute that a case asks about; None where it is about something else."""
    parts = case.split(":")
    about = len(parts) == 4 and parts[1] == CaseKind.DISPUTE.value
    return parts[2] if about else None


def tell_shop(connection: Connection, subject: Subject, word: DisputeWord, at: datetime) -> None:
    """A callback, numbered like every other of the order, under the lock of its row."""
    number = select(func.coalesce(func.max(_CALLBACKS.c.number), 0) + 1).where(
        _CALLBACKS.c.order_id == subject.order
    )
    status = select(_ORDERS.c.status).where(_ORDERS.c.id == subject.order)
    payload = {
        "type": word.event,
        "order": subject.order,
        "number": subject.number,
        "channel": subject.channel,
        "status": connection.scalars(status).one(),
        "at": at.isoformat(),
        "shipment": None,
        "detail": f"dispute {word.reference}: {word.state.value}",
        "tracking": list(subject.tracking),
        "dispute": word.model_dump(mode="json"),
    }
    row = {
        "shop": subject.shop,
        "order_id": subject.order,
        "number": connection.scalars(number).one(),
        "type": word.event,
        "payload": payload,
    }
    connection.execute(_CALLBACKS.insert(), row)


def ask_staff(
    connection: Connection, subject: Subject, case: str, word: DisputeWord, policy: Policy
) -> None:
    """A case with what is on record of refunds, and what becomes of it where nobody answers."""
    money = money_of(connection, subject.order)
    refunds = refunds_of_payment(connection, subject.order, word.payment, money)
    given = given_back(refunds, word.money.currency)
    decides = word.state.asks and word.answer_by is not None
    reason = [_what(word)]
    if given.amount:
        reason.append(f"{given} of this payment were given back before; the evidence says so")
    if decides:
        then = unanswered(policy.dispute_unanswered, word.money, given)
        reason.append(
            "`submit` sends what is on record (GET /disputes/"
            f"{word.reference}/evidence shows it), `accept` leaves the money to the customer. "
            f"Nobody's answer by {word.answer_by:%Y-%m-%d %H:%M} UTC: {then.value}"
        )
    else:
        reason.append("It takes no evidence from here: see to it at the payment provider")
    opened = Case(
        id=case,
        order=subject.order,
        kind=CaseKind.DISPUTE,
        reason=". ".join(reason)[:4000],
        opened_at=connection.scalars(select(func.now())).one(),
        answer_by=word.answer_by if decides else None,
        answers=_DECIDES if decides else (CaseAnswer.CLOSE,),
    )
    write_cases(connection, subject.shop, (opened,), ())


def settle_cases(
    connection: Connection, order: str, dispute: str, state: DisputeState, at: datetime
) -> None:
    """Its open cases are closed: what they ask is answered."""
    asked = func.starts_with(_CASES.c.id, f"{order}:{CaseKind.DISPUTE.value}:{dispute}:")
    mine = or_(asked, _CASES.c.id == _refusal(order, dispute))
    still_open = select(_CASES.c.id).where(
        _CASES.c.order_id == order, _CASES.c.closed_at.is_(None), mine
    )
    why = f"the dispute is {state.value.replace('_', ' ')}"
    answers = tuple(
        Answer(case=one, answer=CaseAnswer.CLOSE, who="ordersaga", why=why, at=at)
        for one in connection.scalars(still_open)
    )
    write_cases(connection, None, (), answers)


def move_deadline(connection: Connection, case: str, answer_by: datetime | None) -> None:
    """The bank gives more time, or less."""
    connection.execute(
        update(_CASES)
        .where(_CASES.c.id == case, _CASES.c.closed_at.is_(None))
        .values(answer_by=answer_by)
    )


def refused_case(order: str, dispute: str, reason: str, at: datetime) -> Case:
    """The provider takes no evidence, or not this: a person sends it there."""
    return Case(
        id=_refusal(order, dispute),
        order=order,
        kind=CaseKind.REFUSED_BY_PROVIDER,
        reason=f"Dispute {dispute} could not be answered: {reason}. Answer it at the payment "
        f"provider; GET /disputes/{dispute}/evidence has what is on record"[:4000],
        opened_at=at,
    )


def _refusal(order: str, dispute: str) -> str:
    return f"{order}:{CaseKind.REFUSED_BY_PROVIDER.value}:{dispute}"[:100]


def _what(word: DisputeWord) -> str:
    asks = "asks about" if word.state.is_inquiry else "takes back"
    due = "" if word.due_by is None else f". Evidence is due by {word.due_by:%Y-%m-%d %H:%M} UTC"
    return (
        f"The customer's bank {asks} {word.money} ({word.reason or 'no reason given'}) of "
        f"{word.payment}: dispute {word.reference} is {word.state.value.replace('_', ' ')}{due}"
    )
