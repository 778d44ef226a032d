"""Whatever is raised below a route becomes an answer here, in one form and without secrets."""

import logging
import uuid

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from api.fields import MOST, join
from api.problems import FieldProblem, ProblemError, answer
from backoffice.database import UNREACHABLE
from backoffice.refusals import NotOnRecord, UnknownSku

_log = logging.getLogger(__name__)


def answer_errors(app: FastAPI) -> None:
    """Register the answer to every kind of error."""
    app.exception_handler(ProblemError)(_told)
    app.exception_handler(RequestValidationError)(_invalid)
    app.exception_handler(HTTPException)(_http)
    app.exception_handler(NotOnRecord)(_not_on_record)
    app.exception_handler(UnknownSku)(_unknown_sku)
    for error in UNREACHABLE:
        app.exception_handler(error)(_database_away)
    app.exception_handler(Exception)(_unforeseen)


async def _told(_: Request, error: ProblemError) -> Response:
    return answer(error.status, error.detail, error.problems, error.headers)


async def _invalid(_: Request, error: RequestValidationError) -> Response:
    problems = tuple(
        FieldProblem(field=join(one["loc"]), message=one["msg"].removeprefix("Value error, "))
        for one in error.errors()[:MOST]
    )
    return answer(422, "the address, the query or a header does not fit", problems)


async def _http(_: Request, error: HTTPException) -> Response:
    return answer(error.status_code, error.detail, headers=error.headers)


async def _not_on_record(_: Request, error: NotOnRecord) -> Response:
    return answer(404, f"there is no such {error.kind}")


async def _unknown_sku(_: Request, error: UnknownSku) -> Response:
    problems = tuple(
        FieldProblem(field="sku", message=f"{sku} is not in the catalogue")
        for sku in error.skus[:MOST]
    )
    return answer(422, "nothing was stored", problems)


async def _database_away(request: Request, error: Exception) -> Response:
    _log.warning("the database is away at %s: %s", _route(request), type(error).__name__)
    words = "the records cannot be reached at the moment; try again"
    return answer(503, words, headers={"Retry-After": "2"})


async def _unforeseen(request: Request, error: Exception) -> Response:
    """The message of an error that nobody foresaw may hold anything, so it goes to the log alone.

    There its traceback stands under the same reference as the answer.
    """
    reference = uuid.uuid4().hex
    _log.error("unforeseen at %s, reference %s", _route(request), reference, exc_info=error)
    return answer(500, f"it is on our log under reference {reference}; nothing more was done")


def _route(request: Request) -> str:
    """The route's pattern: an address may hold a name."""
    return getattr(request.scope.get("route"), "path", "an unknown address")
