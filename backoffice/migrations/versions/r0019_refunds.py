"""Refunds by staff, their parts at the provider, what credit notes say by rate, and the words."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from backoffice.migrations.allowing import allow, forbid

revision = "r0019"
down_revision = "r0018"
branch_labels = None
depends_on = None

_JSON = postgresql.JSONB(astext_type=sa.Text())
_KNOWN = (
    ("payment_events", "kind", "refund_failed"),
    ("cases", "kind", "refund_failed"),
    ("mails", "kind", "refunded"),
    ("credit_notes", "reason", "refunded"),
)


def upgrade() -> None:
    for name, column, value in _KNOWN:
        allow(name, column, value)
    op.add_column("transitions", sa.Column("refund", _JSON, nullable=True))
    op.add_column("credit_notes", sa.Column("by_rate", _JSON, nullable=True))
    op.create_table(
        "refunds",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("lines", _JSON, nullable=False),
        sa.Column("shipping", sa.Boolean(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_refunds_number_from_one")),
        sa.CheckConstraint("amount > 0", name=op.f("ck_refunds_amount_above_zero")),
        sa.CheckConstraint(
            "kind IN ('goodwill', 'lines', 'shipping', 'rest')", name=op.f("ck_refunds_kind_known")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_refunds_order_id")),
        sa.PrimaryKeyConstraint("order_id", "number", name=op.f("pk_refunds")),
        sa.UniqueConstraint("order_id", "key", name=op.f("uq_refunds_order_id_key")),
    )
    _parts()


def _parts() -> None:
    op.create_table(
        "refund_parts",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("shipment", sa.Text(), nullable=False),
        sa.Column("payment", sa.Text(), nullable=False),
        sa.Column("asked", sa.BigInteger(), nullable=False),
        sa.Column("portions", _JSON, nullable=False),
        sa.Column("earlier", _JSON, nullable=False),
        sa.Column("shipping", sa.Boolean(), nullable=False),
        sa.Column("last", sa.Boolean(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("asked > 0", name=op.f("ck_refund_parts_asked_above_zero")),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_refund_parts_amount_not_negative")),
        sa.CheckConstraint(
            "status IN ('asked', 'pending', 'succeeded', 'failed', 'by_hand')",
            name=op.f("ck_refund_parts_status_known"),
        ),
        sa.ForeignKeyConstraint(
            ["order_id", "number"],
            ["refunds.order_id", "refunds.number"],
            name="fk_refund_parts_refund",
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_refund_parts")),
    )
    op.create_index("ix_refund_parts_order_id", "refund_parts", ["order_id"])
    op.create_index("ix_refund_parts_reference", "refund_parts", ["reference"])


def downgrade() -> None:
    """What was given back stays in the money log; who wanted it, and what for, is forgotten.

    A failed refund is taken off what was given back, and a word about one is no change of status.
    """
    op.execute(
        "DELETE FROM payment_events AS given USING payment_events AS failed "
        "WHERE failed.kind = 'refund_failed' AND failed.key = given.key || chr(58) || 'failed'"
    )
    op.execute("DELETE FROM payment_events WHERE kind = 'refund_failed'")
    op.execute("UPDATE cases SET kind = 'refused_by_provider' WHERE kind = 'refund_failed'")
    op.execute("DELETE FROM mails WHERE kind = 'refunded'")
    op.execute("UPDATE credit_notes SET reason = 'cancelled' WHERE reason = 'refunded'")
    for name, column, value in _KNOWN:
        forbid(name, column, value)
    op.drop_table("refund_parts")
    op.drop_table("refunds")
    op.drop_column("credit_notes", "by_rate")
    op.drop_column("transitions", "refund")
