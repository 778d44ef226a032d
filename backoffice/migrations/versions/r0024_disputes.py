"""Disputes: one row each, what happened to it, its case; and callbacks that tell of it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from backoffice.migrations.allowing import allow, forbid

revision = "r0024"
down_revision = "r0023"
branch_labels = None
depends_on = None

_JSON = postgresql.JSONB(astext_type=sa.Text())
_MOMENT = sa.DateTime(timezone=True)
_NOW = sa.text("now()")
_STATES = (
    "'unseen', 'inquiry', 'inquiry_under_review', 'inquiry_closed', 'needs_response', "
    "'under_review', 'won', 'lost', 'prevented', 'appeal_needs_response', 'appeal_under_review'"
)
_KNOWN = (("cases", "kind", "dispute"), ("case_answers", "answer", "submit"))


def upgrade() -> None:
    _disputes()
    _events()
    op.alter_column("callbacks", "transition", existing_type=sa.Integer(), nullable=True)
    for table, column, value in _KNOWN:
        allow(table, column, value)


def downgrade() -> None:
    """Disputes are left to a person. What shops were told of them keeps its number, as news of the
    order that changed nothing."""
    op.execute("UPDATE cases SET kind = 'refused_by_provider' WHERE kind = 'dispute'")
    op.execute("UPDATE cases SET answers = array_replace(answers, 'submit', 'close')")
    op.execute("UPDATE case_answers SET answer = 'close' WHERE answer = 'submit'")
    op.execute(
        "INSERT INTO transitions (order_id, number, status, step, at, detail, news) "
        "SELECT order_id, 1000000000 + number, payload->>'status', 16, created_at, "
        "'a dispute', 'amended' FROM callbacks WHERE transition IS NULL"
    )
    op.execute("UPDATE callbacks SET transition = 1000000000 + number WHERE transition IS NULL")
    op.alter_column("callbacks", "transition", existing_type=sa.Integer(), nullable=False)
    for table, column, value in _KNOWN:
        forbid(table, column, value)
    op.drop_table("dispute_events")
    op.drop_table("disputes")


def _disputes() -> None:
    op.create_table(
        "disputes",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("shop", sa.Text(), nullable=False),
        sa.Column("payment", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("opened_at", _MOMENT, nullable=True),
        sa.Column("due_by", _MOMENT, nullable=True),
        sa.Column("answer_by", _MOMENT, nullable=True),
        sa.Column("submissions", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("evidence", _JSON, nullable=True),
        sa.Column("uploads", _JSON, nullable=False),
        sa.Column("pack", sa.LargeBinary(), nullable=True),
        sa.Column("refused", sa.Text(), nullable=False),
        sa.Column("due_at", _MOMENT, nullable=True),
        sa.Column("leased_until", _MOMENT, nullable=True),
        sa.Column("rung", sa.Boolean(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("heard_at", _MOMENT, server_default=_NOW, nullable=False),
        sa.CheckConstraint(f"state IN ({_STATES})", name=op.f("ck_disputes_state_known")),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_disputes_amount_not_negative")),
        sa.CheckConstraint("submissions >= 0", name=op.f("ck_disputes_submissions_not_negative")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_disputes_order_id")),
        sa.ForeignKeyConstraint(["shop"], ["shops.id"], name=op.f("fk_disputes_shop")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disputes")),
    )
    due = sa.text("due_at IS NOT NULL")
    op.create_index("ix_disputes_due", "disputes", ["due_at"], postgresql_where=due)
    op.create_index("ix_disputes_order_id", "disputes", ["order_id"])


def _events() -> None:
    op.create_table(
        "dispute_events",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("dispute", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("fee", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("at", _MOMENT, server_default=_NOW, nullable=False),
        sa.CheckConstraint(
            "kind IN ('state', 'moved', 'submitted', 'refused', 'ignored')",
            name=op.f("ck_dispute_events_kind_known"),
        ),
        sa.ForeignKeyConstraint(
            ["dispute"], ["disputes.id"], name=op.f("fk_dispute_events_dispute")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute_events")),
        sa.UniqueConstraint("dispute", "key", name=op.f("uq_dispute_events_dispute_key")),
    )
    op.create_index("ix_dispute_events_order_id", "dispute_events", ["order_id"])
