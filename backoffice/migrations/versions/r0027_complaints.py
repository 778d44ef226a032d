"""Complaints, what is offered for them, the customer's page, and what couriers tell besides."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from backoffice.migrations.allowing import allow, forbid

revision = "r0027"
down_revision = "r0025"
branch_labels = None
depends_on = None

_JSON = postgresql.JSONB(astext_type=sa.Text())
_COURIER = ("out_for_delivery", "attempt_failed", "available_for_pickup", "damaged", "lost")
_MAILS = ("delivery_late", "complaint", "solution", "complaint_declined")
_NEWS = ("complained", "solution_offered", "complaint_solved", "complaint_declined")
_KNOWN = (
    ("cases", "kind", ("complaint",)),
    ("case_answers", "answer", ("refund",)),
    ("mails", "kind", _MAILS),
    ("transitions", "news", _NEWS),
    ("labels", "courier_status", _COURIER),
    ("courier_events", "status", _COURIER),
)


def upgrade() -> None:
    for table, column, values in _KNOWN:
        allow(table, column, *values)
    op.add_column(
        "orders",
        sa.Column(
            "page",
            sa.Text(),
            server_default=sa.text("replace((gen_random_uuid())::text, '-'::text, ''::text)"),
            nullable=False,
        ),
    )
    op.create_index("ix_orders_page", "orders", ["page"], unique=True)
    op.create_table(
        "complaints",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("lines", _JSON, nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "reason IN ('damaged', 'missing', 'wrong_item', 'not_as_described', 'not_arrived', "
            "'came_back', 'other')",
            name=op.f("ck_complaints_reason_known"),
        ),
        sa.CheckConstraint(
            "by IN ('customer', 'shop', 'staff', 'courier')", name=op.f("ck_complaints_by_known")
        ),
        sa.CheckConstraint("number > 0", name=op.f("ck_complaints_number_from_one")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_complaints_order_id")),
        sa.PrimaryKeyConstraint("order_id", "number", name=op.f("pk_complaints")),
        sa.UniqueConstraint("order_id", "key", name=op.f("uq_complaints_order_id_key")),
    )
    _words()


def _words() -> None:
    op.create_table(
        "complaint_words",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("complaint", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("solution", _JSON, nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('open', 'offered', 'accepted', 'solved', 'declined')",
            name=op.f("ck_complaint_words_state_known"),
        ),
        sa.CheckConstraint("number > 0", name=op.f("ck_complaint_words_number_from_one")),
        sa.ForeignKeyConstraint(
            ["order_id", "complaint"],
            ["complaints.order_id", "complaints.number"],
            name="fk_complaint_words_complaint",
        ),
        sa.PrimaryKeyConstraint("order_id", "complaint", "number", name=op.f("pk_complaint_words")),
    )


def downgrade() -> None:
    """What was given back stays on record as refunds; why, and who complained, is forgotten."""
    op.drop_table("complaint_words")
    op.drop_table("complaints")
    op.drop_index("ix_orders_page", "orders")
    op.drop_column("orders", "page")
    op.execute("UPDATE case_answers SET answer = 'close' WHERE answer = 'refund'")
    op.execute("UPDATE cases SET answers = array_remove(answers, 'refund')")
    op.execute("UPDATE cases SET kind = 'refused_by_provider' WHERE kind = 'complaint'")
    op.execute(
        "DELETE FROM mails WHERE kind IN ('delivery_late', 'complaint', 'solution', "
        "'complaint_declined')"
    )
    op.execute(
        "UPDATE transitions SET news = NULL WHERE news IN ('complained', 'solution_offered', "
        "'complaint_solved', 'complaint_declined')"
    )
    op.execute(
        "UPDATE labels SET courier_status = 'failure' WHERE courier_status IN ('damaged', 'lost')"
    )
    op.execute(
        "UPDATE labels SET courier_status = 'transit' WHERE courier_status IN "
        "('out_for_delivery', 'attempt_failed', 'available_for_pickup')"
    )
    op.execute("UPDATE courier_events SET status = 'failure' WHERE status IN ('damaged', 'lost')")
    op.execute(
        "UPDATE courier_events SET status = 'transit' WHERE status IN "
        "('out_for_delivery', 'attempt_failed', 'available_for_pickup')"
    )
    for table, column, values in _KNOWN:
        forbid(table, column, *values)
