"""Several warehouses of one shop: stock, handoffs and keys know theirs; what was, is in `main`."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "r0020"
down_revision = "r0019"
branch_labels = None
depends_on = None

_JSON = postgresql.JSONB(astext_type=sa.Text())
_MAIN = ("stock_entries", "stock_closings", "restock_needs", "handoffs", "api_keys")
_OF_WAREHOUSE = ["shop", "warehouse"], ["warehouses.shop", "warehouses.code"]
_SUMS = ["on_hand", "reserved"]


def upgrade() -> None:
    _warehouses()
    for table in _MAIN:
        op.add_column(
            table, sa.Column("warehouse", sa.Text(), server_default="main", nullable=False)
        )
    _keys("warehouse")
    op.create_foreign_key(
        "fk_stock_entries_warehouse",
        "stock_entries",
        "warehouses",
        ["shop", "warehouse"],
        ["shop", "code"],
    )
    op.drop_index("ix_stock_entries_sku", "stock_entries")
    op.create_index(
        "ix_stock_entries_sku",
        "stock_entries",
        ["shop", "sku", "warehouse", "id"],
        postgresql_include=_SUMS,
    )
    for name, kind, usual in (
        ("routed_by", sa.Text(), "priority"),
        ("ships_to", sa.Text(), ""),
        ("splits", sa.Boolean(), "false"),
    ):
        op.add_column("backorders", sa.Column(name, kind, server_default=usual, nullable=False))


def downgrade() -> None:
    """Whatever lies in other warehouses counts as lying in `main`, under keys that say where it
    was; how much of it is left to reorder is forgotten."""
    for name in ("splits", "ships_to", "routed_by"):
        op.drop_column("backorders", name)
    op.drop_index("ix_stock_entries_sku", "stock_entries")
    op.create_index(
        "ix_stock_entries_sku",
        "stock_entries",
        ["shop", "sku", "id"],
        postgresql_include=_SUMS,
    )
    op.drop_constraint("fk_stock_entries_warehouse", "stock_entries", type_="foreignkey")
    op.execute("DELETE FROM stock_closings")
    op.execute("DELETE FROM restock_needs WHERE warehouse <> 'main'")
    op.execute("UPDATE stock_entries SET key = key || '@' || warehouse WHERE warehouse <> 'main'")
    _keys()
    for table in reversed(_MAIN):
        op.drop_column(table, "warehouse")
    op.drop_table("placements")
    op.drop_table("warehouses")


def _warehouses() -> None:
    op.create_table(
        "warehouses",
        sa.Column("shop", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("address", _JSON, nullable=True),
        sa.Column("time_zone", sa.Text(), server_default="UTC", nullable=False),
        sa.Column("priority", sa.Integer(), server_default="0", nullable=False),
        sa.Column("serves", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("wms_url", sa.Text(), server_default="", nullable=False),
        sa.Column("wms_key", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("priority >= 0", name=op.f("ck_warehouses_priority_not_negative")),
        sa.ForeignKeyConstraint(["shop"], ["shops.id"], name=op.f("fk_warehouses_shop")),
        sa.PrimaryKeyConstraint("shop", "code", name=op.f("pk_warehouses")),
    )
    op.execute("INSERT INTO warehouses (shop, code) SELECT id, 'main' FROM shops")
    op.create_table(
        "placements",
        sa.Column("shop", sa.Text(), nullable=False),
        sa.Column("warehouse", sa.Text(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("bin", sa.Text(), nullable=True),
        sa.Column("reorder_point", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "reorder_point >= 0", name=op.f("ck_placements_reorder_point_not_negative")
        ),
        sa.ForeignKeyConstraint(
            ["shop", "sku"], ["products.shop", "products.sku"], name="fk_placements_product"
        ),
        sa.ForeignKeyConstraint(*_OF_WAREHOUSE, name="fk_placements_warehouse"),
        sa.PrimaryKeyConstraint("shop", "warehouse", "sku", name=op.f("pk_placements")),
    )


def _keys(*more: str) -> None:
    """What makes entries, closings and crossings one of their kind."""
    op.drop_constraint(_name("uq", more), "stock_entries", type_="unique")
    op.create_unique_constraint(
        op.f("_".join(("uq_stock_entries_shop_key", *more))),
        "stock_entries",
        ["shop", "key", *more],
    )
    for table, columns in (
        ("stock_closings", ["shop", "sku"]),
        ("restock_needs", ["shop", "key"]),
    ):
        op.drop_constraint(op.f(f"pk_{table}"), table, type_="primary")
        op.create_primary_key(op.f(f"pk_{table}"), table, [*columns, *more])


def _name(kind: str, more: tuple[str, ...]) -> str:
    """What the constraint on entries is called before the change."""
    was = () if more else ("warehouse",)
    return op.f("_".join((f"{kind}_stock_entries_shop_key", *was)))
