"""An order as Shopify writes it, cut to what is read here."""

from typing import Any

_ADDRESS = {
    "first_name": "Amélie",
    "last_name": "Roux",
    "address1": "12 rue des Lilas",
    "address2": None,
    "company": None,
    "city": "Lyon",
    "province": None,
    "zip": "69003",
    "country_code": "FR",
    "phone": "+33 4 55 55 01 02",
}

SHOPIFY_ORDER: dict[str, Any] = {
    "id": 820982911946154508,
    "name": "#1042",
    "created_at": "2026-03-02T10:15:00+01:00",
    "cancelled_at": None,
    "currency": "EUR",
    "presentment_currency": "EUR",
    "taxes_included": True,
    "total_price": "30.90",
    "total_tax": "5.15",
    "financial_status": "paid",
    "email": "amelie.roux@example.com",
    "customer": {"first_name": "Amélie", "last_name": "Roux"},
    "customer_locale": "fr-FR",
    "buyer_accepts_marketing": True,
    "billing_address": _ADDRESS,
    "shipping_address": _ADDRESS,
    "line_items": [
        {
            "id": 466157049,
            "sku": "MUG-BLUE",
            "title": "Mug",
            "variant_title": "Blue",
            "quantity": 2,
            "price": "14.50",
            "requires_shipping": True,
            "discount_allocations": [{"amount": "3.00"}],
            "tax_lines": [{"title": "TVA", "price": "4.33", "rate": 0.2}],
            "properties": [{"name": "engraving", "value": "A. R."}],
        }
    ],
    "shipping_lines": [
        {
            "code": "standard",
            "title": "Standard",
            "price": "4.90",
            "tax_lines": [{"title": "TVA", "price": "0.82", "rate": 0.2}],
        }
    ],
    "note": None,
    "note_attributes": [],
}
