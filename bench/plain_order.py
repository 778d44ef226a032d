"""The plain order that every figure is about: one line of two pieces, paid by card."""

import itertools
import secrets
from typing import Any

from cli import demo_orders

Json = dict[str, Any]

_run = secrets.token_hex(4)
_count = itertools.count(1)


def new_number() -> str:
    """A number that no order had before, of always the same length."""
    return f"{_run}-{next(_count):06d}"


def body(number: str) -> Json:
    """The canonical body, as `tests.world.World.body` has it."""
    rows = [demo_orders.line("1", "MUG-BLUE", "Stoneware mug", 2, 1890)]
    return demo_orders.order(number, rows, demo_orders.card())
