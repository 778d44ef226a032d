"""A mail's row knows whether it may have gone out; the provider's word is never taken back."""

from datetime import UTC, datetime

import pytest

from backoffice.mails import MailOutboxBook
from domain.mail import MailKind, MailState
from tests.backoffice.samples import NOW, Trade, at_once

KEY = "ord_1:mail_confirmation:1"


class Outbox:
    """One mail of one order."""

    def __init__(self, trade: Trade) -> None:
        self.book = MailOutboxBook(trade.database)
        self.order = trade.accept()

    def state(self) -> tuple[MailState, int]:
        row = self.book.begin(KEY, self.order, MailKind.CONFIRMATION, "anna@example.com")
        return row.state, row.sends


@pytest.fixture
def outbox(trade: Trade) -> Outbox:
    return Outbox(trade)


def test_a_new_mail_has_not_been_sent(outbox: Outbox) -> None:
    assert set(at_once([outbox.state] * 8)) == {(MailState.SENDING, 0)}


def test_a_send_that_began_is_ambiguous_since_then(outbox: Outbox) -> None:
    before = datetime.now(UTC)
    outbox.state()
    outbox.book.sending(KEY, 0)
    assert outbox.state() == (MailState.AMBIGUOUS, 1)
    row = outbox.book.begin(KEY, outbox.order, MailKind.CONFIRMATION, "anna@example.com")
    assert row.since >= before.replace(microsecond=0)
    outbox.book.sending(KEY, 1)
    again = outbox.book.begin(KEY, outbox.order, MailKind.CONFIRMATION, "anna@example.com")
    assert again.since > row.since


def test_of_tries_at_once_one_sends(outbox: Outbox) -> None:
    outbox.state()
    assert sorted(at_once([lambda: outbox.book.sending(KEY, 0)] * 8)) == [False] * 7 + [True]
    assert outbox.state() == (MailState.AMBIGUOUS, 1)


def test_a_send_that_certainly_failed_may_be_repeated_at_once(outbox: Outbox) -> None:
    outbox.state()
    outbox.book.sending(KEY, 0)
    outbox.book.not_sent(KEY)
    assert outbox.state() == (MailState.SENDING, 0)


def test_an_earlier_ambiguous_send_stays_ambiguous(outbox: Outbox) -> None:
    outbox.state()
    outbox.book.sending(KEY, 0)
    outbox.book.sending(KEY, 1)
    outbox.book.not_sent(KEY)
    assert outbox.state() == (MailState.AMBIGUOUS, 1)


def test_what_the_provider_said_earlier_is_not_taken_back(outbox: Outbox) -> None:
    outbox.state()
    outbox.book.sending(KEY, 0)
    assert outbox.book.event(KEY, MailState.PROCESSED, NOW)
    outbox.book.sent(KEY, "message 1")
    assert outbox.state() == (MailState.PROCESSED, 1)
    outbox.book.event(KEY, MailState.BOUNCED, NOW)
    outbox.book.event(KEY, MailState.DELIVERED, NOW)
    outbox.book.event(KEY, MailState.PROCESSED, NOW)
    assert outbox.state()[0] is MailState.BOUNCED


def test_a_word_about_another_mail_is_not_ours(outbox: Outbox) -> None:
    assert not outbox.book.event("ord_9:mail_review:1", MailState.DELIVERED, NOW)
