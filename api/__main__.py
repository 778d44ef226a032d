"""``python -m api``: serve the API with the settings of the environment."""

import argparse
import asyncio
import os
import sys

import uvicorn
from pydantic import ValidationError

from api.serving import CannotServe, put_together
from runtime.logs import log_as_json
from runtime.settings import Settings, complaints
from runtime.temporal import EngineUnnamed, connect
from runtime.tracing import tracing


async def serve(host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT."""
    settings = Settings()
    if not settings.database_url:
        raise SystemExit("ORDERSAGA_DATABASE_URL is not set; `ordersaga up` sets it")
    try:
        client = await connect(lazy=True)
    except EngineUnnamed as wrong:
        raise SystemExit(str(wrong)) from None
    traces = tracing("ordersaga-api")
    try:
        serving = put_together(settings, client, settings.database_url, traces)
    except CannotServe as wrong:
        raise SystemExit(str(wrong)) from None
    config = uvicorn.Config(
        serving.app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=15,
    )
    try:
        await uvicorn.Server(config).serve()
    finally:
        serving.database.close()
        traces.close()


def main() -> None:
    """Read the command line, serve, and leave at once.

    The engine's client may abort the interpreter's own way out (temporalio/sdk-python#300).
    """
    parser = argparse.ArgumentParser(prog="python -m api")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8080)
    arguments = parser.parse_args()
    try:
        log_as_json(Settings().log_level)
    except ValidationError as wrong:
        raise SystemExit("; ".join(complaints(wrong).values())) from None
    asyncio.run(serve(arguments.host, arguments.port))
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
