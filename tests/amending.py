"""Amendments as a channel sends them: the new lines, with every sum made anew."""

from collections.abc import Sequence

import httpx

from cli import demo_orders
from tests.world import Json, World

PARTS = ("net", "tax", "gross")


def mugs(quantity: int) -> Json:
    """The plain order's line in another number."""
    line = demo_orders.line("1", "MUG-BLUE", "Stoneware mug", quantity, 1890)
    return {"change": {"line": "1", "quantity": quantity} | {part: line[part] for part in PARTS}}


def teapot(line: str = "2", quantity: int = 1) -> Json:
    """Another line."""
    return {"add": demo_orders.line(line, "TEAPOT", "Cast-iron teapot", quantity, 6900)}


def no_mugs() -> Json:
    """The plain order's line is not wanted any more."""
    return {"remove": "1"}


def total(*gross: int) -> Json:
    """What these lines and the shipping come to; each line's tax is rounded by itself."""
    rows = [demo_orders.line("x", "x", "x", 1, one) for one in (*gross, 490)]
    return {part: sum(row[part] for row in rows) for part in PARTS}


def amendment(
    lines: Sequence[Json], gross: Sequence[int], key: str = "k1", version: int = 0
) -> Json:
    """``gross`` are those of all the lines that there are then."""
    said = {"key": key, "version": version, "who": "Ana, support", "why": "the customer called"}
    return {**said, "lines": list(lines), "total": total(*gross)}


MORE = amendment([mugs(3), teapot()], [3 * 1890, 6900])
"""Three mugs and a teapot instead of two mugs: 130.60 instead of 42.70."""
MORE_DUE = 3 * 1890 + 6900 + 490
LESS = amendment([mugs(1)], [1890])
"""One mug instead of two."""
LESS_DUE = 1890 + 490


async def amend(world: World, order: str, body: Json) -> httpx.Response:
    """Ask for it over HTTP."""
    return await world.api.post(f"/orders/{order}/amendments", json=body)
