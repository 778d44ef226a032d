"""Disputes: they never go back, people have their time, and refunds keep out of their way."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.cases import CaseAnswer
from domain.disputes import (
    DisputeState,
    DisputeWord,
    answer_by,
    may_follow,
    objection,
    unanswered,
)
from domain.money import Money

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
_S = DisputeState
STATES = st.sampled_from(list(DisputeState))


def euros(amount: int) -> Money:
    return Money(amount=amount, currency="EUR")


@given(st.lists(STATES, max_size=12))
def test_whatever_is_said_in_which_order_what_was_decided_is_not_open_again(
    said: list[DisputeState],
) -> None:
    now = _S.UNSEEN
    for state in said:
        was = now
        now = state if may_follow(now, state) else now
        if was in (_S.WON, _S.LOST, _S.PREVENTED):
            assert now.ended or now in (_S.APPEAL_NEEDS_RESPONSE, _S.APPEAL_UNDER_REVIEW)
        assert was is _S.UNSEEN or now is not _S.UNSEEN


@pytest.mark.parametrize(
    ("now", "then"),
    [
        (_S.UNDER_REVIEW, _S.NEEDS_RESPONSE),
        (_S.WON, _S.UNDER_REVIEW),
        (_S.LOST, _S.NEEDS_RESPONSE),
        (_S.NEEDS_RESPONSE, _S.INQUIRY),
        (_S.INQUIRY_CLOSED, _S.INQUIRY_UNDER_REVIEW),
        (_S.WON, _S.WON),
    ],
)
def test_it_never_goes_back(now: DisputeState, then: DisputeState) -> None:
    assert not may_follow(now, then)


@pytest.mark.parametrize(
    ("now", "then"),
    [
        (_S.UNSEEN, _S.LOST),
        (_S.INQUIRY_UNDER_REVIEW, _S.NEEDS_RESPONSE),
        (_S.NEEDS_RESPONSE, _S.WON),
        (_S.LOST, _S.APPEAL_NEEDS_RESPONSE),
        (_S.APPEAL_UNDER_REVIEW, _S.LOST),
        (_S.WON, _S.LOST),
    ],
)
def test_the_bank_s_later_word_counts(now: DisputeState, then: DisputeState) -> None:
    assert may_follow(now, then)


@given(
    st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=60)),
    st.timedeltas(min_value=timedelta(seconds=1), max_value=timedelta(days=90)),
)
def test_people_have_half_of_the_time_at_least_and_the_bank_s_day_is_kept(
    left: timedelta, before: timedelta
) -> None:
    due = NOW + left
    by = answer_by(due, NOW, before)
    assert NOW + left / 2 <= by <= max(due, NOW + left / 2)
    assert due - by >= min(before, left / 2) - timedelta(microseconds=1)


@pytest.mark.parametrize("policy", [CaseAnswer.SUBMIT, CaseAnswer.ACCEPT])
def test_who_has_their_money_back_is_told_so_whatever_the_policy_is(policy: CaseAnswer) -> None:
    assert unanswered(policy, euros(1000), euros(1000)) is CaseAnswer.SUBMIT
    assert unanswered(policy, euros(1000), euros(999)) is policy


@pytest.mark.parametrize("state", list(DisputeState))
def test_nothing_is_given_back_unless_the_seller_has_the_money_for_good(
    state: DisputeState,
) -> None:
    words = objection("du_1", state)
    assert (words == "") == (state in (_S.WON, _S.INQUIRY_CLOSED))
    assert words == "" or "du_1" in words
    given_in = objection("du_1", state, given_in=True)
    assert (given_in == "") == state.leaves_the_money or state.is_inquiry


@pytest.mark.parametrize("state", list(DisputeState))
def test_a_shop_hears_one_of_three_words(state: DisputeState) -> None:
    word = DisputeWord(
        reference="du_1", payment="pi_1", state=state, money=euros(1), reason="general"
    )
    ends = {_S.WON: "won", _S.INQUIRY_CLOSED: "won", _S.LOST: "lost", _S.PREVENTED: "lost"}
    expected = f"order.dispute_{ends[state]}" if state in ends else "order.disputed"
    assert word.event == expected
    assert state.asks == (state in (_S.INQUIRY, _S.NEEDS_RESPONSE))
