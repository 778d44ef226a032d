"""Complaints: which state may follow which, what is the same, and what was not sent."""

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from domain.complaints import (
    Complaint,
    ComplaintOnRecord,
    ComplaintReason,
    ComplaintRequest,
    ComplaintState,
    ComplaintWanted,
    ComplaintWord,
    Solution,
    SolutionKind,
    SolutionWanted,
    may_become,
    too_many,
)
from domain.money import Money
from domain.refunds import RefundedLine, RefundKind

NOW = datetime(2026, 3, 2, tzinfo=UTC)
EUROS = Money(amount=500, currency="EUR")


def pieces(**lines: int) -> tuple[RefundedLine, ...]:
    return tuple(RefundedLine(line=name, quantity=count) for name, count in lines.items())


def request(key: str = "k", **lines: int) -> ComplaintRequest:
    wanted = pieces(**(lines or {"a": 1}))
    return ComplaintRequest(reason=ComplaintReason.DAMAGED, lines=wanted, who="Ada", key=key)


def complaint(number: int = 1, **lines: int) -> Complaint:
    return Complaint(number=number, request=request("k", **lines), at=NOW)


def word(number: int, state: ComplaintState, solution: Solution | None = None) -> ComplaintWord:
    return ComplaintWord(
        complaint=1, number=number, state=state, who="Ana", solution=solution, at=NOW
    )


def test_what_has_ended_stays_so_and_only_what_is_accepted_is_solved() -> None:
    for state in ComplaintState:
        following = {one for one in ComplaintState if may_become(state, one)}
        assert state.ended is not bool(following)
        assert (ComplaintState.SOLVED in following) is (state is ComplaintState.ACCEPTED)


def test_every_complaint_can_end() -> None:
    reached = {one for one in ComplaintState if one.ended}
    for _ in ComplaintState:
        reached |= {one for one in ComplaintState if any(may_become(one, each) for each in reached)}
    assert reached == set(ComplaintState)


def test_the_same_pieces_in_another_sequence_are_about_the_same() -> None:
    assert request("x", a=1, b=2).is_about(request("y", b=2, a=1))
    assert not request("x", a=1).is_about(request("x", a=2))
    other = request("x").model_copy(update={"who": "Bob"})
    assert request("x").same_as(other)
    assert not request("x").same_as(request("y"))


def test_a_line_that_stands_twice_is_refused() -> None:
    with pytest.raises(ValidationError, match="stands twice"):
        ComplaintWanted(reason=ComplaintReason.OTHER, lines=(*pieces(a=1), *pieces(a=2)), who="Ada")


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (pieces(a=1), ""),
        (pieces(a=2), ""),
        (pieces(a=3), "2 of it were sent, not 3"),
        (pieces(c=1), "none of it was sent"),
        (pieces(b=1), "1 of 1 were complained about already"),
    ],
)
def test_no_more_can_be_complained_about_than_was_sent(
    wanted: tuple[RefundedLine, ...], words: str
) -> None:
    found = too_many(wanted, {"a": 2, "b": 1}, [complaint(7, b=1)])
    assert (words in found) is True
    assert bool(found) is bool(words)


def test_what_several_complaints_are_about_adds_up() -> None:
    others = [complaint(1, a=1), complaint(2, a=1)]
    assert "2 of 3 were complained about already" in too_many(pieces(a=2), {"a": 3}, others)
    assert not too_many(pieces(a=1), {"a": 3}, others)


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"kind": "partial_refund"}, "needs one above 0"),
        ({"kind": "partial_refund", "amount": {"amount": 0, "currency": "EUR"}}, "above 0"),
        ({"kind": "refund", "amount": {"amount": 5, "currency": "EUR"}}, "partial refund"),
        ({"kind": "decline"}, "say to the customer why"),
        ({"kind": "decline", "words": "no", "shipping": True}, "is for a refund"),
    ],
)
def test_an_offer_says_what_its_kind_needs(wanted: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        SolutionWanted.model_validate({"who": "Ana"} | wanted)


def test_what_is_given_back_follows_from_the_offer() -> None:
    whole = Solution(number=1, wanted=SolutionWanted(kind=SolutionKind.REFUND, who="Ana"))
    refund = whole.refund(complaint(a=2))
    assert (refund.kind, refund.lines, refund.why) == (
        RefundKind.LINES,
        pieces(a=2),
        "complaint 1: damaged",
    )
    wanted = SolutionWanted(kind=SolutionKind.PARTIAL_REFUND, who="Ana", amount=EUROS)
    part = Solution(number=1, wanted=wanted).refund(complaint())
    assert (part.kind, part.amount) == (RefundKind.GOODWILL, EUROS)
    no = SolutionWanted(kind=SolutionKind.DECLINE, who="Ana", words="no")
    with pytest.raises(ValueError, match="nothing is given back"):
        Solution(number=1, wanted=no).refund(complaint())


def test_only_what_is_offered_now_can_be_taken() -> None:
    solution = Solution(number=1, wanted=SolutionWanted(kind=SolutionKind.REFUND, who="Ana"))
    offered = word(1, ComplaintState.OFFERED, solution)
    record = ComplaintOnRecord(complaint=complaint(), words=(offered,))
    assert (record.state, record.offer) == (ComplaintState.OFFERED, solution)
    refused = record.model_copy(update={"words": (offered, word(2, ComplaintState.OPEN))})
    assert (refused.state, refused.offer) == (ComplaintState.OPEN, None)
    assert ComplaintOnRecord(complaint=complaint(), words=()).state is ComplaintState.OPEN
