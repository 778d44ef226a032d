"""What customers are promised: by when, what they were told later, and whether it was kept."""

import sqlalchemy as sa
from alembic import op

from backoffice.migrations.allowing import allow, forbid

revision = "r0018"
down_revision = "r0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("orders", sa.Column("promised_by", sa.DateTime(timezone=True), nullable=True))
    op.add_column("step_facts", sa.Column("late", sa.Boolean(), nullable=True))
    op.create_table(
        "delivery_promises",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("shipment", sa.Text(), nullable=True),
        sa.Column("by", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "reason IN ('goods', 'courier')", name=op.f("ck_delivery_promises_reason_known")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_delivery_promises_order_id")
        ),
        sa.PrimaryKeyConstraint("order_id", "number", name=op.f("pk_delivery_promises")),
    )
    allow("mails", "kind", "delivery_later")


def downgrade() -> None:
    """Nobody knows any more what was promised."""
    op.execute("DELETE FROM mails WHERE kind = 'delivery_later'")
    forbid("mails", "kind", "delivery_later")
    op.drop_table("delivery_promises")
    op.drop_column("step_facts", "late")
    op.drop_column("orders", "promised_by")
