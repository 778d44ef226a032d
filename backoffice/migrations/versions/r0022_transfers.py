"""Bank transfers: what came to the account, and what became of it."""

import sqlalchemy as sa
from alembic import op

revision = "r0022"
down_revision = "r0021"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "bookings",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("seen_at", _MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "state IN ('new', 'open', 'stray', 'returning', 'done')",
            name=op.f("ck_bookings_state_known"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bookings")),
        sa.UniqueConstraint("position", name=op.f("uq_bookings_position")),
    )
    op.create_index(
        "ix_bookings_to_do", "bookings", ["position"], postgresql_where=sa.text("state <> 'done'")
    )
    op.create_index("ix_bookings_order_id", "bookings", ["order_id"])


def downgrade() -> None:
    """Orders by transfer are left to a person: the earlier build knows no such terms."""
    op.drop_table("bookings")
