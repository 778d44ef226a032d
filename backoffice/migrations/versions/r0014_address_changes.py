"""Parcels that are sent elsewhere: changed addresses, labels bought anew, the mail about it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "r0014"
down_revision = "r0013"
branch_labels = None
depends_on = None

_MAILS = (
    "'confirmation', 'backordered', 'payment_needed', 'declined', 'out_of_stock', "
    "{moved}'shipped', 'cancelled', 'restock', 'review'"
)
_KINDS = (
    "'backorder_ends', 'review', 'pick_overdue', 'short_pick', 'pack_overdue', "
    "'hand_over_overdue', 'delivery_overdue', 'not_delivered', 'warehouse_rejected', "
    "'message_refused', 'beyond_booking', 'no_rate', 'label_failed', "
    "{labels}'authorization_ends', 'capture_failed', 'channel_owes', 'gone_unreleased', "
    "'intercept', 'stuck', 'refused_by_provider', 'not_started', 'orphan', "
    "'undeliverable_callback', 'lost', 'dead', 'wedged', 'idle', 'reset', 'stray_money', "
    "'money_differs', 'stray_label'"
)


def upgrade() -> None:
    op.create_table(
        "address_changes",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("address", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_address_changes_order_id")
        ),
        sa.PrimaryKeyConstraint("order_id", "number", name=op.f("pk_address_changes")),
    )
    _replace("'address_changed', ", "'labelled_anew', 'label_costs_more', ")


def downgrade() -> None:
    """Orders keep the newest address; what it was before is forgotten."""
    op.execute(
        "UPDATE cases SET kind = 'label_failed' WHERE kind IN ('labelled_anew', 'label_costs_more')"
    )
    op.execute("DELETE FROM mails WHERE kind = 'address_changed'")
    _replace("", "")
    op.drop_table("address_changes")


def _replace(moved: str, labels: str) -> None:
    _constrain("cases", "kind", _KINDS.format(labels=labels))
    _constrain("mails", "kind", _MAILS.format(moved=moved))


def _constrain(table: str, column: str, allowed: str) -> None:
    name = op.f(f"ck_{table}_{column}_known")
    op.drop_constraint(name, table, type_="check")
    op.create_check_constraint(name, table, sa.text(f"{column} IN ({allowed})"))
