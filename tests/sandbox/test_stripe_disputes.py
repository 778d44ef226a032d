"""Disputes in the sandbox: money goes and returns, evidence is taken once and in time."""

import io
import json
from datetime import timedelta

import pytest
import stripe

from sandbox.client import SandboxClient, SandboxRefusedError
from tests.sandbox.payments import authorize, error_param
from tests.sandbox.receiver import Receiver

PDF = b"%PDF-1.7\nevidence"
DAY = timedelta(days=1)


@pytest.fixture
def payment(gateway: stripe.StripeClient) -> str:
    """A capture of 19.99 EUR."""
    return gateway.v1.payment_intents.capture(authorize(gateway).id).id


def upload(gateway: stripe.StripeClient, content: bytes = PDF, key: str | None = None) -> str:
    file = io.BytesIO(content)
    file.name = "receipt.pdf"
    options: stripe.RequestOptions = {"idempotency_key": key} if key else {}
    params: stripe.params.FileCreateParams = {"purpose": "dispute_evidence", "file": file}
    return gateway.v1.files.create(params, options).id


def test_the_money_goes_with_a_fee_and_returns_when_it_is_won(
    sandbox: SandboxClient, gateway: stripe.StripeClient, payment: str
) -> None:
    name = sandbox.dispute(payment)["id"]
    [taken] = gateway.v1.disputes.retrieve(name).balance_transactions
    assert (taken.amount, taken.fee, taken.net) == (-1999, 1500, -3499)
    sandbox.close_dispute(name, "won")
    won = gateway.v1.disputes.retrieve(name)
    assert [one.amount for one in won.balance_transactions] == [-1999, 1999]
    assert won.status == "won"
    [found] = gateway.v1.disputes.list({"payment_intent": payment}).data
    assert found.id == name


def test_a_part_of_a_charge_may_be_disputed(
    sandbox: SandboxClient, gateway: stripe.StripeClient, payment: str
) -> None:
    name = sandbox.dispute(payment, amount=500)["id"]
    assert gateway.v1.disputes.retrieve(name).amount == 500


def test_evidence_is_taken_with_its_files_and_once(
    sandbox: SandboxClient, gateway: stripe.StripeClient, payment: str
) -> None:
    name = sandbox.dispute(payment)["id"]
    file = upload(gateway)
    sent = gateway.v1.disputes.update(
        name, {"evidence": {"receipt": file, "customer_name": "Ada"}, "submit": True}
    )
    details = sent.evidence_details
    assert (sent.status, details.submission_count) == ("under_review", 1)
    assert details.has_evidence
    [entry] = sandbox.ledger("stripe", kind="evidence")
    assert entry.data["evidence"] == {"receipt": file, "customer_name": "Ada"}
    with pytest.raises(stripe.InvalidRequestError, match="already been submitted"):
        gateway.v1.disputes.update(name, {"evidence": {"customer_name": "Eve"}})
    assert gateway.v1.disputes.retrieve(name).evidence.customer_name == "Ada"


def test_what_is_staged_is_not_submitted_yet(
    sandbox: SandboxClient, gateway: stripe.StripeClient, payment: str
) -> None:
    name = sandbox.dispute(payment)["id"]
    staged = gateway.v1.disputes.update(
        name, {"evidence": {"customer_name": "Ada"}, "submit": False}
    )
    assert (staged.status, staged.evidence_details.submission_count) == ("needs_response", 0)
    assert staged.evidence_details.has_evidence
    assert gateway.v1.disputes.update(name, {"submit": True}).status == "under_review"


def test_who_sends_nothing_in_time_has_lost_and_can_send_no_more(
    sandbox: SandboxClient, gateway: stripe.StripeClient, payment: str
) -> None:
    name = sandbox.dispute(payment, due_in=3600)["id"]
    sandbox.advance(3601)
    assert gateway.v1.disputes.retrieve(name).status == "lost"
    with pytest.raises(stripe.InvalidRequestError, match="takes no evidence"):
        gateway.v1.disputes.update(name, {"evidence": {"customer_name": "Ada"}})
    with pytest.raises(stripe.InvalidRequestError) as refused:
        gateway.v1.refunds.create({"payment_intent": payment})
    assert refused.value.code == "charge_disputed"


