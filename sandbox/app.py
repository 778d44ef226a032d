"""The whole world as one ASGI application."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import Mount, Route

from sandbox import bank, sendgrid, shippo, shop, stripe, wms
from sandbox.control import CONTROL
from sandbox.core.gateway import Gateway
from sandbox.core.world import Operation, Vendor, World

VENDORS = (
    stripe.VENDOR,
    shippo.VENDOR,
    sendgrid.VENDOR,
    wms.VENDOR,
    shop.VENDOR,
    bank.VENDOR,
)


def build(state: Path | None = None, vendors: Sequence[Vendor] = VENDORS) -> Starlette:
    """The application over a state file, or in memory. Raises StateFileInUseError."""
    world = World(vendors, state)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[None]:
        passing_time = asyncio.create_task(world.timers.run())
        yield
        passing_time.cancel()
        await asyncio.gather(passing_time, return_exceptions=True)
        await world.webhooks.close()
        world.store.close()

    routes = [_mount("/_sandbox", world, CONTROL, CONTROL.routes(world))]
    for vendor in vendors:
        controls = _mount(f"/_sandbox/{vendor.name}", world, vendor, vendor.controls(world))
        routes.insert(0, controls)
        routes.append(_mount(f"/{vendor.name}", world, vendor, vendor.routes(world)))
    return Starlette(routes=routes, lifespan=lifespan)


def _mount(prefix: str, world: World, vendor: Vendor, operations: list[Operation]) -> Mount:
    return Mount(
        prefix,
        routes=[
            Route(
                operation.path,
                Gateway(world, vendor, operation),
                methods=None if operation.method == "*" else [operation.method],
                name=operation.name,
            )
            for operation in operations
        ],
    )
