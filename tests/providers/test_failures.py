"""What vendors' errors mean, and that no new one of them goes unnoticed."""

import http.client
import socket
import urllib.error
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import get_args

import httpx
import pytest
import requests
import stripe
from python_http_client.exceptions import err_dict
from shippo.models.components import (
    RefundStatus,
    TrackingStatusEnum,
    TransactionStatusEnum,
)
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import MaxRetryError, NewConnectionError, ReadTimeoutError

from domain.failures import NotDone, ProviderFailure, Refused, UnknownOutcome
from domain.mail import MailKind
from domain.shipping import LabelFormat
from providers import failures, sendgrid_events, shippo_events, shippo_words, stripe_words
from providers.mail_texts import MailTexts
from tests.providers.samples import on_record

POOL = HTTPConnectionPool("127.0.0.1", 9)


def below(kind: type[Exception]) -> Iterator[type[Exception]]:
    for each in kind.__subclasses__():
        yield each
        yield from below(each)


def test_every_error_that_stripes_sdk_can_raise_has_a_meaning() -> None:
    # OAuth is for platforms that act for others; the base with a param code is never raised.
    raised = {
        kind
        for kind in below(stripe.StripeError)
        if kind.__module__ == "stripe._error" and kind.__name__ != "StripeErrorWithParamCode"
    }
    assert raised == set(failures.STRIPE_ERRORS)


def test_every_status_that_sendgrids_sdk_knows_has_a_meaning() -> None:
    assert set(err_dict) <= set(failures.STATUSES)


def test_every_way_in_which_httpx_fails_has_a_meaning() -> None:
    families = {httpx.TimeoutException, httpx.NetworkError, httpx.ProtocolError}
    assert set(below(httpx.TransportError)) - families == set(failures.HTTPX_ERRORS)


def test_every_status_of_shippo_has_a_meaning() -> None:
    assert set(shippo_words.FATES) == set(TransactionStatusEnum)
    assert set(shippo_words.REFUNDS) == set(RefundStatus)
    assert set(shippo_words.FORMATS) == set(LabelFormat)
    assert set(shippo_events.STATUSES) == {status.value for status in TrackingStatusEnum}


def test_every_status_of_a_payment_intent_is_one_that_we_know() -> None:
    hint = stripe.PaymentIntent.__annotations__["status"]
    known = {
        "canceled",
        "processing",
        "requires_action",
        "requires_capture",
        "requires_confirmation",
        "requires_payment_method",
        "succeeded",
    }
    words = {word for part in get_args(hint) for word in get_args(part) or [part]}
    assert {word for word in words if isinstance(word, str)} == known


def test_every_kind_of_mail_has_a_text() -> None:
    facts = {"sku": "MUG", "on_hand": "3", "reorder_point": "5", "pay_by": "2026-03-05 10:00 UTC"}
    facts |= {"answer_by": "2026-03-05 10:00 UTC", "expected": "2026-03-06"}
    for kind in MailKind:
        text = MailTexts().write(kind, on_record(), facts)
        assert text.subject
        assert text.text
        assert text.html


def test_every_event_of_sendgrid_is_one_that_we_know() -> None:
    # Twilio SendGrid, "Event webhook reference": delivery, engagement and account events.
    assert set(sendgrid_events.EVENTS) == {
        "processed", "dropped", "delivered", "deferred", "bounce", "open", "click", "spamreport",
        "unsubscribe", "group_unsubscribe", "group_resubscribe", "account_status_change",
    }  # fmt: skip


def test_decline_codes_are_sorted_into_what_the_customer_can_do() -> None:
    assert {kind.value for kind in stripe_words.DECLINES.values()} == {
        "insufficient_funds",
        "authentication_required",
        "expired",
        "hard",
    }


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (requests.ConnectTimeout(), NotDone),
        (
            requests.ConnectionError(
                MaxRetryError(POOL, "/", NewConnectionError(HTTPConnection("127.0.0.1"), "refused"))
            ),
            NotDone,
        ),
        (
            requests.ConnectionError(MaxRetryError(POOL, "/", ReadTimeoutError(POOL, "/", ""))),
            UnknownOutcome,
        ),
        (requests.ConnectionError("Connection aborted."), UnknownOutcome),
        (requests.ReadTimeout(), UnknownOutcome),
        (requests.exceptions.ChunkedEncodingError(), UnknownOutcome),
    ],
)
def test_only_a_connection_that_was_never_made_is_certainly_without_effect(
    error: requests.RequestException, kind: type[ProviderFailure]
) -> None:
    assert type(failures.of_requests("shippo", error)) is kind


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (urllib.error.URLError(ConnectionRefusedError()), NotDone),
        (urllib.error.URLError(socket.gaierror()), NotDone),
        (urllib.error.URLError(TimeoutError()), UnknownOutcome),
        (TimeoutError(), UnknownOutcome),
        (ConnectionResetError(), UnknownOutcome),
        (http.client.RemoteDisconnected(""), UnknownOutcome),
        (http.client.IncompleteRead(b""), UnknownOutcome),
    ],
)
def test_the_same_holds_for_mail(error: OSError, kind: type[ProviderFailure]) -> None:
    assert type(failures.of_urllib("sendgrid", error)) is kind


def test_a_connection_that_was_refused_is_unknown_where_an_earlier_try_got_through() -> None:
    error = stripe.APIConnectionError("refused")
    assert isinstance(failures.of_stripe(error, doubtful=False), NotDone)
    assert isinstance(failures.of_stripe(error, doubtful=True), UnknownOutcome)


@pytest.mark.parametrize("kind", [stripe.AuthenticationError, stripe.PermissionError])
def test_a_key_that_is_refused_says_nothing_about_an_earlier_try(
    kind: type[stripe.StripeError],
) -> None:
    assert isinstance(failures.of_stripe(kind("no"), doubtful=False), Refused)
    assert isinstance(failures.of_stripe(kind("no"), doubtful=True), UnknownOutcome)


@pytest.mark.parametrize(
    ("status", "kind"),
    [(429, NotDone), (400, Refused), (418, Refused), (500, UnknownOutcome), (599, UnknownOutcome)],
)
def test_answers_are_sorted_by_status(status: int, kind: type[ProviderFailure]) -> None:
    assert type(failures.of_status("shippo", status, "words")) is kind


def test_retry_after_is_read_as_seconds_and_as_a_date() -> None:
    assert failures.retry_after({"retry-after": "1.5"}) == 1.5
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    assert 80 < (failures.retry_after({"Retry-After": later}) or 0) <= 90
    assert failures.retry_after({"Retry-After": "soon"}) is None
    assert failures.retry_after({}) is None
