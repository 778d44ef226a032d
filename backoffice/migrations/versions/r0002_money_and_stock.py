"""The logs of money and of stock."""

import sqlalchemy as sa
from alembic import op

revision = "r0002"
down_revision = "r0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "payment_claims",
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_payment_claims_order_id")
        ),
        sa.PrimaryKeyConstraint("provider", "reference", name=op.f("pk_payment_claims")),
    )
    op.create_table(
        "payment_events",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("shipment", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("capture_before", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind IN ('authorization', 'decline', 'capture', 'void', 'refund', 'prepaid')",
            name=op.f("ck_payment_events_kind_known"),
        ),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_payment_events_amount_not_negative")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_payment_events_order_id")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_payment_events")),
    )
    op.create_index(op.f("ix_payment_events_order_id"), "payment_events", ["order_id"])
    op.create_index(op.f("ix_payment_events_reference"), "payment_events", ["reference"])
    op.create_table(
        "restock_needs",
        sa.Column("shop", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("on_hand", sa.Integer(), nullable=False),
        sa.Column("reorder_point", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "on_hand < reorder_point", name=op.f("ck_restock_needs_under_reorder_point")
        ),
        sa.ForeignKeyConstraint(
            ["shop", "sku"], ["products.shop", "products.sku"], name="fk_restock_needs_product"
        ),
        sa.PrimaryKeyConstraint("shop", "key", name=op.f("pk_restock_needs")),
    )
    op.create_table(
        "stock_closings",
        sa.Column("shop", sa.Text(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("up_to", sa.BigInteger(), nullable=False),
        sa.Column("on_hand", sa.BigInteger(), nullable=False),
        sa.Column("reserved", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["shop", "sku"], ["products.shop", "products.sku"], name="fk_stock_closings_product"
        ),
        sa.PrimaryKeyConstraint("shop", "sku", name=op.f("pk_stock_closings")),
    )
    op.create_table(
        "stock_entries",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("shop", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("on_hand", sa.Integer(), nullable=False),
        sa.Column("reserved", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=True),
        sa.Column("shipment", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "CASE kind WHEN 'receipt' THEN on_hand > 0 AND reserved = 0 WHEN 'adjustment' "
            "THEN on_hand <> 0 AND reserved = 0 WHEN 'reservation' THEN on_hand = 0 AND "
            "reserved > 0 WHEN 'release' THEN on_hand = 0 AND reserved < 0 WHEN 'issue' "
            "THEN on_hand < 0 AND reserved = on_hand WHEN 'put_away' THEN on_hand > 0 AND "
            "reserved = 0 ELSE false END",
            name=op.f("ck_stock_entries_signs_fit_kind"),
        ),
        sa.CheckConstraint(
            "kind IN ('receipt', 'adjustment', 'reservation', 'release', 'issue', 'put_away')",
            name=op.f("ck_stock_entries_kind_known"),
        ),
        sa.CheckConstraint(
            "order_id IS NOT NULL OR kind IN ('receipt', 'adjustment')",
            name=op.f("ck_stock_entries_order_named"),
        ),
        sa.CheckConstraint(
            "shipment IS NOT NULL OR kind NOT IN ('issue', 'put_away')",
            name=op.f("ck_stock_entries_shipment_named"),
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_stock_entries_order_id")
        ),
        sa.ForeignKeyConstraint(
            ["shop", "sku"], ["products.shop", "products.sku"], name="fk_stock_entries_product"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_entries")),
        sa.UniqueConstraint("shop", "key", name=op.f("uq_stock_entries_shop_key")),
    )
    op.create_index(
        "ix_stock_entries_order_id",
        "stock_entries",
        ["order_id"],
        postgresql_where=sa.text("order_id IS NOT NULL"),
    )
    op.create_index(
        "ix_stock_entries_sku",
        "stock_entries",
        ["shop", "sku", "id"],
        postgresql_include=["on_hand", "reserved"],
    )


def downgrade() -> None:

    op.drop_table("restock_needs")
    op.drop_table("stock_closings")
    op.drop_table("stock_entries")
    op.drop_table("payment_claims")
    op.drop_table("payment_events")
