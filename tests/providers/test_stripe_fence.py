"""An authorization in doubt that is let go of: it cannot hold money afterwards, however late."""

from collections.abc import Generator
from datetime import timedelta

import pytest

from domain.attempt import Attempt
from domain.failures import Refused, UnknownOutcome
from domain.payment import Authorization, AuthorizeMethod, InDoubt
from providers.stripe_payment import StripePayment
from sandbox.client import LedgerEntry, SandboxClient
from tests.providers.attempts import STUBBORN, Trouble, again, first, named, until_done
from tests.providers.conftest import HASTY
from tests.providers.samples import ORDER, PAYER, VISA, eur
from tests.providers.stripe_looks import KEY, authorize, held, sdk
from tests.sandbox.receiver import wait_until

VOID = f"{ORDER}:void:1"
LONG_AGO = timedelta(hours=25)


def in_doubt(*, settled: bool = False, amount: int = 2500) -> InDoubt:
    return InDoubt(key=KEY, money=eur(amount), settled=settled)


def void(
    payment: StripePayment, attempt: Attempt | None = None, *, settled: bool = False
) -> Authorization | None:
    return payment.void(attempt or first(VOID), ORDER, None, in_doubt(settled=settled))


def let_go(sandbox: SandboxClient) -> list[LedgerEntry]:
    return sandbox.ledger("stripe", order=ORDER, kind="void")


def states(sandbox: SandboxClient) -> list[str]:
    """Every intent at Stripe, oldest first."""
    return [intent.status for intent in reversed(sdk(sandbox).v1.payment_intents.list().data)]


@pytest.fixture
def hasty(sandbox: SandboxClient, payment: StripePayment) -> Generator[StripePayment]:
    """A client that gives up long before a slow Stripe does."""
    assert payment
    adapter = StripePayment(sandbox.base("stripe"), "sk_test_sandbox", timeout=HASTY)
    yield adapter
    adapter.close()


@pytest.mark.parametrize("attempt", [1, 2, 9])
def test_a_try_that_is_sent_after_the_void_holds_nothing(
    sandbox: SandboxClient, payment: StripePayment, attempt: int
) -> None:
    assert void(payment) is None
    with pytest.raises(Refused, match="given up"):
        authorize(payment, attempt)
    assert held(sandbox) == []
    assert states(sandbox) == ["canceled"]


def test_a_try_with_the_shop_s_own_customer_holds_nothing_either(
    sandbox: SandboxClient, payment: StripePayment
) -> None:
    known = sdk(sandbox).v1.customers.create({"email": "other@example.com"})
    method = AuthorizeMethod(payment_method="pm_card_visa", customer=known.id)
    assert void(payment) is None
    with pytest.raises(Refused, match="given up"):
        authorize(payment, 2, method)
    assert held(sandbox) == []


def test_what_is_still_being_worked_on_is_waited_for_and_let_go(
    sandbox: SandboxClient, payment: StripePayment, hasty: StripePayment
) -> None:
    """The authorization appears after the void's first look."""
    sandbox.fault("stripe", "authorize", "delay", seconds=2)
    with pytest.raises(UnknownOutcome):
        authorize(hasty)
    with pytest.raises(UnknownOutcome, match="in-progress request"):
        void(payment)
    assert held(sandbox) == []
    wait_until(lambda: len(held(sandbox)) == 1, "the slow authorization")
    outcome, _ = until_done(lambda attempt: void(payment, attempt), again(first(VOID)))
    assert outcome is not None
    assert outcome.money == eur(2500)
    assert [entry.data["amount"] for entry in let_go(sandbox)] == [2500]


def test_what_was_done_is_let_go_and_counted_without_the_fence(
    sandbox: SandboxClient, payment: StripePayment
) -> None:
    authorization = authorize(payment)
    assert isinstance(authorization, Authorization)
    for attempt in (first(VOID), again(first(VOID)), again(first(VOID), 3)):
        outcome = void(payment, attempt)
        assert outcome is not None
        assert (outcome.reference, outcome.money) == (authorization.reference, eur(2500))
    assert len(let_go(sandbox)) == 1
    assert states(sandbox) == ["canceled", "canceled"]


def test_a_fence_of_an_earlier_try_is_recognised_and_is_no_money(
    sandbox: SandboxClient, payment: StripePayment
) -> None:
    assert void(payment) is None
    assert void(payment, again(first(VOID))) is None
    assert let_go(sandbox) == []
    assert states(sandbox) == ["canceled"]


def test_a_declined_authorization_is_nothing_to_wait_for(
    sandbox: SandboxClient, payment: StripePayment
) -> None:
    authorize(payment, method=AuthorizeMethod(payment_method="pm_card_visa_chargeDeclined"))
    assert void(payment) is None
    assert let_go(sandbox) == []


