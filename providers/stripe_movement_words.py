"""Stripe's words for what moves money in an account, and the domain's.

Sources: Stripe, "Balance transaction types", "Reporting categories", "The Payout object".
"""

from domain.movements import MovementKind, PayoutStatus

_K = MovementKind

TYPES: dict[str, MovementKind] = {
    "charge": _K.CAPTURE,
    "payment": _K.CAPTURE,
    "refund": _K.REFUND,
    "payment_refund": _K.REFUND,
    "payment_failure_refund": _K.REFUND,
    "payment_reversal": _K.REFUND,
    "refund_failure": _K.REFUND_RETURNED,
    "adjustment": _K.OTHER,
    "stripe_fee": _K.FEE,
    "stripe_fx_fee": _K.FEE,
    "tax_fee": _K.FEE,
    "application_fee": _K.FEE,
    "application_fee_refund": _K.FEE,
    "payout": _K.PAYOUT,
    "payout_cancel": _K.PAYOUT_RETURNED,
    "payout_failure": _K.PAYOUT_RETURNED,
    "advance": _K.OTHER,
    "advance_funding": _K.OTHER,
    "anticipation_repayment": _K.OTHER,
    "climate_order_purchase": _K.OTHER,
    "climate_order_refund": _K.OTHER,
    "connect_collection_transfer": _K.OTHER,
    "contribution": _K.OTHER,
    "fee_credit_funding": _K.OTHER,
    "inbound_transfer": _K.OTHER,
    "inbound_transfer_reversal": _K.OTHER,
    "issuing_authorization_hold": _K.OTHER,
    "issuing_authorization_release": _K.OTHER,
    "issuing_dispute": _K.OTHER,
    "issuing_dispute_provisional_credit": _K.OTHER,
    "issuing_dispute_provisional_credit_reversal": _K.OTHER,
    "issuing_transaction": _K.OTHER,
    "obligation_outbound": _K.OTHER,
    "obligation_reversal_inbound": _K.OTHER,
    "payment_network_reserve_hold": _K.OTHER,
    "payment_network_reserve_release": _K.OTHER,
    "payment_unreconciled": _K.OTHER,
    "payout_minimum_balance_hold": _K.OTHER,
    "payout_minimum_balance_release": _K.OTHER,
    "reserve_hold": _K.OTHER,
    "reserve_release": _K.OTHER,
    "reserve_transaction": _K.OTHER,
    "reserved_funds": _K.OTHER,
    "stripe_balance_payment_debit": _K.OTHER,
    "stripe_balance_payment_debit_reversal": _K.OTHER,
    "tax_fund": _K.OTHER,
    "topup": _K.OTHER,
    "topup_reversal": _K.OTHER,
    "transfer": _K.OTHER,
    "transfer_cancel": _K.OTHER,
    "transfer_failure": _K.OTHER,
    "transfer_refund": _K.OTHER,
}
"""Every type that the SDK knows. A new one counts as OTHER, and moves the balance all the same."""

_ADJUSTMENTS = {
    "dispute": _K.DISPUTE,
    "dispute_reversal": _K.DISPUTE,
    "fee": _K.FEE,
    "refund_failure": _K.REFUND_RETURNED,
}
"""An adjustment may be any of these; its reporting category says which."""

STATUSES: dict[str, PayoutStatus] = {
    "pending": PayoutStatus.PENDING,
    "in_transit": PayoutStatus.IN_TRANSIT,
    "paid": PayoutStatus.PAID,
    "failed": PayoutStatus.FAILED,
    "canceled": PayoutStatus.CANCELED,
}


def kind_of(word: str, category: str) -> MovementKind:
    """What a movement of this type and reporting category is."""
    if word == "adjustment":
        return _ADJUSTMENTS.get(category, _K.OTHER)
    return TYPES.get(word, _K.OTHER)
