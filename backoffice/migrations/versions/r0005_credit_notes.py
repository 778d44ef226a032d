"""Credit notes, and on each invoice what it covers and what it comes to."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "r0005"
down_revision = "r0004"
branch_labels = None
depends_on = None

_SUMS = ("net", "tax", "gross")
# Up to here every invoice was for all that was ordered.
_WHOLE_ORDER = """
UPDATE invoices SET
    portions = (
        SELECT jsonb_agg(
            jsonb_build_object('line', line->'id', 'quantity', line->'quantity') ORDER BY place
        )
        FROM jsonb_array_elements(orders.body->'lines') WITH ORDINALITY AS lines (line, place)
    ),
    net = (orders.body->'total'->>'net')::bigint,
    tax = (orders.body->'total'->>'tax')::bigint,
    gross = (orders.body->'total'->>'gross')::bigint
FROM orders WHERE orders.id = invoices.order_id
"""


def upgrade() -> None:
    _kinds("'label', 'packing_slip', 'invoice', 'credit_note'")
    op.add_column("invoices", sa.Column("portions", JSONB(), nullable=True))
    for name in _SUMS:
        op.add_column("invoices", sa.Column(name, sa.BigInteger(), nullable=True))
    op.execute(_WHOLE_ORDER)
    for name in ("portions", *_SUMS):
        op.alter_column("invoices", name, nullable=False)
    op.create_check_constraint(
        op.f("ck_invoices_adds_up"), "invoices", "net + tax = gross AND net >= 0 AND tax >= 0"
    )
    op.create_table(
        "credit_note_series",
        sa.Column("shop", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["shop"], ["shops.id"], name=op.f("fk_credit_note_series_shop")),
        sa.PrimaryKeyConstraint("shop", "year", name=op.f("pk_credit_note_series")),
    )
    op.create_table(
        "credit_notes",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("shop", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("shipment", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in _SUMS),
        sa.Column("invoice", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint("sequence > 0", name=op.f("ck_credit_notes_sequence_from_one")),
        sa.CheckConstraint(
            "net + tax = gross AND net <= 0 AND tax <= 0", name=op.f("ck_credit_notes_adds_up")
        ),
        sa.CheckConstraint(
            "reason IN ('cancelled', 'recalled')", name=op.f("ck_credit_notes_reason_known")
        ),
        sa.ForeignKeyConstraint(
            ["document"], ["documents.key"], name=op.f("fk_credit_notes_document")
        ),
        sa.ForeignKeyConstraint(
            ["invoice"], ["invoices.key"], name=op.f("fk_credit_notes_invoice")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_credit_notes_order_id")),
        sa.ForeignKeyConstraint(["shop"], ["shops.id"], name=op.f("fk_credit_notes_shop")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_credit_notes")),
        sa.UniqueConstraint("document", name=op.f("uq_credit_notes_document")),
        sa.UniqueConstraint("shop", "number", name=op.f("uq_credit_notes_shop_number")),
        sa.UniqueConstraint(
            "shop", "year", "sequence", name=op.f("uq_credit_notes_shop_year_sequence")
        ),
    )
    op.create_index(op.f("ix_credit_notes_invoice"), "credit_notes", ["invoice"])
    op.create_index(op.f("ix_credit_notes_order_id"), "credit_notes", ["order_id"])


def downgrade() -> None:

    op.drop_table("credit_notes")
    op.drop_table("credit_note_series")
    op.drop_constraint(op.f("ck_invoices_adds_up"), "invoices", type_="check")
    for name in ("portions", *_SUMS):
        op.drop_column("invoices", name)
    op.execute("DELETE FROM documents WHERE kind = 'credit_note'")
    _kinds("'label', 'packing_slip', 'invoice'")


def _kinds(known: str) -> None:
    name = op.f("ck_documents_kind_known")
    op.drop_constraint(name, "documents", type_="check")
    op.create_check_constraint(name, "documents", f"kind IN ({known})")
