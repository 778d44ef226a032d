"""Orders as Shopify writes them, made canonical with exact decimals.

What the customer was shown is what the customer pays: where ``presentment_currency`` differs from
the shop's, every amount is taken from its ``presentment_money``.
"""

from decimal import Decimal
from typing import Any

from pydantic import ValidationError

from api.channels.shopify_format import (
    ChannelAddress,
    ChannelCustomer,
    ChannelOrder,
    DiscountAllocation,
    LineItem,
    PriceSet,
    ShippingLine,
    TaxLine,
)
from api.channels.shopify_paths import own_path
from api.fields import problems_of
from api.problems import FieldProblem, invalid
from domain.money import exponent
from domain.order import ServiceLevel

_INTENT = "payment_intent"
_NOTHING_SHIPPED = (None, "unfulfilled")


class ShopifyOrders:
    """The adapter for channel ``shopify``.

    Payment: ``paid`` was paid to the channel. ``authorized`` needs a note attribute
    ``payment_intent`` with the PaymentIntent that the checkout authorized; money that the
    channel itself holds cannot be captured from here.
    """

    name = "shopify"

    def parse(self, body: dict[str, Any]) -> dict[str, Any]:
        """A canonical order's body.

        Raises:
            ProblemError: 422 with Shopify's field paths.
        """
        try:
            order = ChannelOrder.model_validate(body)
        except ValidationError as error:
            raise invalid(problems_of(error, body)) from error
        reading = _Reading(order)
        canonical = reading.canonical()
        if reading.problems:
            raise invalid(tuple(reading.problems))
        return canonical

    def own_path(self, field: str) -> str:
        """Shopify's path for a canonical field: ``lines.0.unit_price`` is its price."""
        return own_path(field)


