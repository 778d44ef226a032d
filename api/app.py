"""The application: routes, one form for every error, a log line for each call."""

from typing import Any

from fastapi import FastAPI

from api import (
    cases,
    channel_orders,
    events,
    health,
    orders,
    print_jobs,
    products,
    shops,
    stock,
    warehouse_floor,
    warehouse_reports,
    webhooks,
)
from api.call_log import CallLog
from api.errors import answer_errors
from api.openapi import describe
from api.wiring import Wiring

DESCRIPTION = """
Orders come in here, are carried out durably, and tell what became of them.

Every call but the webhooks, the health checks and this description needs a key, as `X-API-Key`
or as `Authorization: Bearer`. A key speaks for one shop and has scopes; what belongs to another
shop does not exist for it. Amounts are integers in the currency's minor unit (cents for EUR, yen
for JPY, fils for KWD); times are ISO 8601 in UTC. Every error is a problem document (RFC 9457)
whose `problems` name the fields.
"""

_ROUTERS = (
    orders.router,
    channel_orders.router,
    events.router,
    cases.router,
    warehouse_reports.router,
    warehouse_floor.router,
    print_jobs.router,
    shops.router,
    products.router,
    stock.router,
    webhooks.router,
    health.router,
)


def create_app(wiring: Wiring) -> FastAPI:
    """The API over what it was put together from; `wiring` is closed by whoever made it."""
    app = FastAPI(
        title="Ordersaga",
        version="1",
        summary="Every step of an order, made durable",
        description=DESCRIPTION.strip(),
        redirect_slashes=False,
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
    )
    app.state.wiring = wiring
    for router in _ROUTERS:
        app.include_router(router)

    def openapi() -> dict[str, Any]:
        return describe(app)

    app.openapi = openapi
    answer_errors(app)
    app.add_middleware(CallLog)
    return app
