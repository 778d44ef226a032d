"""An order to send, as the description of the API shows it."""

from typing import Any

_ADDRESS = {
    "name": "Zoë Nováková",
    "line1": "Lange Straße 7",
    "city": "Köln",
    "postal_code": "50667",
    "country": "DE",
}

EXAMPLE_ORDER: dict[str, Any] = {
    "number": "1001",
    "channel": "web",
    "placed_at": "2026-03-02T09:15:00Z",
    "currency": "EUR",
    "prices_include_tax": True,
    "customer": {"name": "Zoë Nováková", "email": "zoe@example.com", "language": "de"},
    "billing_address": _ADDRESS,
    "shipping_address": _ADDRESS,
    "lines": [
        {
            "id": "1",
            "sku": "MUG-BLUE",
            "name": "Stoneware mug",
            "quantity": 2,
            "options": {"colour": "blue"},
            "unit_price": 1450,
            "discount": 300,
            "tax_rate": "19",
            "net": 2185,
            "tax": 415,
            "gross": 2600,
        }
    ],
    "shipping": {
        "service_level": "standard",
        "tax_rate": "19",
        "net": 412,
        "tax": 78,
        "gross": 490,
    },
    "total": {"net": 2597, "tax": 493, "gross": 3090},
    "payment": {"terms": "authorize", "payment_method": "pm_card_visa"},
    "notes": "Please ring twice",
}
"""Two mugs and shipping, in cents, to be charged when the parcel leaves."""
