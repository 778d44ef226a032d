"""Which orders are held before the warehouse hears of them, and for which reasons."""

from hypothesis import given
from hypothesis import strategies as st

from domain.cases import CaseAnswer
from domain.order import Order
from domain.policy import Policy
from domain.risk import Assessment, ProviderReview, RiskLevel
from domain.screening import reasons_to_review
from domain.status import OrderStatus, may_follow
from tests.providers.samples import BERLIN, VIENNA, on_record

ORDER = on_record().order
"""25.00 EUR, billed and shipped to Austria."""
FINE = Assessment()
WARNED = frozenset({RiskLevel.ELEVATED, RiskLevel.HIGHEST})


def reasons(
    policy: Policy | None = None, order: Order = ORDER, assessment: Assessment = FINE
) -> tuple[str, ...]:
    return reasons_to_review(order, policy or Policy(), assessment)


def test_nothing_is_held_by_default() -> None:
    abroad = ORDER.model_copy(update={"billing_address": BERLIN})
    assert reasons(order=abroad) == ()
    assert Policy().review_unanswered is CaseAnswer.REJECT


@given(st.integers(0, 10_000))
def test_what_is_above_the_limit_of_its_own_currency_is_held(limit: int) -> None:
    here = Policy(review_above={"EUR": limit, "JPY": 0})
    assert bool(reasons(here)) == (ORDER.due.amount > limit)
    assert reasons(Policy(review_above={"JPY": 0})) == ()


def test_billed_here_and_shipped_there_is_held_where_policy_says_so() -> None:
    policy = Policy(review_when_countries_differ=True)
    assert reasons(policy) == ()
    other = ORDER.model_copy(update={"billing_address": BERLIN, "shipping_address": VIENNA})
    assert reasons(policy, other) == ("it is billed to DE and shipped to AT",)


@given(st.sampled_from(RiskLevel), st.sampled_from(ProviderReview))
def test_the_provider_s_word_holds_it_unless_people_there_approved(
    risk: RiskLevel, review: ProviderReview
) -> None:
    held = bool(reasons(assessment=Assessment(risk=risk, review=review)))
    match review:
        case ProviderReview.OPEN | ProviderReview.REJECTED:
            assert held
        case ProviderReview.APPROVED:
            assert not held
        case ProviderReview.NONE:
            assert held == (risk in WARNED)


def test_every_reason_is_named() -> None:
    policy = Policy(review_above={"EUR": 1}, review_when_countries_differ=True)
    order = ORDER.model_copy(update={"billing_address": BERLIN})
    risky = Assessment(risk=RiskLevel.HIGHEST, review=ProviderReview.OPEN)
    assert len(reasons(policy, order, risky)) == 4


def test_from_review_no_way_leads_to_the_warehouse_but_by_release() -> None:
    after = {one for one in OrderStatus if may_follow(OrderStatus.IN_REVIEW, one)}
    assert after == {OrderStatus.PAYMENT_SECURED, OrderStatus.CANCELLING}
