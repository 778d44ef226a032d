"""What reconciliation remembers, and the kinds of its cases."""

import sqlalchemy as sa
from alembic import op

revision = "r0006"
down_revision = "r0005"
branch_labels = None
depends_on = None

_BEFORE = (
    "kind IN ('pick_overdue', 'pack_overdue', 'hand_over_overdue', 'delivery_overdue', "
    "'not_delivered', 'warehouse_rejected', 'message_refused', 'beyond_booking', 'no_rate', "
    "'label_failed', 'capture_failed', 'gone_unreleased', 'intercept', 'stuck', "
    "'refused_by_provider', 'not_started', 'orphan', 'undeliverable_callback')"
)
_AFTER = (
    "kind IN ('pick_overdue', 'pack_overdue', 'hand_over_overdue', 'delivery_overdue', "
    "'not_delivered', 'warehouse_rejected', 'message_refused', 'beyond_booking', 'no_rate', "
    "'label_failed', 'capture_failed', 'gone_unreleased', 'intercept', 'stuck', "
    "'refused_by_provider', 'not_started', 'orphan', 'undeliverable_callback', 'lost', 'dead', "
    "'wedged', 'idle', 'reset', 'stray_money', 'money_differs', 'stray_label')"
)


def upgrade() -> None:
    op.create_table(
        "engine_checks",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("timer_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_engine_checks_order_id")
        ),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_engine_checks")),
    )
    op.create_index("ix_engine_checks_checked_at", "engine_checks", ["checked_at"])
    op.create_table(
        "reviews",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("done_to", sa.DateTime(timezone=True), nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_reviews")),
    )
    op.create_table(
        "suspicions",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("first_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suspicions")),
    )
    _kinds(_AFTER)


def downgrade() -> None:
    op.execute(
        "DELETE FROM cases WHERE kind IN ('lost', 'dead', 'wedged', 'idle', 'reset', "
        "'stray_money', 'money_differs', 'stray_label')"
    )
    _kinds(_BEFORE)
    op.drop_table("suspicions")
    op.drop_table("reviews")
    op.drop_table("engine_checks")


def _kinds(rule: str) -> None:
    op.drop_constraint(op.f("ck_cases_kind_known"), "cases", type_="check")
    op.create_check_constraint(op.f("ck_cases_kind_known"), "cases", rule)
