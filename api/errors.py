"""Whatever is raised below a route becomes an answer, in one form and without secrets."""

import logging
import traceback
import uuid

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.types import Scope

from api.expected import in_words
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


async def _told(_: Request, error: ProblemError) -> Response:
    return answer(error.status, error.detail, error.problems, error.headers)


async def _invalid(_: Request, error: RequestValidationError) -> Response:
    problems = tuple(
        FieldProblem(field=join(one["loc"]), message=in_words(one)) for one in error.errors()[:MOST]
    )
    return answer(422, "the address, the query or a header does not fit", problems)


async def _http(_: Request, error: HTTPException) -> Response:
    return answer(error.status_code, _of_route(error), headers=error.headers)


def _of_route(error: HTTPException) -> str:
    """The framework's two words for an address or a method that is not there, as a sentence."""
    if error.status_code == 404:
        return "there is no such address; /docs lists them all"
    if error.status_code == 405:
        takes = (error.headers or {}).get("Allow", "another method")
        return f"this address takes {takes}; /docs lists them all"
    return error.detail


async def _not_on_record(_: Request, error: NotOnRecord) -> Response:
    return answer(404, f"there is no such {error.kind}")


async def _unknown_sku(_: Request, error: UnknownSku) -> Response:
    problems = tuple(
        FieldProblem(field="sku", message=f"{sku} is not in the catalogue")
        for sku in error.skus[:MOST]
    )
    return answer(422, "nothing was stored", problems)


async def _database_away(request: Request, error: Exception) -> Response:
    _log.warning("the database is away at %s: %s", route_of(request.scope), type(error).__name__)
    words = "the records cannot be reached at the moment; try again"
    return answer(503, words, headers={"Retry-After": "2"})


def unforeseen(error: Exception, scope: Scope) -> Response:
    """The answer to an error that nobody foresaw: a reference to the log.

    Its message may hold anything that was sent, so it goes nowhere; the log gets what kind of
    error it was, and where.
    """
    reference = uuid.uuid4().hex
    frames = "".join(traceback.format_tb(error.__traceback__))
    kind = type(error).__name__
    _log.error("%s at %s, reference %s\n%s", kind, route_of(scope), reference, frames)
    return answer(500, f"it is in our log under reference {reference}; nothing more was done")


def route_of(scope: Scope) -> str:
    """The route's pattern: an address may hold a name."""
    return getattr(scope.get("route"), "path", "an unknown address")