def test_an_order_whose_amount_stripe_does_not_take_has_nothing_held(
    sandbox: SandboxClient, payment: StripePayment
) -> None:
    assert payment.void(first(VOID), ORDER, None, in_doubt(amount=1)) is None
    assert states(sandbox) == []


class TestWhenAFailureIsKeptUnderTheKey:
    """A key that was used without an outcome: the follow-up keys are occupied as well."""

    def test_an_effect_behind_it_is_let_go(
        self, sandbox: SandboxClient, payment: StripePayment
    ) -> None:
        sandbox.fault("stripe", "authorize", "stored_error", done=True)
        with pytest.raises(UnknownOutcome):
            authorize(payment)
        outcome = void(payment)
        assert outcome is not None
        assert outcome.money == eur(2500)
        assert len(let_go(sandbox)) == 1

    def test_no_effect_is_believed_only_once_no_try_can_be_under_way(
        self, sandbox: SandboxClient, payment: StripePayment
    ) -> None:
        sandbox.fault("stripe", "authorize", "stored_error", done=False)
        with pytest.raises(UnknownOutcome):
            authorize(payment)
        with pytest.raises(UnknownOutcome, match="no outcome yet"):
            void(payment)
        assert void(payment, again(first(VOID)), settled=True) is None
        assert let_go(sandbox) == []

    @pytest.mark.parametrize("attempt", [2, 3])
    def test_a_later_try_goes_on_to_no_follow_up_key(
        self, sandbox: SandboxClient, payment: StripePayment, attempt: int
    ) -> None:
        sandbox.fault("stripe", "authorize", "stored_error", done=False)
        with pytest.raises(UnknownOutcome):
            authorize(payment)
        assert void(payment, settled=True) is None
        with pytest.raises(Refused, match="given up"):
            authorize(payment, attempt)
        assert held(sandbox) == []

    def test_what_a_follow_up_key_made_is_let_go(
        self, sandbox: SandboxClient, payment: StripePayment
    ) -> None:
        sandbox.fault("stripe", "authorize", "stored_error", done=False)
        with pytest.raises(UnknownOutcome):
            authorize(payment)
        sandbox.fault("stripe", "authorize", "drop_after", nth=2, times=3)
        with pytest.raises(UnknownOutcome):
            authorize(payment, 2)
        outcome = void(payment, settled=True)
        assert outcome is not None
        assert outcome.money == eur(2500)
        assert len(let_go(sandbox)) == 1
        authorize(payment, 3)
        assert len(held(sandbox)) == 1

    def test_one_under_the_fence_itself_leads_to_a_fence_under_the_next(
        self, sandbox: SandboxClient, payment: StripePayment
    ) -> None:
        sandbox.fault("stripe", "create_intent", "stored_error", done=False)
        with pytest.raises(UnknownOutcome):
            void(payment)
        assert void(payment, again(first(VOID)), settled=True) is None
        with pytest.raises(Refused, match="given up"):
            authorize(payment, 2)
        assert held(sandbox) == []


@pytest.mark.parametrize("kind", ["drop_after", "drop_before"])
def test_when_stripe_has_forgotten_the_keys_the_list_tells(
    sandbox: SandboxClient, payment: StripePayment, kind: str
) -> None:
    sandbox.fault("stripe", "authorize", kind, times=3)
    with pytest.raises(UnknownOutcome):
        authorize(payment)
    sandbox.advance(LONG_AGO)
    outcome = void(payment, first(VOID, ago=LONG_AGO), settled=True)
    assert (outcome and outcome.money) == (eur(2500) if kind == "drop_after" else None)
    assert len(let_go(sandbox)) == len(held(sandbox))


@pytest.mark.parametrize("operation", ["create_intent", "cancel", "list_intents"])
@pytest.mark.parametrize(("trouble", "times"), STUBBORN, ids=named)
def test_no_money_is_held_in_the_end_whatever_goes_wrong(
    sandbox: SandboxClient,
    payment: StripePayment,
    trouble: Trouble,
    operation: str,
    times: int,
) -> None:
    sandbox.fault("stripe", operation, trouble.kind, times=times, **trouble.params)
    outcome, _ = until_done(lambda attempt: void(payment, attempt), first(VOID))
    assert outcome is None
    with pytest.raises(Refused, match="given up"):
        payment.authorize(again(first(KEY)), ORDER, eur(2500), VISA, PAYER)
    assert held(sandbox) == let_go(sandbox) == []
    assert states(sandbox) == ["canceled"]
