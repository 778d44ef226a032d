"""The part of Shopify's Order resource that an order is made of (REST Admin API, "Order").

Amounts are decimal text in major units. Fields that are not named here are ignored: the resource
has some ninety, and more with every version.
"""

from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field

from domain.model import Model

Amount = Annotated[Decimal, Field(ge=0, max_digits=20, allow_inf_nan=False)]
Rate = Annotated[Decimal, Field(ge=0, le=1, allow_inf_nan=False)]


class Price(Model):
    """An amount and the currency that it is in."""

    amount: Amount
    currency_code: str


class PriceSet(Model):
    """One price, as the shop keeps it and as the customer saw it."""

    shop_money: Price | None = None
    presentment_money: Price | None = None


class TaxLine(Model):
    """Tax on a line; a rate of 0.19 is 19 percent."""

    price: Amount
    price_set: PriceSet | None = None
    rate: Rate | None = None


class DiscountAllocation(Model):
    """The part of a discount that falls on a line."""

    amount: Amount
    amount_set: PriceSet | None = None


class Property(Model):
    """A choice that the customer made on a line; a name with ``_`` before it is not shown."""

    name: str
    value: Any = None


class LineItem(Model):
    """One line, its price for one piece. ``current_quantity`` is what edits and refunds left."""

    id: int
    sku: str | None = None
    title: str
    variant_title: str | None = None
    quantity: int
    current_quantity: int | None = None
    price: Amount
    price_set: PriceSet | None = None
    requires_shipping: bool = True
    discount_allocations: tuple[DiscountAllocation, ...] = ()
    tax_lines: tuple[TaxLine, ...] = ()
    properties: tuple[Property, ...] | None = None


class ShippingLine(Model):
    """A way of shipping that the customer chose."""

    code: str | None = None
    title: str | None = None
    price: Amount
    price_set: PriceSet | None = None
    discount_allocations: tuple[DiscountAllocation, ...] = ()
    tax_lines: tuple[TaxLine, ...] = ()


class ChannelAddress(Model):
    """An address; ``zip`` is the postal code, ``province`` the region."""

    name: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    company: str | None = None
    address1: str | None = None
    address2: str | None = None
    city: str | None = None
    province: str | None = None
    zip: str | None = None
    country_code: str | None = None
    phone: str | None = None


class ChannelCustomer(Model):
    """The customer's account at the channel."""

    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    phone: str | None = None


class ChannelOrder(Model):
    """An order as the channel's API and its webhooks write it."""

    id: int
    name: str
    created_at: str
    cancelled_at: str | None = None
    fulfillment_status: str | None = None
    test: bool | None = None
    currency: str
    presentment_currency: str | None = None
    taxes_included: bool
    total_price: Amount
    total_price_set: PriceSet | None = None
    total_tax: Amount
    total_tax_set: PriceSet | None = None
    financial_status: str
    email: str | None = None
    contact_email: str | None = None
    phone: str | None = None
    customer: ChannelCustomer | None = None
    customer_locale: str | None = None
    buyer_accepts_marketing: bool = True
    billing_address: ChannelAddress | None = None
    shipping_address: ChannelAddress | None = None
    line_items: Annotated[tuple[LineItem, ...], Field(min_length=1, max_length=200)]
    shipping_lines: tuple[ShippingLine, ...] = ()
    note: str | None = None
    note_attributes: tuple[Property, ...] = ()
