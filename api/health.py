"""Whether this process lives, and whether it can serve."""

from fastapi import APIRouter, Response
from fastapi.concurrency import run_in_threadpool

from api.access import Wired
from api.wiring import Wiring
from backoffice.database import UNREACHABLE
from domain.model import Model

router = APIRouter(prefix="/health", tags=["health"])


class Live(Model):
    """This process answers."""

    status: str = "live"


class Ready(Model):
    """What the process needs, and whether it answers. Orders are taken without the engine."""

    ready: bool
    database: bool
    engine: bool


@router.get("/live", summary="Does the process live?")
async def live() -> Live:
    """Always, if it answers."""
    return Live()


@router.get("/ready", summary="Can the process serve?", responses={503: {"model": Ready}})
async def ready(wiring: Wired, response: Response) -> Ready:
    """503 while the records or the engine are away."""
    database = await run_in_threadpool(_database_answers, wiring)
    engine = await wiring.starter.answers()
    if not (database and engine):
        response.status_code = 503
    return Ready(ready=database and engine, database=database, engine=engine)


def _database_answers(wiring: Wiring) -> bool:
    try:
        wiring.books.database.ping()
    except UNREACHABLE:
        return False
    return True
