"""Stripe's test cards (Stripe docs: Testing), by token and by number."""

from dataclasses import dataclass
from enum import StrEnum


class Authentication(StrEnum):
    """When a card's bank wants 3-D Secure."""

    NEVER = "never"
    UNLESS_SET_UP = "unless_set_up"
    ALWAYS = "always"


class RefundOutcome(StrEnum):
    """What becomes of a refund to this card."""

    SUCCEEDS = "succeeds"
    PENDING_FIRST = "pending_first"
    FAILS_LATER = "fails_later"


@dataclass(frozen=True)
class Card:
    """How a test card behaves."""

    token: str
    number: str
    brand: str = "visa"
    funding: str = "credit"
    country: str = "US"
    decline: str | None = None
    declines_attach: bool = True
    authentication: Authentication = Authentication.NEVER
    refund: RefundOutcome = RefundOutcome.SUCCEEDS
    disputed: bool = False
    risk: str = "normal"

    @property
    def last4(self) -> str:
        """As shown to customers."""
        return self.number[-4:]


_ALL = (
    Card("pm_card_visa", "4242424242424242"),
    Card("pm_card_visa_debit", "4000056655665556", funding="debit"),
    Card("pm_card_mastercard", "5555555555554444", "mastercard"),
    Card("pm_card_amex", "378282246310005", "amex"),
    Card("pm_card_discover", "6011111111111117", "discover"),
    Card("pm_card_jcb", "3566002020360505", "jcb", country="JP"),
    Card("pm_card_unionpay", "6200000000000005", "unionpay", country="CN"),
    Card("pm_card_de", "4000002760000016", country="DE"),
    Card("pm_card_gb", "4000008260000000", country="GB"),
    Card("pm_card_visa_chargeDeclined", "4000000000000002", decline="generic_decline"),
    Card(
        "pm_card_visa_chargeDeclinedInsufficientFunds",
        "4000000000009995",
        decline="insufficient_funds",
    ),
    Card("pm_card_visa_chargeDeclinedLostCard", "4000000000009987", decline="lost_card"),
    Card("pm_card_visa_chargeDeclinedStolenCard", "4000000000009979", decline="stolen_card"),
    Card("pm_card_chargeDeclinedExpiredCard", "4000000000000069", decline="expired_card"),
    Card("pm_card_chargeDeclinedIncorrectCvc", "4000000000000127", decline="incorrect_cvc"),
    Card("pm_card_chargeDeclinedProcessingError", "4000000000000119", decline="processing_error"),
    Card(
        "pm_card_visa_chargeDeclinedVelocityLimitExceeded",
        "4000000000006975",
        decline="card_velocity_exceeded",
    ),
    Card(
        "pm_card_chargeCustomerFail",
        "4000000000000341",
        decline="generic_decline",
        declines_attach=False,
    ),
    Card(
        "pm_card_threeDSecure2Required",
        "4000000000003220",
        authentication=Authentication.ALWAYS,
    ),
    Card(
        "pm_card_authenticationRequired",
        "4000002760003184",
        country="DE",
        authentication=Authentication.ALWAYS,
    ),
    Card(
        "pm_card_authenticationRequiredOnSetup",
        "4000002500003155",
        country="FR",
        authentication=Authentication.UNLESS_SET_UP,
    ),
    Card(
        "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds",
        "4000008260003178",
        country="GB",
        decline="insufficient_funds",
        declines_attach=False,
        authentication=Authentication.ALWAYS,
    ),
    Card(
        "pm_card_threeDSecureRequiredChargeDeclined",
        "4000008400001629",
        decline="generic_decline",
        declines_attach=False,
        authentication=Authentication.ALWAYS,
    ),
    Card("pm_card_pendingRefund", "4000000000007726", refund=RefundOutcome.PENDING_FIRST),
    Card("pm_card_refundFail", "4000000000005126", refund=RefundOutcome.FAILS_LATER),
    Card("pm_card_createDispute", "4000000000000259", disputed=True),
    Card("pm_card_riskLevelElevated", "4000000000009235", risk="elevated"),
)
_SHORT = {
    "pm_card_chargeDeclined": "pm_card_visa_chargeDeclined",
    "pm_card_chargeDeclinedInsufficientFunds": "pm_card_visa_chargeDeclinedInsufficientFunds",
    "pm_card_threeDSecureRequired": "pm_card_threeDSecure2Required",
}

_LONG = {card.token: card for card in _ALL}

BY_TOKEN = _LONG | {short: _LONG[token] for short, token in _SHORT.items()}
BY_NUMBER = {card.number: card for card in _ALL}


def by_card_token(token: str) -> Card | None:
    """The card behind `tok_visa` and its like, which name the same cards."""
    return BY_TOKEN.get("pm_card_" + token.removeprefix("tok_"))
