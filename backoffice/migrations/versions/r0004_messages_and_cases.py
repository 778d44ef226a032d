"""Inbox, callbacks, mails and cases; who waits for a message is woken up."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "r0004"
down_revision = "r0003"
branch_labels = None
depends_on = None

WAKE_UP = """
CREATE FUNCTION wake_up_{name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('{name}', '');
    RETURN NULL;
END $$;
CREATE TRIGGER wake_up AFTER INSERT ON {name} FOR EACH ROW EXECUTE FUNCTION wake_up_{name}();
"""


def upgrade() -> None:
    op.create_table(
        "case_answers",
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "answer IN ('retry', 'accept', 'cancel', 'close')",
            name=op.f("ck_case_answers_answer_known"),
        ),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_case_answers")),
    )
    op.create_table(
        "inbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=True),
        sa.Column("payload", JSONB(), nullable=False),
        sa.Column("signal", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "due_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column(
            "received_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'delivered', 'given_up', 'kept')",
            name=op.f("ck_inbox_state_known"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox")),
        sa.UniqueConstraint("source", "event_id", name=op.f("uq_inbox_source_event_id")),
    )
    op.create_index(
        "ix_inbox_due", "inbox", ["due_at", "id"], postgresql_where=sa.text("state = 'waiting'")
    )
    op.create_index("ix_inbox_order_id", "inbox", ["order_id"])
    op.create_index(
        "ix_inbox_waiting",
        "inbox",
        ["order_id", "id"],
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "cases",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("shop", sa.Text(), nullable=True),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("shipment", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answers", ARRAY(sa.Text()), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind IN ('pick_overdue', 'pack_overdue', 'hand_over_overdue', "
            "'delivery_overdue', 'not_delivered', 'warehouse_rejected', 'message_refused', "
            "'beyond_booking', 'no_rate', 'label_failed', 'capture_failed', "
            "'gone_unreleased', 'intercept', 'stuck', 'refused_by_provider', 'not_started',"
            " 'orphan', 'undeliverable_callback')",
            name=op.f("ck_cases_kind_known"),
        ),
        sa.ForeignKeyConstraint(["shop"], ["shops.id"], name=op.f("fk_cases_shop")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
    )
    op.create_index(
        "ix_cases_open",
        "cases",
        ["shop", "opened_at"],
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_index("ix_cases_order_id", "cases", ["order_id"])
    op.create_table(
        "mails",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sends", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('confirmation', 'declined', 'out_of_stock', 'shipped', 'cancelled', "
            "'restock', 'review')",
            name=op.f("ck_mails_kind_known"),
        ),
        sa.CheckConstraint(
            "state IN ('sending', 'ambiguous', 'sent', 'processed', 'delivered', 'bounced')",
            name=op.f("ck_mails_state_known"),
        ),
        sa.CheckConstraint("sends >= 0", name=op.f("ck_mails_sends_not_negative")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_mails_order_id")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_mails")),
    )
    op.create_index(op.f("ix_mails_order_id"), "mails", ["order_id"])
    op.create_table(
        "callbacks",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("shop", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("transition", sa.Integer(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("payload", JSONB(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "due_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_callbacks_attempts_not_negative")),
        sa.ForeignKeyConstraint(
            ["order_id", "transition"],
            ["transitions.order_id", "transitions.number"],
            name="fk_callbacks_transition",
        ),
        sa.ForeignKeyConstraint(["shop"], ["shops.id"], name=op.f("fk_callbacks_shop")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_callbacks")),
        sa.UniqueConstraint("order_id", "number", name=op.f("uq_callbacks_order_id_number")),
        sa.UniqueConstraint(
            "order_id", "transition", name=op.f("uq_callbacks_order_id_transition")
        ),
        sa.UniqueConstraint("position", name=op.f("uq_callbacks_position")),
    )
    op.create_index(
        "ix_callbacks_due",
        "callbacks",
        ["due_at"],
        postgresql_where=sa.text("delivered_at IS NULL"),
    )
    op.create_index("ix_callbacks_feed", "callbacks", ["shop", "position"])
    op.create_index(
        "ix_callbacks_unplaced", "callbacks", ["id"], postgresql_where=sa.text("position IS NULL")
    )

    op.execute("CREATE SEQUENCE callback_positions AS bigint")
    for name in ("inbox", "callbacks"):
        op.execute(WAKE_UP.format(name=name))


def downgrade() -> None:

    for name in ("inbox", "callbacks"):
        op.execute(f"DROP TRIGGER wake_up ON {name}")
        op.execute(f"DROP FUNCTION wake_up_{name}()")
    op.execute("DROP SEQUENCE callback_positions")

    op.drop_table("case_answers")
    op.drop_table("cases")
    op.drop_table("mails")
    op.drop_table("callbacks")
    op.drop_table("inbox")
