"""What tests of authorizations ask of Stripe's adapter, and what really happened at Stripe."""

import stripe

from domain.money import Money
from domain.payment import Authorization, AuthorizeMethod, ConfirmationNeeded, Decline, Payer
from providers.stripe_payment import StripePayment
from sandbox.client import LedgerEntry, SandboxClient
from tests.providers.attempts import again, first
from tests.providers.samples import ORDER, PAYER, VISA, eur

KEY = f"{ORDER}:authorize:1"


def authorize(
    payment: StripePayment,
    attempt_number: int = 1,
    method: AuthorizeMethod = VISA,
    money: Money | None = None,
    payer: Payer = PAYER,
) -> Authorization | Decline | ConfirmationNeeded:
    """Hold 25.00 EUR, at the first or a later attempt."""
    attempt = again(first(KEY), attempt_number)
    return payment.authorize(attempt, ORDER, money or eur(2500), method, payer)


def held(sandbox: SandboxClient) -> list[LedgerEntry]:
    """Authorizations that were really given."""
    return sandbox.ledger("stripe", order=ORDER, kind="authorization")


def sdk(sandbox: SandboxClient) -> stripe.StripeClient:
    """Stripe as somebody else sees it."""
    return stripe.StripeClient("sk_test_look", base_addresses={"api": sandbox.base("stripe")})
