"""Something else in place of missing pieces: what may stand in, what was offered and answered."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from backoffice.migrations.allowing import allow, forbid

revision = "r0021"
down_revision = "r0020"
branch_labels = None
depends_on = None

_KNOWN = (
    ("cases", "kind", ("substitution",)),
    ("case_answers", "answer", ("refuse",)),
    ("mails", "kind", ("substitution",)),
    ("transitions", "news", ("substitution_offered", "substitution_answered")),
)


def upgrade() -> None:
    op.create_table(
        "substitutions",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("offer", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state IN ('offered', 'accepted', 'refused', 'unanswered', 'withdrawn')",
            name=op.f("ck_substitutions_state_known"),
        ),
        sa.CheckConstraint(
            "answered_by IN ('customer', 'shop', 'staff', 'checkout', 'nobody')",
            name=op.f("ck_substitutions_answered_by_known"),
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_substitutions_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_substitutions")),
        sa.UniqueConstraint("token", name=op.f("uq_substitutions_token")),
    )
    op.create_index("ix_substitutions_order_id", "substitutions", ["order_id"])
    op.add_column(
        "products",
        sa.Column(
            "substitutes",
            postgresql.ARRAY(sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
    )
    op.add_column(
        "products",
        sa.Column(
            "prices",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
    )
    for table, column, values in _KNOWN:
        allow(table, column, *values)


def downgrade() -> None:
    """What was offered is forgotten; a question about it is one about missing pieces."""
    op.execute("DELETE FROM mails WHERE kind = 'substitution'")
    op.execute("UPDATE cases SET kind = 'short_pick' WHERE kind = 'substitution'")
    op.execute("UPDATE case_answers SET answer = 'close' WHERE answer = 'refuse'")
    op.execute("UPDATE cases SET answers = array_replace(answers, 'refuse', 'close')")
    op.execute("UPDATE transitions SET news = NULL WHERE news LIKE 'substitution_%'")
    for table, column, values in _KNOWN:
        forbid(table, column, *values)
    op.drop_column("products", "prices")
    op.drop_column("products", "substitutes")
    op.drop_index("ix_substitutions_order_id", "substitutions")
    op.drop_table("substitutions")
