"""Mails as the real SDK sends them: accepted, refused, kept."""

import json
from typing import Any

import pytest
from python_http_client import exceptions
from sendgrid import SendGridAPIClient
from sendgrid.helpers.mail import Attachment, Bcc, CustomArg, FileContent, FileName, FileType, Mail

from sandbox.client import SandboxClient


def client(sandbox: SandboxClient, key: str = "SG.key") -> Any:
    sending: Any = SendGridAPIClient(key, host=sandbox.base("sendgrid"))
    sending.client.timeout = 10
    return sending


@pytest.fixture
def sendgrid(sandbox: SandboxClient) -> Any:
    return client(sandbox)


def mail(to: str = "ada@customer.example", order: str = "ord_1", kind: str = "confirmed") -> Mail:
    made = Mail(
        from_email=("orders@shop.example", "Mug & Co"),
        to_emails=to,
        subject="Order 1001 – 注文",
        plain_text_content="Thank you, Äda.",
        html_content="<p>Thank you, Äda.</p>",
    )
    for name, value in (("order", order), ("kind", kind), ("key", f"{order}:{kind}")):
        made.add_custom_arg(CustomArg(name, value))
    return made


def refused(sendgrid: Any, body: dict[str, Any]) -> list[dict[str, Any]]:
    with pytest.raises(exceptions.BadRequestsError) as caught:
        sendgrid.client.mail.send.post(request_body=body)
    return caught.value.to_dict["errors"]


def test_a_mail_is_accepted_and_lies_in_the_mailbox(sendgrid: Any, sandbox: SandboxClient) -> None:
    made = mail()
    made.add_bcc(Bcc("archive@shop.example"))
    made.attachment = Attachment(
        FileContent("JVBERi0="), FileName("invoice.pdf"), FileType("application/pdf")
    )
    answer = sendgrid.send(made)
    assert (answer.status_code, answer.body) == (202, b"")
    [kept] = sandbox.mailbox(to="ADA@customer.example")
    assert kept["message_id"] == answer.headers["X-Message-Id"]
    assert kept["subject"] == "Order 1001 – 注文"
    assert [part["value"] for part in kept["content"]] == [
        "Thank you, Äda.",
        "<p>Thank you, Äda.</p>",
    ]
    assert kept["custom_args"] == {
        "order": "ord_1",
        "kind": "confirmed",
        "key": "ord_1:confirmed",
    }
    assert kept["attachments"][0]["filename"] == "invoice.pdf"
    [entry] = sandbox.ledger("sendgrid", order="ord_1", kind="mail")
    assert entry.data["kind"] == "confirmed"
    assert entry.data["to"] == ["ada@customer.example", "archive@shop.example"]


def test_the_mailbox_is_narrowed_by_recipient_order_and_kind(
    sendgrid: Any, sandbox: SandboxClient
) -> None:
    for order in ("ord_1", "ord_2"):
        for kind in ("confirmed", "shipped"):
            sendgrid.send(mail(f"{order}@customer.example", order, kind))
    assert len(sandbox.mailbox()) == 4
    assert len(sandbox.mailbox(to="ord_2@customer.example")) == 2
    assert [found["kind"] for found in sandbox.mailbox(order="ord_1")] == ["confirmed", "shipped"]
    [one] = sandbox.mailbox(order="ord_2", kind="shipped")
    assert one["key"] == "ord_2:shipped"
    assert sandbox.mailbox(to="ord_1@customer.example", order="ord_2") == []


def test_the_same_mail_sent_twice_arrives_twice(sendgrid: Any, sandbox: SandboxClient) -> None:
    ids = {sendgrid.send(mail()).headers["X-Message-Id"] for _ in range(2)}
    assert {found["message_id"] for found in sandbox.mailbox(order="ord_1")} == ids
    assert len(ids) == 2


def without(name: str) -> dict[str, Any]:
    body: dict[str, Any] = {**mail().get()}
    del body[name]
    return body


