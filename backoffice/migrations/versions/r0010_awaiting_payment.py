"""Orders that wait for their money, the mail that asks for it, and holds that end too soon."""

import sqlalchemy as sa
from alembic import op

revision = "r0010"
down_revision = "r0009"
branch_labels = None
depends_on = None

_STATUSES = (
    "'accepted', 'reserved', {waiting}'payment_secured', 'in_fulfilment', 'picked', "
    "'ready_to_pack', 'packed', 'captured', 'released', 'shipped', 'delivered', 'not_delivered', "
    "'completed', 'declined', 'out_of_stock', 'cancelling', 'recalling', 'cancelled'"
)
_MAILS = (
    "'confirmation', {asking}'declined', 'out_of_stock', 'shipped', 'cancelled', 'restock', "
    "'review'"
)
_KINDS = (
    "'pick_overdue', 'pack_overdue', 'hand_over_overdue', 'delivery_overdue', 'not_delivered', "
    "'warehouse_rejected', 'message_refused', 'beyond_booking', 'no_rate', 'label_failed', "
    "{ending}'capture_failed', 'gone_unreleased', 'intercept', 'stuck', 'refused_by_provider', "
    "'not_started', 'orphan', 'undeliverable_callback', 'lost', 'dead', 'wedged', 'idle', 'reset', "
    "'stray_money', 'money_differs', 'stray_label'"
)


def upgrade() -> None:
    _replace("'awaiting_payment', ", "'payment_needed', ", "'authorization_ends', ")


def downgrade() -> None:
    """An order that waits for its money counts as reserved again; its mails are forgotten, and an
    authorization that ends is a capture that failed."""
    op.execute("UPDATE cases SET kind = 'capture_failed' WHERE kind = 'authorization_ends'")
    op.execute("DELETE FROM mails WHERE kind = 'payment_needed'")
    op.execute("UPDATE orders SET status = 'reserved' WHERE status = 'awaiting_payment'")
    op.execute("UPDATE transitions SET status = 'reserved' WHERE status = 'awaiting_payment'")
    _replace("", "", "")


def _replace(waiting: str, asking: str, ending: str) -> None:
    for table in ("orders", "transitions"):
        _constrain(table, "status", _STATUSES.format(waiting=waiting))
    _constrain("cases", "kind", _KINDS.format(ending=ending))
    _constrain("mails", "kind", _MAILS.format(asking=asking))


def _constrain(table: str, column: str, allowed: str) -> None:
    name = op.f(f"ck_{table}_{column}_known")
    op.drop_constraint(name, table, type_="check")
    op.create_check_constraint(name, table, sa.text(f"{column} IN ({allowed})"))
