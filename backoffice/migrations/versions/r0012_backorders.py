"""Orders that wait in line for goods, the mail that says so, and the case before they give up."""

import sqlalchemy as sa
from alembic import op

revision = "r0012"
down_revision = "r0011"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_PRODUCT = ["products.shop", "products.sku"]
_STATUSES = (
    "'accepted', {waiting}'reserved', 'awaiting_payment', 'payment_secured', 'in_fulfilment', "
    "'picked', 'ready_to_pack', 'packed', 'captured', 'released', 'shipped', 'delivered', "
    "'not_delivered', 'completed', 'declined', 'out_of_stock', 'cancelling', 'recalling', "
    "'cancelled'"
)
_MAILS = (
    "'confirmation', {telling}'payment_needed', 'declined', 'out_of_stock', 'shipped', "
    "'cancelled', 'restock', 'review'"
)
_KINDS = (
    "{ending}'pick_overdue', 'short_pick', 'pack_overdue', 'hand_over_overdue', "
    "'delivery_overdue', 'not_delivered', 'warehouse_rejected', 'message_refused', "
    "'beyond_booking', 'no_rate', 'label_failed', 'authorization_ends', 'capture_failed', "
    "'channel_owes', 'gone_unreleased', 'intercept', 'stuck', 'refused_by_provider', "
    "'not_started', 'orphan', 'undeliverable_callback', 'lost', 'dead', 'wedged', 'idle', "
    "'reset', 'stray_money', 'money_differs', 'stray_label'"
)
_WAKE_UP = """
CREATE FUNCTION wake_up_stock_arrivals() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('stock_arrivals', '');
    RETURN NULL;
END $$;
CREATE TRIGGER wake_up AFTER INSERT ON stock_arrivals
    FOR EACH STATEMENT EXECUTE FUNCTION wake_up_stock_arrivals();
"""


def upgrade() -> None:
    _line()
    op.create_table(
        "stock_arrivals",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("shop", sa.Text(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_arrivals")),
    )
    op.execute(_WAKE_UP)
    op.create_table(
        "expected_goods",
        sa.Column("shop", sa.Text(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("changes", sa.Integer(), nullable=False),
        sa.Column("changed_at", _MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["shop", "sku"], _PRODUCT, name="fk_expected_goods_product"),
        sa.PrimaryKeyConstraint("shop", "sku", name=op.f("pk_expected_goods")),
    )
    _words("'backordered', ", "'backordered', ", "'backorder_ends', ")


def downgrade() -> None:
    """An order in line counts as accepted again, its mails are forgotten, and the question whether
    it waits on is one about something stuck."""
    op.execute("UPDATE cases SET kind = 'stuck' WHERE kind = 'backorder_ends'")
    op.execute("DELETE FROM mails WHERE kind = 'backordered'")
    op.execute("UPDATE orders SET status = 'accepted' WHERE status = 'backordered'")
    op.execute("UPDATE transitions SET status = 'accepted' WHERE status = 'backordered'")
    _words("", "", "")
    for table in ("expected_goods", "stock_arrivals", "backorder_lines", "backorders"):
        op.drop_table(table)
    op.execute("DROP FUNCTION wake_up_stock_arrivals()")


def _line() -> None:
    op.create_table(
        "backorders",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("shop", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("since", _MOMENT, nullable=False),
        sa.Column("firm_from", _MOMENT, nullable=False),
        sa.Column("served_at", _MOMENT, nullable=True),
        sa.Column("told", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_backorders_order_id")),
        sa.ForeignKeyConstraint(["shop"], ["shops.id"], name=op.f("fk_backorders_shop")),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_backorders")),
    )
    op.create_index("ix_backorders_line", "backorders", ["shop", "since", "order_id"])
    op.create_index(
        "ix_backorders_served",
        "backorders",
        ["served_at"],
        postgresql_where=sa.text("served_at IS NOT NULL"),
    )
    op.create_table(
        "backorder_lines",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("shop", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_backorder_lines_some_pieces")),
        sa.ForeignKeyConstraint(
            ["order_id"],
            ["backorders.order_id"],
            name=op.f("fk_backorder_lines_order_id"),
        ),
        sa.ForeignKeyConstraint(["shop", "sku"], _PRODUCT, name="fk_backorder_lines_product"),
        sa.PrimaryKeyConstraint("order_id", "sku", name=op.f("pk_backorder_lines")),
    )
    op.create_index(
        "ix_backorder_lines_sku",
        "backorder_lines",
        ["shop", "sku"],
        postgresql_include=["quantity"],
    )


def _words(waiting: str, telling: str, ending: str) -> None:
    for table in ("orders", "transitions"):
        _constrain(table, "status", _STATUSES.format(waiting=waiting))
    _constrain("cases", "kind", _KINDS.format(ending=ending))
    _constrain("mails", "kind", _MAILS.format(telling=telling))


def _constrain(table: str, column: str, allowed: str) -> None:
    name = op.f(f"ck_{table}_{column}_known")
    op.drop_constraint(name, table, type_="check")
    op.create_check_constraint(name, table, sa.text(f"{column} IN ({allowed})"))
