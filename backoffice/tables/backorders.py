"""Orders in line for goods, what may have freed goods for them, and when goods are expected."""

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Identity,
    Index,
    func,
    text,
)
from sqlmodel import Field

from backoffice.tables.base import MOMENT, TEXT, Record

_PRODUCT = ["products.shop", "products.sku"]


class BackorderRow(Record, table=True):
    """An order in line, until it has heard that it was served, or leaves.

    ``key`` is the reservation's own, whoever makes it. With ``served_at`` the goods are reserved,
    and ``told`` counts how often the order was told so. ``routed_by``, ``ships_to`` and ``splits``
    say from which warehouses it may be served.
    """

    __tablename__ = "backorders"
    __table_args__ = (
        Index("ix_backorders_line", "shop", "since", "order_id"),
        Index("ix_backorders_served", "served_at", postgresql_where=text("served_at IS NOT NULL")),
    )

    order_id: str = Field(primary_key=True, sa_type=TEXT, foreign_key="orders.id")
    shop: str = Field(sa_type=TEXT, foreign_key="shops.id")
    key: str = Field(sa_type=TEXT)
    since: datetime = Field(sa_type=MOMENT)
    firm_from: datetime = Field(sa_type=MOMENT)
    served_at: datetime | None = Field(default=None, sa_type=MOMENT)
    told: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    routed_by: str = Field(
        default="priority", sa_type=TEXT, sa_column_kwargs={"server_default": "priority"}
    )
    ships_to: str = Field(default="", sa_type=TEXT, sa_column_kwargs={"server_default": ""})
    splits: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})


class BackorderLineRow(Record, table=True):
    """Pieces that an order in line still wants; they go when it is served."""

    __tablename__ = "backorder_lines"
    __table_args__ = (
        ForeignKeyConstraint(["shop", "sku"], _PRODUCT, name="fk_backorder_lines_product"),
        CheckConstraint("quantity > 0", name="some_pieces"),
        Index("ix_backorder_lines_sku", "shop", "sku", postgresql_include=["quantity"]),
    )

    order_id: str = Field(primary_key=True, sa_type=TEXT, foreign_key="backorders.order_id")
    sku: str = Field(primary_key=True, sa_type=TEXT)
    shop: str = Field(sa_type=TEXT)
    quantity: int


class StockArrivalRow(Record, table=True):
    """A SKU of which somebody in line may have something now; gone once the line was looked at."""

    __tablename__ = "stock_arrivals"

    id: int = Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))
    shop: str = Field(sa_type=TEXT)
    sku: str = Field(sa_type=TEXT)


class ExpectedGoodsRow(Record, table=True):
    """The day on which a shop expects a SKU; ``changes`` counts how often it has said another."""

    __tablename__ = "expected_goods"
    __table_args__ = (
        ForeignKeyConstraint(["shop", "sku"], _PRODUCT, name="fk_expected_goods_product"),
    )

    shop: str = Field(primary_key=True, sa_type=TEXT)
    sku: str = Field(primary_key=True, sa_type=TEXT)
    day: date | None
    changes: int
    changed_at: datetime = Field(
        sa_type=MOMENT, sa_column_kwargs={"server_default": func.now()}, default=None
    )
