"""From the canonical order's fields to Shopify's own."""

import re

_ADDRESS = r"^(billing|shipping)_address\."
_LINE = r"^lines\.(\d+)\."
_PATHS = (
    (r"^number", "name"),
    (r"^placed_at", "created_at"),
    (r"^customer\.(email|phone)", r"\1"),
    (r"^customer\.language", "customer_locale"),
    (r"^customer\.name", "customer.first_name"),
    (_ADDRESS + "line1", r"\1_address.address1"),
    (_ADDRESS + "line2", r"\1_address.address2"),
    (_ADDRESS + "region", r"\1_address.province"),
    (_ADDRESS + "postal_code", r"\1_address.zip"),
    (_ADDRESS + "country", r"\1_address.country_code"),
    (_LINE + "(id|sku|quantity)", r"line_items.\1.\2"),
    (_LINE + "name", r"line_items.\1.title"),
    (_LINE + "options", r"line_items.\1.properties"),
    (_LINE + "discount", r"line_items.\1.discount_allocations"),
    (_LINE + "tax", r"line_items.\1.tax_lines"),
    (_LINE, r"line_items.\1.price"),
    (r"^lines\.(\d+)$", r"line_items.\1.price"),
    (r"^lines", "line_items"),
    (r"^shipping\.tax", "shipping_lines.0.tax_lines"),
    (r"^shipping(\.|$)", "shipping_lines"),
    (r"^total\.tax", "total_tax"),
    (r"^total", "total_price"),
    (r"^payment", "financial_status"),
    (r"^notes", "note"),
    (r"^prices_include_tax", "taxes_included"),
)
"""Canonical path, and the channel's; the first that fits wins."""


def own_path(field: str) -> str:
    """``lines.0.unit_price`` is ``line_items.0.price``; what has no other name keeps its own."""
    for pattern, own in _PATHS:
        if re.match(pattern, field):
            return re.sub(pattern + ".*", own, field)
    return field
