"""Whatever can go wrong at an operation that we use is tried out somewhere here."""

from sandbox.client import SandboxClient
from tests.providers.attempts import GENERAL

OPERATIONS = {
    "stripe": {
        "create_customer", "authorize", "retrieve_intent", "update_intent", "list_intents",
        "list_customers", "create_intent", "capture", "cancel", "refund", "list_refunds",
        "retrieve_dispute", "list_disputes", "update_dispute", "close_dispute", "create_file",
        "list_balance_transactions", "list_payouts", "retrieve_balance",
    },
    "shippo": {
        "create_shipment", "create_transaction", "list_transactions", "get_transaction",
        "create_refund", "list_refunds", "get_track", "label",
    },
    "sendgrid": {"send"},
    "wms": {"handoff", "amendment", "cancel", "release", "recall", "look_up"},
    "bank": {"account", "bookings", "booking", "transfers", "transfer"},
}  # fmt: skip
"""What the adapters call, by the sandbox's names."""

OWN_KINDS = {
    "stripe": {
        "key_in_use", "stored_error", "decline", "insufficient_funds", "three_d_secure",
        "expired", "pending", "fail",
    },
    "shippo": {
        "label_error", "label_queued", "label_stuck", "rate_expired", "refund_error",
        "refund_stuck",
    },
    "sendgrid": {"bounce", "drop", "defer"},
    "wms": {"reject", "silent", "refuse"},
    "bank": {"refuse"},
}  # fmt: skip
"""What only one vendor knows. Of those that change what a bank or a mailbox says the sandbox's
test cards and addresses are used as well."""


def test_every_kind_of_fault_of_every_operation_is_one_that_is_tried(
    sandbox: SandboxClient,
) -> None:
    general = {trouble.kind for trouble in GENERAL}
    seen = {provider: set[str]() for provider in OPERATIONS}
    for entry in sandbox.operations():
        if entry["operation"] in OPERATIONS.get(entry["provider"], set()):
            assert general <= set(entry["kinds"])
            seen[entry["provider"]] |= set(entry["kinds"]) - general
    assert seen == OWN_KINDS
