"""Handoffs, labels, courier events, documents and the print queue."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "r0003"
down_revision = "r0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "invoice_series",
        sa.Column("shop", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["shop"], ["shops.id"], name=op.f("fk_invoice_series_shop")),
        sa.PrimaryKeyConstraint("shop", "year", name=op.f("pk_invoice_series")),
    )
    op.create_table(
        "documents",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("shipment", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "format IN ('pdf', 'zpl', 'png')", name=op.f("ck_documents_format_known")
        ),
        sa.CheckConstraint(
            "kind IN ('label', 'packing_slip', 'invoice')", name=op.f("ck_documents_kind_known")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_documents_order_id")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_documents")),
    )
    op.create_index(op.f("ix_documents_order_id"), "documents", ["order_id"])
    op.create_table(
        "handoffs",
        sa.Column("shipment", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("document", JSONB(), nullable=False),
        sa.Column("accepted", sa.Boolean(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_handoffs_order_id")),
        sa.PrimaryKeyConstraint("shipment", name=op.f("pk_handoffs")),
    )
    op.create_index(op.f("ix_handoffs_order_id"), "handoffs", ["order_id"])
    op.create_table(
        "label_voids",
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_label_voids_order_id")),
        sa.PrimaryKeyConstraint("label", name=op.f("pk_label_voids")),
    )
    op.create_index(op.f("ix_label_voids_order_id"), "label_voids", ["order_id"])
    op.create_table(
        "labels",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("shipment", sa.Text(), nullable=False),
        sa.Column("parcel", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("tracking_number", sa.Text(collation="C"), nullable=False),
        sa.Column("transaction", sa.Text(), nullable=False),
        sa.Column("cost", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column(
            "bought_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("courier_status", sa.Text(), nullable=False),
        sa.Column("courier_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("polled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "courier_status IN ('unknown', 'pre_transit', 'transit', 'failure', 'returned',"
            " 'delivered')",
            name=op.f("ck_labels_courier_status_known"),
        ),
        sa.CheckConstraint(
            "format IN ('PDF', 'PDF_4x6', 'ZPLII', 'PNG')", name=op.f("ck_labels_format_known")
        ),
        sa.CheckConstraint("cost >= 0", name=op.f("ck_labels_cost_not_negative")),
        sa.CheckConstraint("version > 0", name=op.f("ck_labels_version_from_one")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_labels_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_labels")),
        sa.UniqueConstraint("parcel", "version", name=op.f("uq_labels_parcel_version")),
        sa.UniqueConstraint("transaction", name=op.f("uq_labels_transaction")),
    )
    op.create_index(op.f("ix_labels_order_id"), "labels", ["order_id"])
    op.create_index(
        "ix_labels_polled_at",
        "labels",
        ["polled_at"],
        postgresql_where=sa.text("voided_at IS NULL"),
    )
    op.create_index(op.f("ix_labels_tracking_number"), "labels", ["tracking_number"])
    op.create_table(
        "courier_events",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column(
            "recorded_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "status IN ('unknown', 'pre_transit', 'transit', 'failure', 'returned', 'delivered')",
            name=op.f("ck_courier_events_status_known"),
        ),
        sa.ForeignKeyConstraint(["label"], ["labels.id"], name=op.f("fk_courier_events_label")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_courier_events")),
    )
    op.create_index(op.f("ix_courier_events_label"), "courier_events", ["label"])
    op.create_table(
        "invoices",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("shop", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("shipment", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("sequence > 0", name=op.f("ck_invoices_sequence_from_one")),
        sa.ForeignKeyConstraint(["document"], ["documents.key"], name=op.f("fk_invoices_document")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_invoices_order_id")),
        sa.ForeignKeyConstraint(["shop"], ["shops.id"], name=op.f("fk_invoices_shop")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_invoices")),
        sa.UniqueConstraint("document", name=op.f("uq_invoices_document")),
        sa.UniqueConstraint("shop", "number", name=op.f("uq_invoices_shop_number")),
        sa.UniqueConstraint(
            "shop", "year", "sequence", name=op.f("uq_invoices_shop_year_sequence")
        ),
    )
    op.create_index(op.f("ix_invoices_order_id"), "invoices", ["order_id"])
    op.create_table(
        "print_jobs",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("shop", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("station", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "changed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "(state = 'claimed') = (lease_until IS NOT NULL)",
            name=op.f("ck_print_jobs_lease_while_claimed"),
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'claimed', 'printed', 'failed', 'withdrawn')",
            name=op.f("ck_print_jobs_state_known"),
        ),
        sa.ForeignKeyConstraint(
            ["document"], ["documents.key"], name=op.f("fk_print_jobs_document")
        ),
        sa.ForeignKeyConstraint(["shop"], ["shops.id"], name=op.f("fk_print_jobs_shop")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_print_jobs")),
        sa.UniqueConstraint("document", name=op.f("uq_print_jobs_document")),
    )
    op.create_index(
        "ix_print_jobs_open",
        "print_jobs",
        ["shop", "id"],
        postgresql_where=sa.text("state IN ('waiting', 'claimed', 'failed')"),
    )


def downgrade() -> None:

    op.drop_table("invoices")
    op.drop_table("invoice_series")
    op.drop_table("print_jobs")
    op.drop_table("documents")
    op.drop_table("courier_events")
    op.drop_table("label_voids")
    op.drop_table("labels")
    op.drop_table("handoffs")
