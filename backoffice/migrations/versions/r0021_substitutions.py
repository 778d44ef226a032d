"""Something else in place of missing pieces: what may stand in, what was offered and answered."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "r0021"
down_revision = "r0020"
branch_labels = None
depends_on = None

_KINDS = (
    "'backorder_ends', 'review', 'pick_overdue', 'short_pick', {asked}'pack_overdue', "
    "'hand_over_overdue', 'delivery_overdue', 'not_delivered', 'warehouse_rejected', "
    "'message_refused', 'beyond_booking', 'no_rate', 'label_failed', 'labelled_anew', "
    "'label_costs_more', 'authorization_ends', 'capture_failed', 'channel_owes', "
    "'gone_unreleased', 'intercept', 'stuck', 'refused_by_provider', 'not_started', 'orphan', "
    "'undeliverable_callback', 'lost', 'dead', 'wedged', 'idle', 'reset', 'stray_money', "
    "'money_differs', 'stray_label'"
)
_ANSWERS = (
    "'retry', 'accept', 'cancel', 'close', 'still_here', 'ship', 'drop_line', 'wait', "
    "'release', 'reject'{refused}"
)
_MAILS = (
    "'confirmation', {offered}'backordered', 'payment_needed', 'declined', 'out_of_stock', "
    "'address_changed', 'amended', 'shipped', 'cancelled', 'part_cancelled', 'restock', 'review'"
)

_NEWS = "'amended', 'amendment_refused'"


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
    _replace("'substitution', ", ", 'refuse'", "'substitution', ")
    _constrain("transitions", "news", _NEWS + ", 'substitution_offered', 'substitution_answered'")


def downgrade() -> None:
    """What was offered is forgotten; a question about it is one about missing pieces."""
    op.execute("DELETE FROM mails WHERE kind = 'substitution'")
    op.execute("UPDATE cases SET kind = 'short_pick' WHERE kind = 'substitution'")
    op.execute("UPDATE case_answers SET answer = 'close' WHERE answer = 'refuse'")
    op.execute("UPDATE cases SET answers = array_replace(answers, 'refuse', 'close')")
    _replace("", "", "")
    op.execute("UPDATE transitions SET news = NULL WHERE news LIKE 'substitution_%'")
    _constrain("transitions", "news", _NEWS)
    op.drop_column("products", "prices")
    op.drop_column("products", "substitutes")
    op.drop_index("ix_substitutions_order_id", "substitutions")
    op.drop_table("substitutions")


def _replace(asked: str, refused: str, offered: str) -> None:
    _constrain("cases", "kind", _KINDS.format(asked=asked))
    _constrain("case_answers", "answer", _ANSWERS.format(refused=refused))
    _constrain("mails", "kind", _MAILS.format(offered=offered))


def _constrain(table: str, column: str, allowed: str) -> None:
    name = op.f(f"ck_{table}_{column}_known")
    op.drop_constraint(name, table, type_="check")
    op.create_check_constraint(name, table, sa.text(f"{column} IN ({allowed})"))
