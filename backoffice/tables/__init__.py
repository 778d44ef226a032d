"""What is on record: one module of tables for each part of the trade.

Importing this package makes every table known to ``Record.metadata``.
"""

from backoffice.tables import (
    backorders,
    cases,
    catalogue,
    checks,
    complaints,
    disputes,
    keys,
    messages,
    movements,
    orders,
    papers,
    payments,
    refunds,
    shipping,
    shops,
    stock,
    substitutions,
    transfers,
    warehouses,
)
from backoffice.tables.base import Record

__all__ = [
    "Record",
    "backorders",
    "cases",
    "catalogue",
    "checks",
    "complaints",
    "disputes",
    "keys",
    "messages",
    "movements",
    "orders",
    "papers",
    "payments",
    "refunds",
    "shipping",
    "shops",
    "stock",
    "substitutions",
    "transfers",
    "warehouses",
]
