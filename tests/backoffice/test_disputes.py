"""Disputes on record: one at a time has each, nothing goes back, shop and staff are told once."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from backoffice.books import Books
from backoffice.disputes import DisputeBook
from backoffice.erasure import UnderDispute
from backoffice.refusals import NotOnRecord
from domain.cases import Answer, CaseAnswer
from domain.disputes import DisputeEventKind, DisputeState, MoneyMove
from domain.evidence import Prepared
from domain.journal import Journal
from domain.payment import PaymentEventKind, RefundStatus
from domain.record import Commit
from domain.refunds import Refund, RefundKind, RefundPart, RefundRequest
from domain.status import OrderStatus
from tests.backoffice.disputed import (
    DISPUTE,
    PAYMENT,
    TOTAL,
    euros,
    heard,
    opened,
    paid,
    seen,
    taken_up,
    told,
)
from tests.backoffice.samples import SHOP, Trade, at_once, journal, payment, transition

_S = DisputeState
PREPARED = Prepared(texts={"customer_name": "Anna"}, papers={"receipt": "invoice-1.pdf"})


@pytest.fixture
def books(trade: Trade) -> Books:
    return Books.over(trade.database)


@pytest.fixture
def order(trade: Trade) -> str:
    return paid(trade)


def answer(books: Books, case: str, given: CaseAnswer, who: str = "Ana") -> Answer:
    at = datetime.now(UTC)
    return books.cases.close(Answer(case=case, answer=given, who=who, at=at))


def test_it_is_a_row_a_case_with_a_deadline_and_a_word_to_the_shop(
    books: Books, order: str
) -> None:
    now = opened(books, order)
    view = books.dispute_pages.dispute(SHOP, DISPUTE)
    assert (view.state, view.money, view.payment) == (_S.NEEDS_RESPONSE, euros(TOTAL), PAYMENT)
    (case,) = books.cases.open_cases(SHOP)
    assert (case.case.id, case.case.answers) == (
        now.case,
        (CaseAnswer.SUBMIT, CaseAnswer.ACCEPT),
    )
    assert view.due_by is not None
    assert case.case.answer_by == view.answer_by == view.due_by - timedelta(days=2)
    assert "34.51 EUR" in case.case.reason
    assert [one.kind for one in view.events] == [DisputeEventKind.STATE, DisputeEventKind.MOVED]
    assert (view.events[1].money, view.events[1].fee) == (euros(-TOTAL), euros(1500))
    events = books.callbacks.events(SHOP)
    (word,) = [one.payload for one in events if "dispute" in one.payload]
    assert (word["type"], word["sequence"], word["status"]) == ("order.disputed", 2, "shipped")
    assert word["dispute"]["money"] == {"amount": TOTAL, "currency": "EUR"}


def test_before_anybody_has_looked_nothing_is_given_back(books: Books, order: str) -> None:
    assert books.dispute_pages.objection(order) == ""
    books.disputes.hear(DISPUTE, order, PAYMENT)
    assert "is open" in books.dispute_pages.objection(order)


def test_told_twenty_times_at_once_it_is_one_and_one_has_it(books: Books, order: str) -> None:
    at_once([lambda: books.disputes.hear(DISPUTE, order, PAYMENT) for _ in range(20)])
    claims = at_once([lambda: books.disputes.claim(10) for _ in range(8)])
    assert sum(len(one) for one in claims) == 1


def test_the_same_look_again_changes_nothing(books: Books, order: str) -> None:
    said = seen()
    mine = heard(books, order)
    assert books.disputes.seen(mine, said) is not None
    assert books.disputes.seen(mine, said) is not None
    assert told(books, SHOP) == ["order.shipped", "order.disputed"]
    assert len(books.dispute_pages.dispute(SHOP, DISPUTE).events) == 2
    assert len(books.cases.cases_of(order)) == 1


def test_who_was_asleep_brings_nothing_any_more(trade: Trade, order: str) -> None:
    books = Books.over(trade.database)
    hasty = DisputeBook(trade.database, lease=timedelta(0))
    hasty.hear(DISPUTE, order, PAYMENT)
    (asleep,) = hasty.claim(1)
    (awake,) = hasty.claim(1)
    assert awake.turn == asleep.turn + 1
    assert hasty.seen(awake, seen(_S.WON)) is not None
    assert hasty.seen(asleep, seen()) is None
    assert not hasty.freeze(asleep, PREPARED, b"late")
    hasty.refuse(asleep, "late")
    assert books.dispute_pages.dispute(SHOP, DISPUTE).state is _S.WON
    assert books.cases.open_cases(SHOP) == ()
    assert told(books, SHOP) == ["order.shipped", "order.dispute_won"]


@pytest.mark.parametrize("later", [_S.NEEDS_RESPONSE, _S.UNDER_REVIEW, _S.INQUIRY])
def test_what_was_decided_is_not_open_again_whatever_is_said(
    books: Books, order: str, later: DisputeState
) -> None:
    mine = opened(books, order, state=_S.LOST)
    assert books.disputes.seen(mine, seen(later)) is not None
    view = books.dispute_pages.dispute(SHOP, DISPUTE)
    assert view.state is _S.LOST
    assert view.events[-1].kind is DisputeEventKind.IGNORED
    assert "cannot follow" in view.events[-1].detail
    assert books.cases.open_cases(SHOP) == ()
    assert told(books, SHOP) == ["order.shipped", "order.dispute_lost"]


def test_won_it_closes_its_case_and_refunds_are_possible_again(books: Books, order: str) -> None:
    mine = opened(books, order)
    back = MoneyMove(reference="txn_2", money=euros(TOTAL), fee=euros(0))
    books.disputes.seen(mine, seen(_S.WON, moves=(*seen().moves, back)))
    assert books.cases.open_cases(SHOP) == ()
    assert books.dispute_pages.objection(order) == ""
    view = books.dispute_pages.dispute(SHOP, DISPUTE)
    moved = [one.money.amount for one in view.events if one.money is not None]
    assert sum(moved) == 0
    assert told(books, SHOP) == ["order.shipped", "order.disputed", "order.dispute_won"]


def test_lost_the_customer_has_the_money_and_no_refund_follows(books: Books, order: str) -> None:
    books.disputes.seen(opened(books, order), seen(_S.LOST))
    assert "has the money already" in books.dispute_pages.objection(order)


def test_an_inquiry_that_staff_give_in_to_is_settled_by_a_refund(books: Books, order: str) -> None:
    now = opened(books, order, state=_S.INQUIRY)
    assert "is open" in books.dispute_pages.objection(order)
    answer(books, now.case, CaseAnswer.ACCEPT)
    assert books.dispute_pages.objection(order) == ""


def test_an_inquiry_that_becomes_a_dispute_asks_anew(books: Books, order: str) -> None:
    first = opened(books, order, state=_S.INQUIRY)
    answer(books, first.case, CaseAnswer.ACCEPT)
    second = books.disputes.seen(first, seen())
    assert second is not None
    assert (second.round, second.decision) == (2, None)
    assert second.case != first.case
    assert "is open" in books.dispute_pages.objection(order)
    assert told(books, SHOP) == ["order.shipped", "order.disputed", "order.disputed"]


def test_of_two_answers_the_first_holds(books: Books, order: str) -> None:
    now = opened(books, order)
    given = at_once(
        [
            lambda who=who, one=one: answer(books, now.case, one, who)
            for who, one in (("Ana", CaseAnswer.SUBMIT), ("Bo", CaseAnswer.ACCEPT)) * 4
        ]
    )
    assert len({(one.who, one.answer) for one in given}) == 1
    books.disputes.rest(now, timedelta(hours=1))
    books.disputes.answered(DISPUTE)
    assert taken_up(books).decision is given[0].answer


def test_news_that_come_while_somebody_looks_are_looked_at_afterwards(
    books: Books, order: str
) -> None:
    mine = opened(books, order)
    books.disputes.hear(DISPUTE, order, PAYMENT)
    assert books.disputes.claim(10) == ()
    books.disputes.rest(mine, timedelta(hours=1))
    assert taken_up(books).id == DISPUTE


def test_one_that_rests_is_left_alone_until_its_time(books: Books, order: str) -> None:
    mine = opened(books, order)
    books.disputes.rest(mine, timedelta(hours=1))
    assert books.disputes.claim(10) == ()
    assert not books.disputes.hear(DISPUTE, order, PAYMENT, again=False)
    assert books.disputes.claim(10) == ()


def test_what_is_to_be_sent_stays_as_it_was_kept(books: Books, order: str) -> None:
    mine = opened(books, order)
    before = books.dispute_pages.pack(SHOP, DISPUTE)
    assert books.disputes.freeze(mine, PREPARED, b"as it was sent")
    assert books.dispute_pages.pack(SHOP, DISPUTE) == b"as it was sent" != before
    again = books.disputes.seen(mine, seen(_S.UNDER_REVIEW, submissions=1))
    assert again is not None
    assert again.evidence == PREPARED
    events = books.dispute_pages.dispute(SHOP, DISPUTE).events
    (sent,) = [one for one in events if one.kind is DisputeEventKind.SUBMITTED]
    assert sent.detail == "sent from here"


def test_when_the_bank_gives_more_time_so_have_people(books: Books, order: str) -> None:
    mine = opened(books, order)
    later = (datetime.now(UTC) + timedelta(days=30)).replace(microsecond=0)
    books.disputes.seen(mine, seen(due_by=later))
    (case,) = books.cases.open_cases(SHOP)
    assert case.case.answer_by == later - timedelta(days=2)


def test_where_the_bank_takes_no_evidence_a_person_is_told_and_nothing_is_asked(
    books: Books, order: str
) -> None:
    opened(books, order, due_by=None)
    (case,) = books.cases.open_cases(SHOP)
    assert (case.case.answers, case.case.answer_by) == ((CaseAnswer.CLOSE,), None)


def test_what_was_given_back_before_is_in_the_case(books: Books, order: str) -> None:
    given = payment(
        "refund:1", PaymentEventKind.REFUND, 500, reference="re_1", shipment=f"{order}-s1"
    )
    books.records.commit(Commit(order, payments=(given,)))
    opened(books, order)
    (case,) = books.cases.open_cases(SHOP)
    assert "5.00 EUR of this payment were given back" in case.case.reason


def test_what_was_given_back_by_hand_counts_and_what_came_back_does_not(
    books: Books, order: str
) -> None:
    part = RefundPart(
        sequence=1, shipment=f"{order}-s1", payment=PAYMENT, money=euros(700), by_hand=True
    )
    request = RefundRequest(key="k1", kind=RefundKind.GOODWILL, who="Ana", amount=euros(700))
    by_hand = Refund(number=1, request=request, at=datetime.now(UTC), parts=(part,))
    made, failed = (
        payment(f"refund:1{end}", kind, 500, reference="re_1", shipment=f"{order}-s1")
        for end, kind in (
            ("", PaymentEventKind.REFUND),
            (":failed", PaymentEventKind.REFUND_FAILED),
        )
    )
    books.records.commit(Commit(order, Journal(refunds=(by_hand,)), payments=(made, failed)))
    opened(books, order)
    assert books.dispute_pages.given_back(DISPUTE, "EUR") == euros(700)
    found = books.dispute_pages.evidence(DISPUTE)
    assert [one.status for one in found.refunds] == [RefundStatus.FAILED, RefundStatus.BY_HAND]


def test_callbacks_of_order_and_dispute_have_one_numbering(books: Books, order: str) -> None:
    mine = heard(books, order)
    said = seen()
    moves = [
        lambda number=number: books.records.commit(
            Commit(order, journal(transition(number, OrderStatus.DELIVERED)))
        )
        for number in range(2, 10)
    ]
    at_once([*moves, lambda: books.disputes.seen(mine, said)])
    events = books.callbacks.events(SHOP)
    assert [one.payload["sequence"] for one in events] == list(range(1, len(events) + 1))
    assert told(books, SHOP).count("order.disputed") == 1
    assert books.audits.audit(SHOP) == ()


def test_an_order_is_not_erased_while_its_dispute_is_open(books: Books, order: str) -> None:
    mine = opened(books, order)
    books.records.commit(Commit(order, journal(transition(2, OrderStatus.COMPLETED))))
    soon = datetime.now(UTC) + timedelta(days=400)
    assert books.erasure.due(soon) == ()
    with pytest.raises(UnderDispute, match="evidence"):
        books.erasure.erase(order)
    books.disputes.freeze(mine, PREPARED, b"with a name in it")
    books.disputes.seen(mine, seen(_S.LOST))
    assert [one.order_id for one in books.erasure.due(soon)] == [order]
    books.erasure.erase(order)
    with books.database.reading() as connection:
        left = connection.execute(text("SELECT pack, evidence FROM disputes")).one()
    assert tuple(left) == (None, None)


def test_another_shop_s_dispute_is_not_there(books: Books, order: str) -> None:
    opened(books, order)
    for look in (books.dispute_pages.dispute, books.dispute_pages.pack):
        with pytest.raises(NotOnRecord):
            look("other", DISPUTE)


def test_a_disputed_order_that_came_back_owes_nobody_a_refund(books: Books, trade: Trade) -> None:
    order = paid(trade, "1002")
    books.records.commit(Commit(order, journal(transition(2, OrderStatus.CANCELLED))))
    with books.database.transaction() as connection:
        connection.execute(text("UPDATE orders SET ended_at = now() - interval '2 days'"))
    charged = [one for one in books.sweeps.findings() if one.problem.value == "charged"]
    assert [one.order_id for one in charged] == [order]
    books.disputes.seen(heard(books, order), seen(_S.LOST))
    assert not [one for one in books.sweeps.findings() if one.problem.value == "charged"]
