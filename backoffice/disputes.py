"""Disputes on record: told of, taken up by one process at a time, kept as the provider has them.

Who takes a dispute up has a turn with a number. What is brought under an earlier number is late,
and changes nothing: a process may have been asleep in between.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, RowMapping, case, func, literal, null, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert

from backoffice.case_entries import write_cases
from backoffice.database import Database
from backoffice.dispute_entries import Turn, write_seen
from backoffice.dispute_words import case_of_dispute, refused_case
from backoffice.journal import lock_order
from backoffice.tables.base import table
from backoffice.tables.cases import CaseAnswerRow
from backoffice.tables.disputes import DisputeEventRow, DisputeRow
from backoffice.tables.orders import OrderRow
from backoffice.tables.shops import PolicyRow
from domain.cases import CaseAnswer
from domain.disputes import DisputeEventKind, DisputeSeen, DisputeState
from domain.evidence import Prepared
from domain.money import Money
from domain.policy import Policy

_DISPUTES, _EVENTS = table(DisputeRow), table(DisputeEventRow)
_ORDERS, _POLICIES, _ANSWERS = table(OrderRow), table(PolicyRow), table(CaseAnswerRow)
CHANNEL = "disputes"
"""Who looks after disputes is rung on it."""
_DECISIONS = frozenset({CaseAnswer.SUBMIT, CaseAnswer.ACCEPT})


@dataclass(frozen=True)
class DisputeOnRecord:
    """A dispute as it is known, and what people have decided about it. ``now`` is the records'
    own time."""

    id: str
    order: str
    turn: int
    state: DisputeState
    money: Money | None
    answer_by: datetime | None
    round: int
    decision: CaseAnswer | None
    evidence: Prepared | None
    pack: bytes | None
    uploads: dict[str, str]
    refused: str
    failures: int
    policy: Policy
    now: datetime

    @property
    def case(self) -> str:
        """The case that asks what to do about it."""
        return case_of_dispute(self.order, self.id, self.round)


class DisputeBook:
    """Disputes by the provider's names for them."""

    def __init__(self, database: Database, lease: timedelta = timedelta(minutes=5)) -> None:
        """``lease`` is how long a dispute is left to who has taken it up."""
        self._database = database
        self._lease = lease

    def hear(self, dispute: str, order: str, payment: str, *, again: bool = True) -> bool:
        """A dispute of an order's payment was told of: it is looked at soon. ``again`` says that
        there is news of one that is known. False where nothing is new.

        From here on nothing is given back beside it.
        """
        new = insert(_DISPUTES).values(
            id=dispute,
            order_id=order,
            shop=select(_ORDERS.c.shop).where(_ORDERS.c.id == order).scalar_subquery(),
            payment=payment,
            state=DisputeState.UNSEEN.value,
            uploads={},
            due_at=func.now(),
            amount=0,
            currency="",
            reason="",
            submissions=0,
            round=0,
            refused="",
            rung=False,
            turn=0,
            failures=0,
        )
        rung = {"rung": True, "due_at": func.now()}
        with self._database.transaction() as connection:
            put = (
                new.on_conflict_do_update(index_elements=["id"], set_=rung)
                if again
                else new.on_conflict_do_nothing()
            )
            heard = connection.scalars(put.returning(_DISPUTES.c.id)).one_or_none()
            _ring(connection)
            return heard is not None

    def answered(self, dispute: str) -> None:
        """People have decided: it is carried out at once."""
        with self._database.transaction() as connection:
            connection.execute(
                update(_DISPUTES)
                .where(_DISPUTES.c.id == dispute)
                .values(rung=True, due_at=func.now())
            )
            _ring(connection)

    def claim(self, limit: int) -> tuple[DisputeOnRecord, ...]:
        """Take up disputes that are due, longest due first; nobody else gets them meanwhile."""
        free = or_(_DISPUTES.c.leased_until.is_(None), _DISPUTES.c.leased_until <= func.now())
        due = (
            select(_DISPUTES.c.id)
            .where(_DISPUTES.c.due_at <= func.now(), free)
            .order_by(_DISPUTES.c.due_at, _DISPUTES.c.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
            .cte("due")
        )
        taken = (
            update(_DISPUTES)
            .where(_DISPUTES.c.id.in_(select(due.c.id)))
            .values(leased_until=func.now() + self._lease, turn=_DISPUTES.c.turn + 1, rung=False)
            .returning(_DISPUTES.c.id)
        )
        with self._database.transaction() as connection:
            names = list(connection.scalars(taken))
            return tuple(_found(connection, name) for name in sorted(names))

    def seen(self, mine: DisputeOnRecord, seen: DisputeSeen) -> DisputeOnRecord | None:
        """Write what the provider says; None where it is somebody else's turn by now.

        What follows goes with it, once: the event, the case, the callback to the shop.
        """
        with self._database.transaction() as connection:
            subject = lock_order(connection, mine.order)
            turn = Turn(mine.id, mine.turn, mine.policy)
            if not write_seen(connection, subject, turn, seen):
                return None
            return _found(connection, mine.id)

    def freeze(self, mine: DisputeOnRecord, evidence: Prepared, pack: bytes) -> bool:
        """Keep what is to be sent before any of it is: it stays the same, whoever sends it. False
        where it is somebody else's turn by now."""
        plain = evidence.model_dump(mode="json")
        return self._mine(mine, {"evidence": plain, "pack": pack, "uploads": {}})

    def uploaded(self, mine: DisputeOnRecord, uploads: dict[str, str]) -> bool:
        """Which files the provider has, by the field that they are for."""
        return self._mine(mine, {"uploads": uploads})

    def refuse(self, mine: DisputeOnRecord, reason: str) -> None:
        """The provider does not take it: a person answers there, and nothing tries it again."""
        with self._database.transaction() as connection:
            subject = lock_order(connection, mine.order)
            if not _update(connection, mine, {"refused": reason[:250]}):
                return
            row = {
                "dispute": mine.id,
                "order_id": mine.order,
                "key": f"refused:{mine.round}",
                "kind": DisputeEventKind.REFUSED.value,
                "detail": reason[:250],
            }
            connection.execute(insert(_EVENTS).on_conflict_do_nothing(), row)
            opened = refused_case(mine.order, mine.id, reason, mine.now)
            write_cases(connection, subject.shop, (opened,), ())

    def rest(self, mine: DisputeOnRecord, until: timedelta | None) -> None:
        """Done with it for now. None: until there is news."""
        later = null() if until is None else func.now() + until
        due = case((_DISPUTES.c.rung, func.now()), else_=later)
        self._mine(mine, {"leased_until": None, "due_at": due, "failures": 0})

    def later(self, mine: DisputeOnRecord, delay: timedelta) -> None:
        """It could not be looked at, or not be answered: again after the delay."""
        failures = _DISPUTES.c.failures + 1
        due = func.now() + delay
        self._mine(mine, {"leased_until": None, "due_at": due, "failures": failures})

    def _mine(self, mine: DisputeOnRecord, values: dict[str, object]) -> bool:
        with self._database.transaction() as connection:
            return _update(connection, mine, values)


def _update(connection: Connection, mine: DisputeOnRecord, values: dict[str, object]) -> bool:
    done = connection.execute(
        update(_DISPUTES)
        .where(_DISPUTES.c.id == mine.id, _DISPUTES.c.turn == mine.turn)
        .values(values)
    )
    return done.rowcount > 0


def _ring(connection: Connection) -> None:
    connection.execute(text(f"NOTIFY {CHANNEL}"))


def _found(connection: Connection, dispute: str) -> DisputeOnRecord:
    statement = (
        select(*_DISPUTES.c, _POLICIES.c.body.label("policy"), func.now().label("now"))
        .join(_ORDERS, _ORDERS.c.id == _DISPUTES.c.order_id)
        .join(_POLICIES, _POLICIES.c.digest == _ORDERS.c.policy)
        .where(_DISPUTES.c.id == literal(dispute))
    )
    row = connection.execute(statement).mappings().one()
    return _on_record(row, decision_about(connection, row))


def decision_about(connection: Connection, row: RowMapping) -> CaseAnswer | None:
    """What people, or nobody in time, have decided about a dispute, if anything."""
    name = case_of_dispute(row["order_id"], row["id"], row["round"])
    answer = connection.scalars(
        select(_ANSWERS.c.answer).where(_ANSWERS.c.case_id == name)
    ).one_or_none()
    given = None if answer is None else CaseAnswer(answer)
    return given if given in _DECISIONS else None


def _on_record(row: RowMapping, decision: CaseAnswer | None) -> DisputeOnRecord:
    return DisputeOnRecord(
        id=row["id"],
        order=row["order_id"],
        turn=row["turn"],
        state=DisputeState(row["state"]),
        money=Money(amount=row["amount"], currency=row["currency"]) if row["currency"] else None,
        answer_by=row["answer_by"],
        round=row["round"],
        decision=decision,
        evidence=None if row["evidence"] is None else Prepared.model_validate(row["evidence"]),
        pack=None if row["pack"] is None else bytes(row["pack"]),
        uploads=row["uploads"],
        refused=row["refused"],
        failures=row["failures"],
        policy=Policy.model_validate(row["policy"]),
        now=row["now"],
    )
