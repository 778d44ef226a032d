"""The stock ledger. Levels are sums of entries; a closing only shortens the sum."""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Identity,
    Index,
    UniqueConstraint,
    text,
)
from sqlmodel import Field

from backoffice.tables.base import MOMENT, TEXT, Record, one_of
from domain.stock import MAIN, StockKind

_OF_PRODUCT = (["shop", "sku"], ["products.shop", "products.sku"])
_OF_WAREHOUSE = (["shop", "warehouse"], ["warehouses.shop", "warehouses.code"])

_SIGNS = """CASE kind
    WHEN 'receipt' THEN on_hand > 0 AND reserved = 0
    WHEN 'adjustment' THEN on_hand <> 0 AND reserved = 0
    WHEN 'reservation' THEN on_hand = 0 AND reserved > 0
    WHEN 'release' THEN on_hand = 0 AND reserved < 0
    WHEN 'issue' THEN on_hand < 0 AND reserved = on_hand
    WHEN 'put_away' THEN on_hand > 0 AND reserved = 0
    WHEN 'write_off' THEN on_hand < 0 AND reserved = on_hand
    ELSE false END"""


class StockEntryRow(Record, table=True):
    """A change of what is on hand and of what is reserved in one warehouse, in pieces."""

    __tablename__ = "stock_entries"
    __table_args__ = (
        one_of("kind", StockKind),
        ForeignKeyConstraint(*_OF_PRODUCT, name="fk_stock_entries_product"),
        ForeignKeyConstraint(*_OF_WAREHOUSE, name="fk_stock_entries_warehouse"),
        UniqueConstraint("shop", "key", "warehouse"),
        CheckConstraint(_SIGNS, name="signs_fit_kind"),
        CheckConstraint(
            "order_id IS NOT NULL OR kind IN ('receipt', 'adjustment')", name="order_named"
        ),
        CheckConstraint(
            "shipment IS NOT NULL OR kind NOT IN ('issue', 'put_away', 'write_off')",
            name="shipment_named",
        ),
        Index(
            "ix_stock_entries_sku",
            "shop",
            "sku",
            "warehouse",
            "id",
            postgresql_include=["on_hand", "reserved"],
        ),
        Index(
            "ix_stock_entries_order_id",
            "order_id",
            postgresql_where=text("order_id IS NOT NULL"),
        ),
    )

    id: int = Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))
    shop: str = Field(sa_type=TEXT)
    key: str = Field(sa_type=TEXT)
    sku: str = Field(sa_type=TEXT)
    warehouse: str = Field(default=MAIN, sa_type=TEXT, sa_column_kwargs={"server_default": MAIN})
    kind: str = Field(sa_type=TEXT)
    on_hand: int
    reserved: int
    order_id: str | None = Field(default=None, sa_type=TEXT, foreign_key="orders.id")
    shipment: str | None = Field(default=None, sa_type=TEXT)
    at: datetime = Field(sa_type=MOMENT)
    note: str = Field(sa_type=TEXT)


class StockClosingRow(Record, table=True):
    """The sum of a SKU's entries in one warehouse up to one of them, so that a level need not add
    up years."""

    __tablename__ = "stock_closings"
    __table_args__ = (ForeignKeyConstraint(*_OF_PRODUCT, name="fk_stock_closings_product"),)

    shop: str = Field(primary_key=True, sa_type=TEXT)
    sku: str = Field(primary_key=True, sa_type=TEXT)
    warehouse: str = Field(
        default=MAIN, primary_key=True, sa_type=TEXT, sa_column_kwargs={"server_default": MAIN}
    )
    up_to: int = Field(sa_type=BigInteger)
    on_hand: int = Field(sa_type=BigInteger)
    reserved: int = Field(sa_type=BigInteger)


class RestockNeedRow(Record, table=True):
    """A level that an entry took under its reorder point: one row for each crossing."""

    __tablename__ = "restock_needs"
    __table_args__ = (
        ForeignKeyConstraint(*_OF_PRODUCT, name="fk_restock_needs_product"),
        CheckConstraint("on_hand < reorder_point", name="under_reorder_point"),
    )

    shop: str = Field(primary_key=True, sa_type=TEXT)
    key: str = Field(primary_key=True, sa_type=TEXT)
    warehouse: str = Field(
        default=MAIN, primary_key=True, sa_type=TEXT, sa_column_kwargs={"server_default": MAIN}
    )
    sku: str = Field(sa_type=TEXT)
    on_hand: int
    reorder_point: int
    at: datetime = Field(sa_type=MOMENT)
