"""Writing what a provider says of a dispute, under the lock of its order's row.

A state is only ever followed by one that may follow it (`domain.disputes`): whatever else is said
leaves a line in the dispute's log and nothing more.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, func, select, update
from sqlalchemy.dialects.postgresql import insert

from backoffice.dispute_words import (
    ask_staff,
    case_of_dispute,
    move_deadline,
    settle_cases,
    tell_shop,
)
from backoffice.journal import Subject
from backoffice.tables.base import table
from backoffice.tables.disputes import DisputeEventRow, DisputeRow
from domain.disputes import (
    DisputeEventKind,
    DisputeSeen,
    DisputeState,
    DisputeWord,
    answer_by,
    may_follow,
)
from domain.policy import Policy

_DISPUTES = table(DisputeRow)
_NEW_EVENTS = insert(table(DisputeEventRow)).on_conflict_do_nothing()
_K, _S = DisputeEventKind, DisputeState


@dataclass(frozen=True)
class Turn:
    """Whose turn it is with which dispute, and the rules of its order."""

    dispute: str
    number: int
    policy: Policy


def write_seen(connection: Connection, subject: Subject, turn: Turn, seen: DisputeSeen) -> bool:
    """Write it, and what follows of it; False where it is somebody else's turn by now."""
    row = (
        connection.execute(
            select(*_DISPUTES.c, func.now().label("now"))
            .where(_DISPUTES.c.id == turn.dispute, _DISPUTES.c.turn == turn.number)
            .with_for_update(of=_DISPUTES)
        )
        .mappings()
        .one_or_none()
    )
    if row is None:
        return False
    before = DisputeState(row["state"])
    moved = may_follow(before, seen.state)
    if not moved and seen.state is not before:
        detail = f"{seen.state.value} cannot follow {before.value}"
        _note(connection, row, f"ignored:{turn.number}", _K.IGNORED, detail=detail)
        return True
    word = _word(row, turn, seen, moved=moved)
    _log(connection, row, turn, seen, moved=moved)
    _keep(connection, row, seen, word, moved=moved)
    if moved:
        _follow(connection, subject, row, turn, word, before)
    elif word.answer_by != row["answer_by"]:
        case = case_of_dispute(subject.order, turn.dispute, row["round"])
        move_deadline(connection, case, word.answer_by)
    return True


def _word(row: RowMapping, turn: Turn, seen: DisputeSeen, *, moved: bool) -> DisputeWord:
    """A deadline stays where it was put, until the provider's own day changes."""
    by: datetime | None = None
    if seen.state.asks and seen.due_by is not None:
        same = not moved and row["due_by"] == seen.due_by
        margin = turn.policy.dispute_answer_before
        by = row["answer_by"] if same else answer_by(seen.due_by, row["now"], margin)
    return DisputeWord(
        reference=turn.dispute,
        payment=row["payment"],
        state=seen.state,
        money=seen.money,
        reason=seen.reason,
        due_by=seen.due_by,
        answer_by=by,
    )


def _keep(
    connection: Connection, row: RowMapping, seen: DisputeSeen, word: DisputeWord, *, moved: bool
) -> None:
    asked_anew = moved and word.state.asks
    fresh: dict[str, object] = {
        "round": row["round"] + 1,
        "evidence": None,
        "pack": None,
        "uploads": {},
        "refused": "",
    }
    connection.execute(
        update(_DISPUTES)
        .where(_DISPUTES.c.id == row["id"])
        .values(
            state=word.state.value,
            amount=word.money.amount,
            currency=word.money.currency,
            reason=word.reason,
            opened_at=seen.opened_at,
            due_by=word.due_by,
            answer_by=word.answer_by,
            submissions=seen.submissions,
            **(fresh if asked_anew else {}),
        )
    )


def _follow(
    connection: Connection,
    subject: Subject,
    row: RowMapping,
    turn: Turn,
    word: DisputeWord,
    before: DisputeState,
) -> None:
    """Its earlier questions are answered; there may be a new one, and the shop is told once of a
    dispute, and once of how it ends."""
    settle_cases(connection, subject.order, turn.dispute, word.state, row["now"])
    if word.state.asks or word.state is _S.APPEAL_NEEDS_RESPONSE:
        asked = row["round"] + 1 if word.state.asks else row["round"]
        name = case_of_dispute(subject.order, turn.dispute, asked)
        case = name if word.state.asks else f"{name}:appeal"
        ask_staff(connection, subject, case, word, turn.policy)
    if word.state.asks or word.state.ended or before in (_S.UNSEEN, _S.LOST):
        tell_shop(connection, subject, word, row["now"])


def _log(
    connection: Connection, row: RowMapping, turn: Turn, seen: DisputeSeen, *, moved: bool
) -> None:
    if moved:
        key = f"state:{turn.number}:{seen.state.value}"
        _note(connection, row, key, _K.STATE, state=seen.state.value, detail=seen.reason)
    for one in seen.moves:
        _note(
            connection,
            row,
            f"moved:{one.reference}",
            _K.MOVED,
            amount=one.money.amount,
            fee=one.fee.amount,
            currency=one.money.currency,
            detail=one.reference,
        )
    if seen.submissions > row["submissions"]:
        ours = row["evidence"] is not None
        detail = "sent from here" if ours else "sent at the payment provider"
        key = f"submitted:{row['round']}:{seen.submissions}"
        _note(connection, row, key, _K.SUBMITTED, detail=detail)


def _note(
    connection: Connection,
    row: RowMapping,
    key: str,
    kind: DisputeEventKind,
    *,
    state: str | None = None,
    amount: int | None = None,
    fee: int | None = None,
    currency: str | None = None,
    detail: str = "",
) -> None:
    connection.execute(
        _NEW_EVENTS,
        {
            "dispute": row["id"],
            "order_id": row["order_id"],
            "key": key,
            "kind": kind.value,
            "state": state,
            "amount": amount,
            "fee": fee,
            "currency": currency,
            "detail": detail,
        },
    )
