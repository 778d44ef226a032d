"""The demo's orders: canonical bodies as a shop would send them."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

Json = dict[str, Any]

PARTS = ("net", "tax", "gross")
"""The sums of a line, of shipping, and of an order."""

_CUSTOMERS: dict[str, Json] = {
    "DE": {
        "name": "Jürgen Groß",
        "line1": "Schloßstraße 3",
        "city": "Dresden",
        "postal_code": "01067",
        "country": "DE",
    },
    "FR": {
        "name": "Zoé Lefèvre",
        "line1": "18 rue de la Forêt",
        "city": "Orléans",
        "postal_code": "45000",
        "country": "FR",
        "phone": "+33 2 38 55 01 00",
    },
    "JP": {
        "name": "佐藤 花子",
        "line1": "神宮前1-2-3",
        "city": "渋谷区",
        "region": "東京都",
        "postal_code": "150-0001",
        "country": "JP",
        "phone": "+81 3 5550 0100",
    },
}


def address(country: str) -> Json:
    """Somebody's address in one of the demo's countries."""
    return dict(_CUSTOMERS[country])


def line(line_id: str, sku: str, name: str, quantity: int, price: int, **more: Any) -> Json:
    """A line whose unit price includes 19 % tax (10 % in JPY); sums as the channel made them."""
    rate: str = more.pop("tax_rate", "19")
    discount: int = more.pop("discount", 0)
    gross = price * quantity - discount
    net = round(gross * 100 / (100 + int(rate)))
    return {
        "id": line_id,
        "sku": sku,
        "name": name,
        "quantity": quantity,
        "unit_price": price,
        "discount": discount,
        "tax_rate": rate,
        "net": net,
        "tax": gross - net,
        "gross": gross,
        **more,
    }


def order(
    number: str,
    lines: Iterable[Json],
    payment: Json,
    country: str = "DE",
    currency: str = "EUR",
    shipping_price: int = 490,
    **more: Any,
) -> Json:
    """A canonical order with its sums."""
    rows = list(lines)
    rate = rows[0]["tax_rate"]
    shipping = line("shipping", "-", "-", 1, shipping_price, tax_rate=rate)
    home = address(country)
    body: Json = {
        "number": number,
        "channel": "web",
        "placed_at": datetime.now(UTC).isoformat(),
        "currency": currency,
        "customer": {"name": home["name"], "email": f"customer-{number}@mail.example"},
        "billing_address": home,
        "shipping_address": home,
        "lines": rows,
        "shipping": {
            "service_level": "standard",
            "tax_rate": rate,
            **{part: shipping[part] for part in ("net", "tax", "gross")},
        },
        "total": {
            part: sum(row[part] for row in rows) + shipping[part]
            for part in ("net", "tax", "gross")
        },
        "payment": payment,
    }
    return body | more


def card(method: str = "pm_card_visa") -> Json:
    """A payment method to authorize now."""
    return {"terms": "authorize", "payment_method": method}
