"""Cases: what needs a person, and what the person decides."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.concurrency import run_in_threadpool

from api.access import SupportKey, Wired
from api.bodies import RawBody, parse_object, validated
from api.order_pages import CaseEntry, CaseList
from api.parameters import Cursor, Limit, Name
from api.problems import FieldProblem, ProblemError, away, invalid, not_found
from api.settling import closed_words, settle_order
from api.starter import EngineAway, NotOpen, UpdateRefused
from api.wiring import Wiring
from backoffice.dispute_words import dispute_of_case
from domain.cases import Answer, Case, CaseAnswer, CaseKind
from domain.model import LongText, Model, Text
from domain.steering import CancelRequest, CaseReply

router = APIRouter(tags=["cases"])


class Reply(Model):
    """A person's decision: what, who and why."""

    answer: CaseAnswer
    who: Text
    why: LongText = ""


_REPLY = RawBody(
    "application/json",
    model=Reply,
    examples={"weighed again": {"answer": "accept", "who": "Ana, support", "why": "scale was off"}},
)


@router.get("/cases", summary="What needs a person")
def open_cases(
    wiring: Wired,
    key: SupportKey,
    kind: Annotated[CaseKind | None, Query(description="only these")] = None,
    limit: Limit = 100,
    after: Cursor = "",
) -> CaseList:
    """Open cases, oldest first, each with the answers that it takes."""
    found = wiring.books.cases.open_cases(key.shop, kind=kind, limit=limit, after=after or None)
    following = found[-1].case.id if len(found) == limit else None
    return CaseList(cases=tuple(CaseEntry.on_record(one) for one in found), next=following)


@router.get("/cases/{case}", summary="One case")
def look_up(wiring: Wired, key: SupportKey, case: Name) -> CaseEntry:
    """Open or closed, with its answer."""
    found = wiring.books.cases.case(case, key.shop)
    if found is None:
        raise not_found("case")
    return CaseEntry.on_record(found)


@router.post("/cases/{case}/answer", summary="Answer a case")
async def answer(
    wiring: Wired, key: SupportKey, case: Name, raw: Annotated[bytes, Depends(_REPLY)]
) -> CaseEntry:
    """The order hears the answer and goes on by it. A case is answered once: 409 afterwards."""
    body = parse_object(raw)
    found = await run_in_threadpool(look_up, wiring, key, case)
    if found.closed_at is not None:
        raise ProblemError(409, f"it was closed by {found.answered_by or 'its order'}")
    reply = _read(body, found.answers)
    given = Answer(case=case, at=datetime.now(UTC), **dict(reply))
    dispute = dispute_of_case(case)
    if dispute is not None:
        return await run_in_threadpool(_decide, wiring, found, given, dispute)
    if _opened_by_its_order(found):
        return await _tell_order(wiring, found, given)
    if found.kind is CaseKind.DEAD and reply.answer is CaseAnswer.CANCEL:
        await settle_order(wiring, found.order, CancelRequest(who=reply.who, why=reply.why))
    return await run_in_threadpool(_close, wiring, found, given)


def _decide(wiring: Wiring, case: CaseEntry, given: Answer, dispute: str) -> CaseEntry:
    """What people decide about a dispute is carried out at once, and once: of two who answer
    together the second is told what the first has said.

    Raises:
        ProblemError: 409.
    """
    holds = wiring.books.cases.close(given)
    if (holds.who, holds.answer, holds.at) != (given.who, given.answer, given.at):
        raise ProblemError(409, f"it was closed by {holds.who}: {holds.answer.value}")
    wiring.books.disputes.answered(dispute)
    return CaseEntry.of(case, holds)


def _read(body: Mapping[str, object], answers: tuple[CaseAnswer, ...]) -> Reply:
    """A reply to a case that takes these answers. Raises ProblemError, which names them."""
    problems: tuple[FieldProblem, ...] = ()
    if body.get("answer") not in answers:
        allowed = ", ".join(one.value for one in answers)
        problems = (FieldProblem(field="answer", message=f"this case takes {allowed}"),)
    try:
        reply = validated(Reply, body)
    except ProblemError as refusal:
        others = tuple(one for one in refusal.problems if one.field != "answer")
        raise invalid((*problems, *others)) from refusal
    if problems:
        raise invalid(problems)
    return reply


def _opened_by_its_order(case: Case) -> bool:
    """Cases that the records opened have other names; no workflow waits for their answer."""
    return case.id.startswith(f"{case.order}-c")


async def _tell_order(wiring: Wiring, case: CaseEntry, given: Answer) -> CaseEntry:
    reply = CaseReply(case=given.case, answer=given.answer, who=given.who, why=given.why)
    try:
        await wiring.starter.answer_case(case.order, reply)
    except EngineAway as error:
        raise away("the order") from error
    except UpdateRefused as refused:
        raise ProblemError(409, str(refused)) from refused
    except NotOpen:
        status = await run_in_threadpool(wiring.books.records.status, case.order)
        if status is not None and not status.ended:
            raise ProblemError(409, closed_words(case.order, status.value)) from None
        # Its order has ended and waits for nobody: only the list is left to be told.
        return await run_in_threadpool(_close, wiring, case, given)
    return CaseEntry.of(case, given)


def _close(wiring: Wiring, case: CaseEntry, given: Answer) -> CaseEntry:
    return CaseEntry.of(case, wiring.books.cases.close(given))
