"""Disputes at Stripe: seen as they are, answered once, and never beside a refund."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
import stripe

from domain.disputes import DisputeSeen, DisputeState
from domain.failures import Disputed, Refused, UnknownOutcome
from domain.money import Money
from domain.payment import Authorization
from providers.stripe_dispute_words import STATES
from providers.stripe_disputes import StripeDisputes
from providers.stripe_payment import StripePayment
from sandbox.client import LedgerEntry, SandboxClient
from tests.providers.attempts import STUBBORN, Trouble, first, named, until_done
from tests.providers.conftest import Timeout
from tests.providers.samples import ORDER, PAYER, VISA, eur

PDF = b"%PDF-1.7\nan invoice"
TEXTS = {"customer_name": "Grete Beispiel", "uncategorized_text": "It was delivered."}
REFUND = f"{ORDER}-s1:give_back:1"


@pytest.fixture
def disputes(
    sandbox: SandboxClient, timeout: Timeout, monkeypatch: pytest.MonkeyPatch
) -> StripeDisputes:
    monkeypatch.setattr(stripe.HTTPClient, "INITIAL_DELAY", 0.01)
    monkeypatch.setattr(stripe.HTTPClient, "MAX_DELAY", 0.02)
    return StripeDisputes(sandbox.base("stripe"), "sk_test_sandbox", timeout=timeout)


@pytest.fixture
def paid(payment: StripePayment) -> str:
    """A capture of 25.00 EUR."""
    held = payment.authorize(first(f"{ORDER}:authorize:1"), ORDER, eur(2500), VISA, PAYER)
    assert isinstance(held, Authorization)
    payment.capture(first(f"{ORDER}-s1:capture:1"), held.reference, eur(2500))
    return held.reference


def submissions(sandbox: SandboxClient) -> list[LedgerEntry]:
    return sandbox.ledger("stripe", kind="evidence")


def test_every_word_of_stripe_s_for_a_dispute_is_known() -> None:
    hint = stripe.Dispute.__annotations__["status"]
    words = {word for part in get_args(hint) for word in get_args(part)}
    assert words == set(STATES)
    assert set(STATES.values()) == set(DisputeState) - {DisputeState.UNSEEN}


def test_it_is_seen_as_stripe_has_it(
    sandbox: SandboxClient, disputes: StripeDisputes, payment: StripePayment, paid: str
) -> None:
    payment.give_back(first(REFUND), paid, eur(500))
    opened = sandbox.dispute(paid, reason="product_not_received", due_in=86400)
    seen = disputes.look(opened["id"])
    assert (seen.payment, seen.state) == (paid, DisputeState.NEEDS_RESPONSE)
    assert (seen.money, seen.refunded) == (eur(2500), eur(500))
    assert (seen.reason, seen.submissions) == ("product_not_received", 0)
    assert seen.due_by is not None
    assert timedelta(hours=23) < seen.due_by - datetime.now(UTC) < timedelta(hours=25)
    [move] = seen.moves
    assert (move.money, move.fee) == (eur(-2500), eur(1500))


def test_of_currencies_without_decimals_the_unit_is_ours(
    sandbox: SandboxClient, disputes: StripeDisputes, payment: StripePayment
) -> None:
    yen = Money(amount=5000, currency="JPY")
    held = payment.authorize(first(f"{ORDER}:authorize:1"), ORDER, yen, VISA, PAYER)
    assert isinstance(held, Authorization)
    payment.capture(first(f"{ORDER}-s1:capture:1"), held.reference, yen)
    assert disputes.look(sandbox.dispute(held.reference)["id"]).money == yen


def test_a_word_that_nobody_knows_is_an_unknown_outcome(
    sandbox: SandboxClient, disputes: StripeDisputes, paid: str
) -> None:
    name = sandbox.dispute(paid)["id"]
    sandbox.fault(
        "stripe", "retrieve_dispute", "malformed_after", replace={"status": "in_arbitration"}
    )
    with pytest.raises(UnknownOutcome, match="in_arbitration"):
        disputes.look(name)
    assert disputes.look(name).state is DisputeState.NEEDS_RESPONSE


def test_one_that_is_not_there_is_refused(disputes: StripeDisputes) -> None:
    with pytest.raises(Refused):
        disputes.look("du_unknown")


def test_those_that_were_opened_since_are_listed(
    sandbox: SandboxClient, disputes: StripeDisputes, paid: str
) -> None:
    name = sandbox.dispute(paid)["id"]
    now = datetime.now(UTC)
    assert [one.reference for one in disputes.since(now - timedelta(hours=1))] == [name]
    assert [*disputes.since(now + timedelta(hours=1))] == []


def answered(disputes: StripeDisputes, name: str, trouble: bool = False) -> DisputeSeen:
    """Send a file and texts, as often as it takes."""
    file, _ = until_done(
        lambda one: disputes.upload(f"{name}:receipt:1", "invoice.pdf", PDF, repeated=one.repeated),
        first("file"),
    )
    evidence = TEXTS | {"receipt": file}
    seen, failures = until_done(
        lambda one: disputes.submit(f"{name}:evidence:1", name, evidence, repeated=one.repeated),
        first("evidence"),
    )
    assert trouble or not failures
    return seen


def test_evidence_is_sent_with_its_files(
    sandbox: SandboxClient, disputes: StripeDisputes, paid: str
) -> None:
    name = sandbox.dispute(paid)["id"]
    seen = answered(disputes, name)
    assert (seen.state, seen.submissions) == (DisputeState.UNDER_REVIEW, 1)
    [entry] = submissions(sandbox)
    [file] = sandbox.ledger("stripe", kind="file")
    assert entry.data["evidence"] == TEXTS | {"receipt": file.data["file"]}
    assert file.data["filename"] == "invoice.pdf"


@pytest.mark.parametrize(("trouble", "times"), STUBBORN, ids=named)
def test_evidence_is_sent_once_whatever_goes_wrong(
    sandbox: SandboxClient, disputes: StripeDisputes, paid: str, trouble: Trouble, times: int
) -> None:
    name = sandbox.dispute(paid)["id"]
    for operation in ("update_dispute", "create_file"):
        sandbox.fault("stripe", operation, trouble.kind, times=times, **trouble.params)
    seen = answered(disputes, name, trouble=True)
    assert seen.submissions == 1
    assert len(submissions(sandbox)) == 1


@pytest.mark.parametrize("done", [True, False])
def test_a_failure_that_stripe_keeps_under_the_key_is_looked_behind(
    sandbox: SandboxClient, disputes: StripeDisputes, paid: str, done: bool
) -> None:
    name = sandbox.dispute(paid)["id"]
    sandbox.fault("stripe", "update_dispute", "stored_error", done=done)
    assert answered(disputes, name, trouble=True).submissions == 1
    assert len(submissions(sandbox)) == 1


def test_what_somebody_else_has_sent_is_found_and_not_sent_again(
    sandbox: SandboxClient, disputes: StripeDisputes, paid: str
) -> None:
    name = sandbox.dispute(paid)["id"]
    disputes.submit("by hand", name, {"customer_name": "Eve"}, repeated=False)
    seen = disputes.submit(f"{name}:evidence:1", name, TEXTS, repeated=False)
    assert seen.state is DisputeState.UNDER_REVIEW
    [entry] = submissions(sandbox)
    assert entry.data["evidence"] == {"customer_name": "Eve"}


def test_two_who_send_at_the_same_time_send_it_once(
    sandbox: SandboxClient, disputes: StripeDisputes, paid: str
) -> None:
    name = sandbox.dispute(paid)["id"]
    sandbox.fault("stripe", "update_dispute", "delay", times=None, seconds=0.1)

    def send(_: int) -> DisputeSeen:
        key = f"{name}:evidence:1"
        return until_done(
            lambda one: disputes.submit(key, name, TEXTS, repeated=one.repeated), first("evidence")
        )[0]

    with ThreadPoolExecutor(4) as pool:
        seen = list(pool.map(send, range(4)))
    assert {one.submissions for one in seen} == {1}
    assert len(submissions(sandbox)) == 1


def test_what_stripe_does_not_take_is_refused_in_its_words(
    sandbox: SandboxClient, disputes: StripeDisputes, paid: str
) -> None:
    name = sandbox.dispute(paid)["id"]
    with pytest.raises(Refused, match="20000 characters"):
        disputes.submit("k", name, {"uncategorized_text": "x" * 20_001}, repeated=False)
    with pytest.raises(Refused, match="a PDF"):
        disputes.upload("f", "evidence.zip", b"PK\x03\x04", repeated=False)
    assert submissions(sandbox) == []


def test_who_gives_in_has_lost_and_once(
    sandbox: SandboxClient, disputes: StripeDisputes, paid: str
) -> None:
    name = sandbox.dispute(paid)["id"]
    sandbox.fault("stripe", "close_dispute", "drop_after", times=9)
    seen, _ = until_done(
        lambda one: disputes.give_in(f"{name}:give_in:1", name, repeated=one.repeated),
        first("give_in"),
    )
    assert seen.state is DisputeState.LOST
    assert disputes.give_in(f"{name}:give_in:1", name, repeated=False).state is DisputeState.LOST
    assert len(sandbox.ledger("stripe", kind="dispute_lost")) == 1


@pytest.mark.parametrize(("outcome", "words"), [(None, "is open"), ("lost", "money already")])
def test_a_refund_beside_a_dispute_is_refused_in_our_words(
    sandbox: SandboxClient, payment: StripePayment, paid: str, outcome: str | None, words: str
) -> None:
    name = sandbox.dispute(paid)["id"]
    if outcome:
        sandbox.close_dispute(name, outcome)
    for attempt in (payment.give_back, payment.refund):
        with pytest.raises(Disputed, match=words) as refused:
            attempt(first(REFUND), paid, eur(500))
        assert name in refused.value.reason
    assert sandbox.ledger("stripe", kind="refund") == []


def test_a_refund_that_was_made_before_the_dispute_is_found_beside_it(
    sandbox: SandboxClient, payment: StripePayment, paid: str
) -> None:
    made = payment.give_back(first(REFUND), paid, eur(500))
    sandbox.dispute(paid)
    assert payment.give_back(first(REFUND), paid, eur(500)) == made


def test_a_refund_is_refused_beside_a_dispute_that_cannot_be_looked_up(
    sandbox: SandboxClient, payment: StripePayment, paid: str
) -> None:
    sandbox.dispute(paid)
    sandbox.fault("stripe", "list_disputes", "http_error", times=None, status=503)
    with pytest.raises(Disputed, match="charged back"):
        payment.give_back(first(REFUND), paid, eur(500))


def test_once_it_is_won_a_refund_is_possible_again(
    sandbox: SandboxClient, payment: StripePayment, paid: str
) -> None:
    sandbox.close_dispute(sandbox.dispute(paid)["id"], "won")
    assert payment.give_back(first(REFUND), paid, eur(500)).money == eur(500)
