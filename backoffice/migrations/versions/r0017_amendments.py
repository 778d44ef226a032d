"""Orders that are amended: what they were and are, the news about it, the mail."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from backoffice.migrations.allowing import allow, forbid

revision = "r0017"
down_revision = "r0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "amendments",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("refused", sa.Text(), nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_amendments_number_from_one")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_amendments_order_id")),
        sa.PrimaryKeyConstraint("order_id", "number", name=op.f("pk_amendments")),
    )
    op.add_column("transitions", sa.Column("news", sa.Text(), nullable=True))
    op.create_check_constraint(
        op.f("ck_transitions_news_known"),
        "transitions",
        sa.text("news IN ('amended', 'amendment_refused')"),
    )
    allow("mails", "kind", "amended")


def downgrade() -> None:
    """Orders keep their newest contents; what they were before is forgotten."""
    op.execute("DELETE FROM mails WHERE kind = 'amended'")
    forbid("mails", "kind", "amended")
    op.drop_column("transitions", "news")
    op.drop_table("amendments")
