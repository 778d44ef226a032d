"""The warehouses of each shop, and where its products lie in them."""

from sqlalchemy import CheckConstraint, ForeignKeyConstraint
from sqlmodel import Field

from backoffice.tables.base import JSON, TEXT, TEXTS, Json, Record


class WarehouseRow(Record, table=True):
    """A warehouse of a shop. Every shop has the one that is called `main`.

    Without an ``address`` parcels leave from the seller's; without a ``wms_url`` it is reached
    where the installation's own warehouse system is.
    """

    __tablename__ = "warehouses"
    __table_args__ = (CheckConstraint("priority >= 0", name="priority_not_negative"),)

    shop: str = Field(primary_key=True, sa_type=TEXT, foreign_key="shops.id")
    code: str = Field(primary_key=True, sa_type=TEXT)
    name: str = Field(default="", sa_type=TEXT, sa_column_kwargs={"server_default": ""})
    address: Json | None = Field(default=None, sa_type=JSON)
    time_zone: str = Field(default="UTC", sa_type=TEXT, sa_column_kwargs={"server_default": "UTC"})
    priority: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    serves: list[str] = Field(
        default_factory=list, sa_type=TEXTS, sa_column_kwargs={"server_default": "{}"}
    )
    wms_url: str = Field(default="", sa_type=TEXT, sa_column_kwargs={"server_default": ""})
    wms_key: str = Field(default="", sa_type=TEXT, sa_column_kwargs={"server_default": ""})


class PlacementRow(Record, table=True):
    """Where a product lies in a warehouse and when more of it is ordered there; what is empty is
    as the product has it."""

    __tablename__ = "placements"
    __table_args__ = (
        ForeignKeyConstraint(
            ["shop", "sku"], ["products.shop", "products.sku"], name="fk_placements_product"
        ),
        ForeignKeyConstraint(
            ["shop", "warehouse"],
            ["warehouses.shop", "warehouses.code"],
            name="fk_placements_warehouse",
        ),
        CheckConstraint("reorder_point >= 0", name="reorder_point_not_negative"),
    )

    shop: str = Field(primary_key=True, sa_type=TEXT)
    warehouse: str = Field(primary_key=True, sa_type=TEXT)
    sku: str = Field(primary_key=True, sa_type=TEXT)
    bin: str | None = Field(default=None, sa_type=TEXT)
    reorder_point: int | None = None
