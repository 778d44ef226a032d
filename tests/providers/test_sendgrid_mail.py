"""Sending mails by SendGrid: what is sent, and what is known when something goes wrong."""

import pytest

from domain.address import Customer
from domain.failures import NotDone, ProviderFailure, Refused, UnknownOutcome
from domain.mail import MailKind
from domain.record import OrderOnRecord
from providers.sendgrid_mail import SendGridMail
from sandbox.client import Json, SandboxClient
from tests.providers.attempts import GENERAL, Trouble, named
from tests.providers.samples import ORDER, on_record

KEY = f"{ORDER}:mail_confirmation:1"


def send(
    mail: SendGridMail, kind: MailKind = MailKind.CONFIRMATION, order: OrderOnRecord | None = None
) -> str:
    facts = {"sku": "MUG", "on_hand": "3", "reorder_point": "5", "tracking.1": "UPS 1Z1"}
    facts |= {"pay_by": "2026-03-05 10:00 UTC", "expected": "2026-03-06"}
    facts |= {"answer_by": "2026-03-05 10:00 UTC"}
    return mail.send(KEY, kind, order or on_record(), facts)


def only(sandbox: SandboxClient) -> Json:
    [letter] = sandbox.mailbox()
    return letter


def test_a_mail_goes_to_the_customer_from_the_seller(
    sandbox: SandboxClient, mail: SendGridMail
) -> None:
    message = send(mail)
    letter = only(sandbox)
    assert letter["message_id"] == message
    assert letter["to"] == [{"email": "grete@example.com", "name": "Grete Beispiel"}]
    assert letter["from"] == {"email": "hello@mugs.example", "name": "Mugs & More"}
    assert letter["custom_args"] == {"order": ORDER, "kind": "confirmation", "key": KEY}
    assert [part["type"] for part in letter["content"]] == ["text/plain", "text/html"]


def test_a_restock_alert_goes_to_the_shop(sandbox: SandboxClient, mail: SendGridMail) -> None:
    send(mail, MailKind.RESTOCK)
    letter = only(sandbox)
    assert letter["to"] == [{"email": "stock@mugs.example"}]
    assert letter["subject"] == "Restock MUG: 3 left"


def test_an_address_that_sendgrid_has_verified_can_send_for_every_seller(
    sandbox: SandboxClient,
) -> None:
    mail = SendGridMail(sandbox.base("sendgrid"), "SG.x", sender="post@ordersaga.example")
    send(mail)
    letter = only(sandbox)
    assert letter["from"]["email"] == "post@ordersaga.example"
    assert letter["reply_to"]["email"] == "hello@mugs.example"


@pytest.mark.parametrize("kind", list(MailKind))
def test_every_kind_is_accepted(sandbox: SandboxClient, mail: SendGridMail, kind: MailKind) -> None:
    send(mail, kind)
    assert only(sandbox)["custom_args"]["kind"] == kind.value


@pytest.mark.parametrize(
    "name", ["Grete\nBcc: all@example.com", "田中 太郎", "مرحبا", "<b>Grete</b>", "x" * 250]
)
def test_any_name_gets_a_mail(sandbox: SandboxClient, mail: SendGridMail, name: str) -> None:
    customer = Customer(name=name, email="grete@example.com")
    send(mail, order=on_record(customer=customer, number=name[:100]))
    assert only(sandbox)["to"][0]["email"] == "grete@example.com"


def test_an_address_that_sendgrid_does_not_take_is_refused_in_words(
    sandbox: SandboxClient, mail: SendGridMail
) -> None:
    customer = Customer(name="Grete", email="grete@exa_mple.c!")
    with pytest.raises(Refused, match=r"400: .*valid address"):
        send(mail, order=on_record(customer=customer))
    assert sandbox.mailbox() == []


_MEANING: dict[str, tuple[type[ProviderFailure] | None, int]] = {
    "http_error": (UnknownOutcome, 0),
    "rate_limit": (NotDone, 0),
    "error_after": (UnknownOutcome, 1),
    "drop_after": (UnknownOutcome, 1),
    "hang_after": (UnknownOutcome, 1),
    "drop_before": (UnknownOutcome, 0),
    "hang_before": (UnknownOutcome, 0),
    "malformed_after": (None, 1),
    "delay": (None, 1),
}
"""What can be known from outside, and how many mails there really are."""


@pytest.mark.parametrize("trouble", GENERAL, ids=named)
def test_a_mail_counts_as_not_sent_only_where_that_is_certain(
    sandbox: SandboxClient, mail: SendGridMail, trouble: Trouble
) -> None:
    sandbox.fault("sendgrid", "send", trouble.kind, **trouble.params)
    expected, mails = _MEANING[trouble.kind]
    if expected is None:
        assert send(mail)
    else:
        with pytest.raises(expected) as failed:
            send(mail)
        if isinstance(failed.value, NotDone):
            assert failed.value.retry_after == 7.0
    assert len(sandbox.mailbox()) == mails


@pytest.mark.parametrize(
    ("status", "kind"), [(401, Refused), (403, Refused), (413, Refused), (502, UnknownOutcome)]
)
def test_answers_are_sorted_by_status(
    sandbox: SandboxClient, mail: SendGridMail, status: int, kind: type[ProviderFailure]
) -> None:
    sandbox.fault("sendgrid", "send", "http_error", status=status)
    with pytest.raises(kind):
        send(mail)


def test_a_provider_that_is_not_there_did_certainly_nothing() -> None:
    mail = SendGridMail("http://127.0.0.1:9", "SG.x", timeout=2)
    with pytest.raises(NotDone):
        send(mail)
