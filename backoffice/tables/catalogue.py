"""What each shop sells. A product's row is also the lock that its stock is counted under."""

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field

from backoffice.tables.base import JSON, TEXT, TEXTS, Record


class ProductRow(Record, table=True):
    """One article of one shop; weight in grams."""

    __tablename__ = "products"
    __table_args__ = (
        CheckConstraint("weight_grams > 0", name="weight_grams_positive"),
        CheckConstraint("reorder_point >= 0", name="reorder_point_not_negative"),
        Index("ix_products_barcodes", "barcodes", postgresql_using="gin"),
    )

    shop: str = Field(primary_key=True, sa_type=TEXT, foreign_key="shops.id")
    sku: str = Field(primary_key=True, sa_type=TEXT)
    name: str = Field(sa_type=TEXT)
    barcodes: list[str] = Field(sa_type=TEXTS)
    weight_grams: int
    bin: str = Field(sa_type=TEXT)
    reorder_point: int
    hs_code: str = Field(sa_type=TEXT)
    origin: str | None = Field(default=None, sa_type=TEXT)
    customs_name: str = Field(sa_type=TEXT)
    substitutes: list[str] = Field(sa_type=TEXTS, sa_column_kwargs={"server_default": text("'{}'")})
    prices: dict[str, int] = Field(sa_type=JSON, sa_column_kwargs={"server_default": text("'{}'")})
