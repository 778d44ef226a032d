"""The application: routes, one form for every error, a log line for each call."""

from typing import Any

from fastapi import Depends, FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.responses import HTMLResponse, RedirectResponse
from starlette.staticfiles import StaticFiles

from api import (
    accounts,
    amendments,
    cases,
    channel_orders,
    codec,
    codec_sign_in,
    complaint_page,
    complaints,
    disputes,
    erasing,
    events,
    health,
    orders,
    print_jobs,
    products,
    refunds,
    reports,
    settling,
    shops,
    stock,
    substitution_page,
    substitutions,
    transfers,
    warehouse_floor,
    warehouse_reports,
    warehouses,
    webhooks,
)
from api.border import Border
from api.codec_cors import CodecCors
from api.errors import answer_errors
from api.known_query import known_query
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
    amendments.router,
    refunds.router,
    disputes.router,
    complaints.router,
    erasing.router,
    channel_orders.router,
    events.router,
    cases.router,
    substitutions.router,
    settling.router,
    transfers.router,
    reports.router,
    warehouse_reports.router,
    warehouse_floor.router,
    print_jobs.router,
    shops.router,
    products.router,
    stock.router,
    warehouses.router,
    accounts.router,
    codec_sign_in.router,
    health.router,
)
_OTHERS_CALLS = (webhooks.router, codec.router, substitution_page.router, complaint_page.router)
"""Providers and the Temporal UI write these calls: what they add to the address is theirs."""


def create_app(wiring: Wiring) -> FastAPI:
    """The API over what it was put together from; `wiring` is closed by whoever made it."""
    app = FastAPI(
        title="Ordersaga",
        version="1",
        summary="Every step of an order, made durable",
        description=DESCRIPTION.strip(),
        redirect_slashes=False,
        docs_url=None,
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
        # Its own spans hold addresses, and with them what somebody searched for.
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
    app.state.wiring = wiring
    for router in _ROUTERS:
        app.include_router(router, dependencies=[Depends(known_query)])
    for router in _OTHERS_CALLS:
        app.include_router(router)

    def openapi() -> dict[str, Any]:
        return describe(app)

    app.openapi = openapi
    _show_description(app)
    answer_errors(app)
    app.add_middleware(CodecCors, origin=wiring.temporal_ui_url)
    app.add_middleware(Border)
    return app


def _show_description(app: FastAPI) -> None:
    """The description as a page, with files from a wheel instead of a stranger's server."""
    app.mount("/swagger", StaticFiles(packages=[("fastapi_swagger", "resources")]))

    @app.get("/", include_in_schema=False)
    def front_door() -> RedirectResponse:
        return RedirectResponse("docs")  # relative: it may stand below a path of a proxy

    @app.get("/docs", include_in_schema=False)
    def docs() -> HTMLResponse:
        return get_swagger_ui_html(
            openapi_url="openapi.json",
            title=app.title,
            swagger_js_url="swagger/swagger-ui-bundle.js",
            swagger_css_url="swagger/swagger-ui.css",
            swagger_favicon_url="swagger/favicon-32x32.png",
        )
