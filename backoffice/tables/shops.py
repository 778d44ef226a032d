"""Shops, their rules, and the keys that speak for them."""

from datetime import datetime

from sqlalchemy import func
from sqlmodel import Field

from backoffice.tables.base import JSON, MOMENT, TEXT, TEXTS, Json, Record
from domain.stock import MAIN


class ShopRow(Record, table=True):
    """A shop. ``callbacks_wait_until`` is set while its receiver is down."""

    __tablename__ = "shops"

    id: str = Field(primary_key=True, sa_type=TEXT)
    seller: Json = Field(sa_type=JSON)
    restock_email: str = Field(sa_type=TEXT)
    status_page: str = Field(sa_type=TEXT)
    policy: str = Field(sa_type=TEXT, foreign_key="policies.digest")
    callback_url: str | None = Field(default=None, sa_type=TEXT)
    callback_secret: str = Field(sa_type=TEXT)
    callbacks_wait_until: datetime | None = Field(default=None, sa_type=MOMENT)
    created_at: datetime = Field(
        sa_type=MOMENT, sa_column_kwargs={"server_default": func.now()}, default=None
    )


class PolicyRow(Record, table=True):
    """Rules by their digest, so that each order keeps those that held when it was accepted."""

    __tablename__ = "policies"

    digest: str = Field(primary_key=True, sa_type=TEXT)
    body: Json = Field(sa_type=JSON)


class ApiKeyRow(Record, table=True):
    """A key, known by its digest only; in a warehouse's hands it speaks for that one alone."""

    __tablename__ = "api_keys"

    id: str = Field(primary_key=True, sa_type=TEXT)
    shop: str = Field(sa_type=TEXT, foreign_key="shops.id", index=True)
    name: str = Field(sa_type=TEXT)
    scopes: list[str] = Field(sa_type=TEXTS)
    warehouse: str = Field(default=MAIN, sa_type=TEXT, sa_column_kwargs={"server_default": MAIN})
    digest: str = Field(sa_type=TEXT, unique=True)
    created_at: datetime = Field(
        sa_type=MOMENT, sa_column_kwargs={"server_default": func.now()}, default=None
    )
    revoked_at: datetime | None = Field(default=None, sa_type=MOMENT)
