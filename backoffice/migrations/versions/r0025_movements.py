"""What moved at the providers, their payouts, how far both were read; invoices by tax rate."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "r0025"
down_revision = "r0024"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "provider_movements",
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("available_at", _MOMENT, nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("fee", sa.BigInteger(), nullable=False),
        sa.Column("presented_currency", sa.Text(), nullable=False),
        sa.Column("presented", sa.BigInteger(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("payment", sa.Text(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("payout", sa.Text(), nullable=True),
        sa.Column("read_at", _MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "kind IN ('capture', 'refund', 'refund_returned', 'dispute', 'fee', 'received', "
            "'sent_back', 'other', 'payout', 'payout_returned')",
            name=op.f("ck_provider_movements_kind_known"),
        ),
        sa.PrimaryKeyConstraint("provider", "id", name=op.f("pk_provider_movements")),
    )
    for column in ("at", "payment", "subject", "payout"):
        op.create_index(f"ix_provider_movements_{column}", "provider_movements", [column])
    _payouts()
    _reading()
    rates = postgresql.JSONB(none_as_null=True, astext_type=sa.Text())
    op.add_column("invoices", sa.Column("by_rate", rates, nullable=True))


def _payouts() -> None:
    op.create_table(
        "payouts",
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("arrives_on", sa.Date(), nullable=False),
        sa.Column("automatic", sa.Boolean(), nullable=False),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("read_at", _MOMENT, nullable=True),
        sa.CheckConstraint(
            "status IN ('pending', 'in_transit', 'paid', 'failed', 'canceled')",
            name=op.f("ck_payouts_status_known"),
        ),
        sa.PrimaryKeyConstraint("provider", "id", name=op.f("pk_payouts")),
    )
    op.create_index("ix_payouts_created_at", "payouts", ["created_at"])


def _reading() -> None:
    op.create_table(
        "readings",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("newest", sa.Text(), server_default="", nullable=False),
        sa.Column("oldest", sa.Text(), server_default="", nullable=False),
        sa.Column("complete", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("read_to", _MOMENT, nullable=True),
        sa.Column("due_at", _MOMENT, nullable=False),
        sa.Column("leased_until", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_readings")),
    )
    op.create_table(
        "provider_balances",
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("movements", sa.BigInteger(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("provider", "currency", name=op.f("pk_provider_balances")),
    )


def downgrade() -> None:
    """All of it can be read from the providers again."""
    op.drop_column("invoices", "by_rate")
    for name in ("provider_balances", "readings", "payouts", "provider_movements"):
        op.drop_table(name)