def test_who_gives_in_has_lost(
    sandbox: SandboxClient, gateway: stripe.StripeClient, payment: str
) -> None:
    name = sandbox.dispute(payment)["id"]
    assert gateway.v1.disputes.close(name).status == "lost"
    with pytest.raises(stripe.InvalidRequestError, match="cannot be closed"):
        gateway.v1.disputes.close(name)
    with pytest.raises(SandboxRefusedError):
        sandbox.close_dispute(name, "won")


def test_an_inquiry_takes_nothing_until_it_is_escalated(
    sandbox: SandboxClient, gateway: stripe.StripeClient, payment: str
) -> None:
    name = sandbox.dispute(payment, inquiry=True)["id"]
    asked = gateway.v1.disputes.retrieve(name)
    assert (asked.status, asked.balance_transactions) == ("warning_needs_response", [])
    assert asked.is_charge_refundable
    gateway.v1.disputes.update(name, {"evidence": {"customer_name": "Ada"}})
    assert gateway.v1.disputes.retrieve(name).status == "warning_under_review"
    sandbox.close_dispute(name, "escalated")
    now = gateway.v1.disputes.retrieve(name)
    assert (now.status, now.evidence_details.submission_count) == ("needs_response", 0)
    assert [one.amount for one in now.balance_transactions] == [-1999]


def test_an_inquiry_that_nobody_pursues_is_closed(
    sandbox: SandboxClient, gateway: stripe.StripeClient, payment: str
) -> None:
    name = sandbox.dispute(payment, inquiry=True)["id"]
    assert gateway.v1.refunds.create({"payment_intent": payment, "amount": 500}).amount == 500
    sandbox.advance(8 * DAY)
    assert gateway.v1.disputes.retrieve(name).status == "warning_closed"


@pytest.mark.parametrize(
    ("evidence", "field"),
    [
        ({"receipt": "file_unknown"}, "evidence[receipt]"),
        ({"nonsense": "x"}, "nonsense"),
        ({"uncategorized_text": "x" * 20_001}, "evidence[uncategorized_text]"),
    ],
)
def test_what_cannot_be_evidence_is_refused_with_its_field(
    sandbox: SandboxClient,
    gateway: stripe.StripeClient,
    payment: str,
    evidence: stripe.params.DisputeUpdateParamsEvidence,
    field: str,
) -> None:
    name = sandbox.dispute(payment)["id"]
    with pytest.raises(stripe.InvalidRequestError) as refused:
        gateway.v1.disputes.update(name, {"evidence": evidence})
    assert error_param(refused.value) == field
    assert gateway.v1.disputes.retrieve(name).status == "needs_response"


def test_a_file_is_kept_under_its_key_once(
    sandbox: SandboxClient, gateway: stripe.StripeClient
) -> None:
    first = upload(gateway, key="k1")
    assert upload(gateway, key="k1") == first
    with pytest.raises(stripe.IdempotencyError):
        upload(gateway, PDF + b"!", key="k1")
    found = gateway.v1.files.retrieve(first)
    assert (found.type, found.size, found.purpose) == ("pdf", len(PDF), "dispute_evidence")
    assert len(sandbox.ledger("stripe", kind="file")) == 1


def test_a_file_that_is_no_picture_and_no_page_is_refused(gateway: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="PDF, a JPEG or a PNG"):
        upload(gateway, b"PK\x03\x04 an archive")


def test_each_step_of_a_dispute_is_told(
    sandbox: SandboxClient, gateway: stripe.StripeClient, payment: str, receiver: Receiver
) -> None:
    sandbox.configure(stripe={"webhook_url": receiver.url})
    name = sandbox.dispute(payment)["id"]
    gateway.v1.disputes.update(name, {"evidence": {"customer_name": "Ada"}})
    sandbox.close_dispute(name, "won")
    assert sandbox.settle().settled
    told = [json.loads(call.body) for call in receiver.received]
    assert {one["type"].removeprefix("charge.dispute.") for one in told} == {
        "created",
        "funds_withdrawn",
        "updated",
        "closed",
        "funds_reinstated",
    }
    assert {one["data"]["object"]["payment_intent"] for one in told} == {payment}
