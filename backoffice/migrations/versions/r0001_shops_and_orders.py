"""Shops, their catalogues, and orders with what became of them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "r0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "policies",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("body", JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_policies")),
    )
    op.create_table(
        "refusals",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("shop", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("body_digest", sa.Text(), nullable=False),
        sa.Column("problems", JSONB(), nullable=False),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refusals")),
    )
    op.create_index("ix_refusals_shop_at", "refusals", ["shop", "at"])
    op.create_table(
        "shops",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("seller", JSONB(), nullable=False),
        sa.Column("restock_email", sa.Text(), nullable=False),
        sa.Column("status_page", sa.Text(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("callback_url", sa.Text(), nullable=True),
        sa.Column("callback_secret", sa.Text(), nullable=False),
        sa.Column("callbacks_wait_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["policy"], ["policies.digest"], name=op.f("fk_shops_policy")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shops")),
    )
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("shop", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scopes", ARRAY(sa.Text()), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["shop"], ["shops.id"], name=op.f("fk_api_keys_shop")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("digest", name=op.f("uq_api_keys_digest")),
    )
    op.create_index(op.f("ix_api_keys_shop"), "api_keys", ["shop"])
    op.create_table(
        "orders",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("shop", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("body", JSONB(), nullable=False),
        sa.Column("sent_digest", sa.Text(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("status_number", sa.Integer(), nullable=False),
        sa.Column("status_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('accepted', 'reserved', 'payment_secured', 'in_fulfilment', "
            "'picked', 'ready_to_pack', 'packed', 'captured', 'released', 'shipped', "
            "'delivered', 'not_delivered', 'completed', 'declined', 'out_of_stock', "
            "'cancelling', 'recalling', 'cancelled')",
            name=op.f("ck_orders_status_known"),
        ),
        sa.CheckConstraint("status_number >= 0", name=op.f("ck_orders_status_number_not_negative")),
        sa.ForeignKeyConstraint(["policy"], ["policies.digest"], name=op.f("fk_orders_policy")),
        sa.ForeignKeyConstraint(["shop"], ["shops.id"], name=op.f("fk_orders_shop")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sa.UniqueConstraint(
            "shop", "channel", "number", name=op.f("uq_orders_shop_channel_number")
        ),
    )
    op.create_index(
        "ix_orders_accepted_at", "orders", ["shop", sa.literal_column("accepted_at DESC"), "id"]
    )
    op.create_index(
        "ix_orders_ended_at",
        "orders",
        ["ended_at"],
        postgresql_where=sa.text("ended_at IS NOT NULL"),
    )
    op.create_index(
        "ix_orders_open", "orders", ["status_at"], postgresql_where=sa.text("ended_at IS NULL")
    )
    op.create_index("ix_orders_shop_number", "orders", ["shop", "number"])
    op.create_index(
        "ix_orders_unstarted",
        "orders",
        ["accepted_at"],
        postgresql_where=sa.text("started_at IS NULL"),
    )
    op.create_table(
        "products",
        sa.Column("shop", sa.Text(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("barcodes", ARRAY(sa.Text()), nullable=False),
        sa.Column("weight_grams", sa.Integer(), nullable=False),
        sa.Column("bin", sa.Text(), nullable=False),
        sa.Column("reorder_point", sa.Integer(), nullable=False),
        sa.Column("hs_code", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=True),
        sa.Column("customs_name", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "reorder_point >= 0", name=op.f("ck_products_reorder_point_not_negative")
        ),
        sa.CheckConstraint("weight_grams > 0", name=op.f("ck_products_weight_grams_positive")),
        sa.ForeignKeyConstraint(["shop"], ["shops.id"], name=op.f("fk_products_shop")),
        sa.PrimaryKeyConstraint("shop", "sku", name=op.f("pk_products")),
    )
    op.create_index("ix_products_barcodes", "products", ["barcodes"], postgresql_using="gin")
    op.create_table(
        "order_terms",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("term", sa.Text(collation="C"), nullable=False),
        sa.Column("shop", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_order_terms_order_id")),
        sa.PrimaryKeyConstraint("order_id", "kind", "term", name=op.f("pk_order_terms")),
    )
    op.create_index("ix_order_terms_term", "order_terms", ["shop", "term", "order_id"])
    op.create_table(
        "step_facts",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("shipment", sa.Text(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('done', 'declined', 'mistake', 'failed')",
            name=op.f("ck_step_facts_outcome_known"),
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_step_facts_order_id")),
        sa.PrimaryKeyConstraint("key", "attempt", name=op.f("pk_step_facts")),
    )
    op.create_index("ix_step_facts_order_id", "step_facts", ["order_id"])
    op.create_index("ix_step_facts_started_at", "step_facts", ["started_at"])
    op.create_table(
        "transitions",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("shipment", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "status IN ('accepted', 'reserved', 'payment_secured', 'in_fulfilment', "
            "'picked', 'ready_to_pack', 'packed', 'captured', 'released', 'shipped', "
            "'delivered', 'not_delivered', 'completed', 'declined', 'out_of_stock', "
            "'cancelling', 'recalling', 'cancelled')",
            name=op.f("ck_transitions_status_known"),
        ),
        sa.CheckConstraint("number > 0", name=op.f("ck_transitions_number_from_one")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_transitions_order_id")),
        sa.PrimaryKeyConstraint("order_id", "number", name=op.f("pk_transitions")),
    )


def downgrade() -> None:

    op.drop_table("step_facts")
    op.drop_table("transitions")
    op.drop_table("refusals")
    op.drop_table("order_terms")
    op.drop_table("orders")
    op.drop_table("products")
    op.drop_table("api_keys")
    op.drop_table("shops")
    op.drop_table("policies")