def changed(**changes: Any) -> dict[str, Any]:
    return {**mail().get(), **changes}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (without("from"), "from.email"),
        (without("personalizations"), "personalizations"),
        (without("subject"), "subject"),
        (without("content"), "content"),
        (changed(personalizations=[]), "personalizations"),
        (changed(personalizations=[{"to": []}]), "personalizations.0.to"),
        (
            changed(personalizations=[{"to": [{"email": "nobody"}]}]),
            "personalizations.0.to.0.email",
        ),
        (
            changed(personalizations=[{"to": [{"email": "müller@x.example"}]}]),
            "personalizations.0.to.0.email",
        ),
        (
            changed(
                personalizations=[
                    {"to": [{"email": "a@x.example"}], "cc": [{"email": "A@x.example"}]}
                ]
            ),
            "personalizations.0",
        ),
        (changed(**{"from": {"email": "shop at example"}}), "from.email"),
        (changed(content=[{"type": "text/plain", "value": ""}]), "content.0.value"),
        (
            changed(
                content=[
                    {"type": "text/html", "value": "<p>"},
                    {"type": "text/plain", "value": "p"},
                ]
            ),
            "content",
        ),
        (changed(custom_args={"order": 1}), "custom_args"),
        (changed(custom_args={"order": "x" * 10_001}), "custom_args"),
        (changed(headers={"Subject": "x"}), "headers.Subject"),
        (
            changed(attachments=[{"filename": "a.pdf", "content": "not base64!"}]),
            "attachments.0.content",
        ),
    ],
)
def test_a_mail_with_a_mistake_is_refused_with_the_field_that_is_wrong(
    sendgrid: Any, sandbox: SandboxClient, body: dict[str, Any], field: str
) -> None:
    [wrong] = refused(sendgrid, body)
    assert wrong["field"] == field
    assert wrong["message"]
    assert sandbox.mailbox() == []
    assert sandbox.ledger("sendgrid") == []


def test_every_mistake_is_named(sendgrid: Any) -> None:
    fields = {wrong["field"] for wrong in refused(sendgrid, {})}
    assert fields == {"from.email", "personalizations", "subject", "content"}


def test_too_many_recipients_are_refused(sendgrid: Any) -> None:
    crowd = [{"email": f"c{number}@x.example"} for number in range(1001)]
    [wrong] = refused(sendgrid, changed(personalizations=[{"to": crowd}]))
    assert "1000 total recipients" in wrong["message"]


def test_a_request_beyond_thirty_megabytes_is_too_large(sendgrid: Any) -> None:
    body = changed(content=[{"type": "text/plain", "value": "x" * 31_500_000}])
    with pytest.raises(exceptions.PayloadTooLargeError):
        sendgrid.client.mail.send.post(request_body=body)


def test_nobody_sends_without_a_key(sandbox: SandboxClient) -> None:
    with pytest.raises(exceptions.UnauthorizedError) as caught:
        client(sandbox, key=" ").send(mail())
    assert caught.value.to_dict["errors"][0]["message"]
    assert sandbox.mailbox() == []


def test_what_is_no_json_is_a_bad_request(sendgrid: Any) -> None:
    sendgrid.client.request_headers["Content-Type"] = "text/plain"
    with pytest.raises(exceptions.UnsupportedMediaTypeError):
        sendgrid.client.mail.send.post(request_body=json.dumps(mail().get()))
    sendgrid.client.request_headers["Content-Type"] = "application/json; charset=utf-8"
    with pytest.raises(exceptions.BadRequestsError):
        sendgrid.client.mail.send.post(request_body="{")


def test_sandbox_mode_checks_and_sends_nothing(sendgrid: Any, sandbox: SandboxClient) -> None:
    body = changed(mail_settings={"sandbox_mode": {"enable": True}})
    assert sendgrid.client.mail.send.post(request_body=body).status_code == 200
    assert sandbox.mailbox() == []


def test_a_lost_answer_does_not_unsend_the_mail(sendgrid: Any, sandbox: SandboxClient) -> None:
    sandbox.fault("sendgrid", "send", "drop_after", order="ord_1")
    with pytest.raises(OSError, match="closed connection"):
        sendgrid.send(mail())
    assert len(sandbox.mailbox(order="ord_1")) == 1


def test_a_rate_limit_says_when_to_come_back(sendgrid: Any, sandbox: SandboxClient) -> None:
    sandbox.fault("sendgrid", "send", "rate_limit", retry_after=7)
    with pytest.raises(exceptions.TooManyRequestsError) as caught:
        sendgrid.send(mail())
    assert caught.value.headers["Retry-After"] == "7"
    assert sandbox.mailbox() == []
