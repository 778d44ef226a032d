"""API keys never show: not in logs, not in errors, not even when they are wrong."""

import logging

import pytest

from domain.failures import ProviderFailure, Refused
from domain.mail import MailKind
from providers.keys import header_safe
from providers.sendgrid_mail import SendGridMail
from providers.shippo_shipping import ShippoCourier
from providers.stripe_payment import StripePayment
from providers.wms_warehouse import WmsWarehouse
from sandbox.client import SandboxClient
from tests.providers.attempts import first
from tests.providers.samples import (
    ORDER,
    PARCEL,
    PAYER,
    SELLER,
    VIENNA,
    VISA,
    eur,
    handoff,
    on_record,
)

KEY = "sk_test_hush4242"
_CALLS = ("works", "refused", "lost")


@pytest.mark.parametrize("outcome", _CALLS)
def test_no_key_is_logged_or_named_in_a_failure(
    sandbox: SandboxClient, caplog: pytest.LogCaptureFixture, outcome: str
) -> None:
    caplog.set_level(logging.DEBUG)
    payment = StripePayment(sandbox.base("stripe"), KEY)
    courier = ShippoCourier(sandbox.base("shippo"), KEY)
    mail = SendGridMail(sandbox.base("sendgrid"), KEY)
    warehouse = WmsWarehouse(sandbox.base("wms"), KEY)
    for provider in ("stripe", "shippo", "sendgrid", "wms"):
        if outcome == "refused":
            sandbox.fault(provider, "*", "http_error", times=None, status=401)
        elif outcome == "lost":
            sandbox.fault(provider, "*", "drop_after", times=None)
    said: list[str] = []
    for call in (
        lambda: payment.authorize(first("k:authorize:1"), ORDER, eur(2500), VISA, PAYER),
        lambda: courier.quotes(ORDER, PARCEL, SELLER, VIENNA, "EUR", ()),
        lambda: mail.send("k:mail:1", MailKind.REVIEW, on_record(), {}),
        lambda: warehouse.hand_off(first("k:hand_off:1"), handoff()),
    ):
        try:
            call()
        except ProviderFailure as failure:
            cause: BaseException | None = failure
            while cause is not None:
                said.append(f"{cause!r} {cause}")
                cause = cause.__cause__ or cause.__context__
    assert bool(said) == (outcome != "works")
    assert KEY not in caplog.text + " ".join(said)
    for adapter in (payment, courier, warehouse):
        adapter.close()


@pytest.mark.parametrize("key", ["sk_test\nhush", "sk_test hush hush", "sk_tést", "\x7f"])
def test_a_key_that_fits_no_header_is_refused_without_being_shown(key: str) -> None:
    with pytest.raises(ValueError, match="copy it again") as refused:
        header_safe(key)
    assert "hush" not in str(refused.value)


def test_blanks_around_a_pasted_key_are_dropped() -> None:
    assert header_safe(" sk_test_x\n") == "sk_test_x"
    assert header_safe("ShippoToken shippo_test_x") == "ShippoToken shippo_test_x"


def test_a_key_that_stripe_does_not_know_is_refused(sandbox: SandboxClient) -> None:
    payment = StripePayment(sandbox.base("stripe"), "sk_test_x")
    sandbox.fault("stripe", "*", "http_error", times=None, status=401)
    with pytest.raises(Refused):
        payment.authorize(first("k:authorize:1"), ORDER, eur(2500), VISA, PAYER)
    payment.close()