class _Reading:
    """One order being read, with what was found wrong on the way."""

    def __init__(self, order: ChannelOrder) -> None:
        self._order = order
        shown = order.presentment_currency or order.currency
        self._converted = shown != order.currency
        self._currency = shown
        self.problems: list[FieldProblem] = []
        try:
            self._places = exponent(shown)
        except ValueError as error:
            self._places = 0
            field = "presentment_currency" if self._converted else "currency"
            self._wrong(field, str(error))

    def canonical(self) -> dict[str, Any]:
        """The canonical body, whether problems were found or not."""
        order = self._order
        self._is_to_be_shipped()
        shipping_address = self._address("shipping_address", order.shipping_address)
        gross = self._minor("total_price", order.total_price, order.total_price_set)
        tax = self._minor("total_tax", order.total_tax, order.total_tax_set)
        return {
            "number": order.name,
            "channel": ShopifyOrders.name,
            "placed_at": order.created_at,
            "currency": self._currency,
            "prices_include_tax": order.taxes_included,
            "customer": self._customer(shipping_address),
            "billing_address": self._address(
                "billing_address", order.billing_address or order.shipping_address
            ),
            "shipping_address": shipping_address,
            "lines": [self._line(place, line) for place, line in enumerate(order.line_items)],
            "shipping": self._shipping(),
            "total": {"net": gross - tax, "tax": tax, "gross": gross},
            "payment": self._payment(),
            "notes": order.note or "",
            "reviews_welcome": order.buyer_accepts_marketing,
        }

    def _is_to_be_shipped(self) -> None:
        """Goods leave once, for an order that is meant and stands as it was placed."""
        order = self._order
        if order.cancelled_at is not None:
            self._wrong("cancelled_at", "the order is cancelled at the channel")
        if order.fulfillment_status not in _NOTHING_SHIPPED:
            words = "must be null or unfulfilled: what left from elsewhere is not sent again"
            self._wrong("fulfillment_status", words)
        if order.test:
            self._wrong("test", "a test order is not shipped")
        for place, line in enumerate(order.line_items):
            if line.current_quantity not in (None, line.quantity):
                words = "must be the quantity: after an edit or a refund the sums are not these"
                self._wrong(f"line_items.{place}.current_quantity", words)

    def _wrong(self, field: str, message: str) -> None:
        self.problems.append(FieldProblem(field=field, message=message))

    def _minor(self, field: str, plain: Decimal, both: PriceSet | None) -> int:
        amount = plain
        if self._converted:
            shown = None if both is None else both.presentment_money
            field = f"{field}_set.presentment_money"
            if shown is None:
                self._wrong(field, f"is required where the customer pays in {self._currency}")
                return 0
            if shown.currency_code != self._currency:
                self._wrong(f"{field}.currency_code", f"must be {self._currency}")
            field, amount = f"{field}.amount", shown.amount
        minor = amount.scaleb(self._places)
        if minor != minor.to_integral_value():
            self._wrong(field, f"{self._currency} has {self._places} decimal places")
        return int(minor)

    def _customer(self, shipping_address: dict[str, Any]) -> dict[str, Any]:
        order = self._order
        account = order.customer or ChannelCustomer()
        return {
            "name": _full_name(account.first_name, account.last_name) or shipping_address["name"],
            "email": order.email or order.contact_email or account.email or "",
            "phone": order.phone or account.phone or "",
            "language": order.customer_locale or "en",
        }

    def _address(self, field: str, address: ChannelAddress | None) -> dict[str, Any]:
        if address is None:
            self._wrong(field, "is required: goods are sent to an address")
            return {"name": ""}
        return {
            "name": address.name or _full_name(address.first_name, address.last_name),
            "company": address.company or "",
            "line1": address.address1 or "",
            "line2": address.address2 or "",
            "city": address.city or "",
            "region": address.province or "",
            "postal_code": address.zip or "",
            "country": address.country_code or "",
            "phone": address.phone or "",
        }

    def _line(self, place: int, line: LineItem) -> dict[str, Any]:
        where = f"line_items.{place}"
        if not line.requires_shipping:
            self._wrong(f"{where}.requires_shipping", "only goods that are shipped can be taken")
        price = self._minor(f"{where}.price", line.price, line.price_set)
        discount = self._discount(where, line.discount_allocations)
        options = {"variant": line.variant_title} if line.variant_title else {}
        for one in line.properties or ():
            if not one.name.startswith("_"):
                options[one.name] = "" if one.value is None else str(one.value)
        return {
            "id": str(line.id),
            "sku": line.sku or "",
            "name": line.title,
            "quantity": line.quantity,
            "options": options,
            "unit_price": price,
            "discount": discount,
            "tax_rate": _percent(line.tax_lines),
            **self._sums(where, price * line.quantity - discount, line.tax_lines),
        }

    def _shipping(self) -> dict[str, Any]:
        lines = self._order.shipping_lines
        sums = {"net": 0, "tax": 0, "gross": 0}
        for place, line in enumerate(lines):
            where = f"shipping_lines.{place}"
            price = self._minor(f"{where}.price", line.price, line.price_set)
            price -= self._discount(where, line.discount_allocations)
            for part, amount in self._sums(where, price, line.tax_lines).items():
                sums[part] += amount
        rate = _percent(lines[0].tax_lines) if lines else "0"
        return sums | {"tax_rate": rate, "service_level": _service_level(lines)}

    def _discount(self, where: str, parts: tuple[DiscountAllocation, ...]) -> int:
        return sum(
            self._minor(f"{where}.discount_allocations.{n}.amount", part.amount, part.amount_set)
            for n, part in enumerate(parts)
        )

    def _sums(self, where: str, price: int, taxes: tuple[TaxLine, ...]) -> dict[str, int]:
        tax = sum(
            self._minor(f"{where}.tax_lines.{n}.price", one.price, one.price_set)
            for n, one in enumerate(taxes)
        )
        if self._order.taxes_included:
            return {"net": price - tax, "tax": tax, "gross": price}
        return {"net": price, "tax": tax, "gross": price + tax}

    def _payment(self) -> dict[str, Any]:
        order = self._order
        intent = next((one.value for one in order.note_attributes if one.name == _INTENT), None)
        if order.total_price == 0:
            return {"terms": "nothing_due"}
        if order.financial_status == "paid":
            return {"terms": "prepaid", "reference": str(order.id)}
        if order.financial_status == "authorized" and intent:
            return {"terms": "payment_intent", "payment_intent": str(intent)}
        self._wrong(
            "financial_status",
            "must be paid, or authorized with a payment_intent among the note_attributes",
        )
        return {"terms": "nothing_due"}


def _full_name(first: str | None, last: str | None) -> str:
    return " ".join(part for part in (first, last) if part)


def _percent(taxes: tuple[TaxLine, ...]) -> str:
    rate = sum((tax.rate or Decimal(0) for tax in taxes), Decimal(0)) * 100
    return f"{rate.quantize(Decimal('0.0001')).normalize():f}"


def _service_level(lines: tuple[ShippingLine, ...]) -> str:
    levels = {level.value for level in ServiceLevel}
    for line in lines:
        for word in (line.code or "", line.title or ""):
            if word.casefold() in levels:
                return word.casefold()
    return ServiceLevel.STANDARD.value
