"""Errors as answers: one form for all of them, RFC 9457 (problem details), with field paths."""

from collections.abc import Mapping

from fastapi.responses import JSONResponse

from domain.model import Model

MEDIA_TYPE = "application/problem+json"


class FieldProblem(Model):
    """What is wrong with one field: ``lines.0.quantity``, or the channel's own path."""

    field: str
    message: str


class Problem(Model):
    """An error as callers read it (RFC 9457). ``type`` is stable; the words may change."""

    type: str
    title: str
    status: int
    detail: str
    problems: tuple[FieldProblem, ...] = ()


_TITLES = {
    400: ("malformed", "The request cannot be read"),
    401: ("unauthenticated", "A valid key is needed"),
    403: ("forbidden", "This key may not do that"),
    404: ("not-found", "There is no such thing here"),
    405: ("method-not-allowed", "This address does not take that method"),
    409: ("conflict", "That does not fit what is on record"),
    413: ("too-large", "The body is too large"),
    415: ("media-type", "The body has the wrong content type"),
    422: ("invalid", "The request says something that cannot be"),
    500: ("internal", "An error nobody foresaw"),
    503: ("unavailable", "A part of the service is away"),
}


class ProblemError(Exception):
    """Raised anywhere below a route; becomes the answer with this status."""

    def __init__(
        self,
        status: int,
        detail: str,
        problems: tuple[FieldProblem, ...] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """``detail`` says what happened and what to do now; no secrets, no personal data."""
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.problems = problems
        self.headers = dict(headers or {})


def answer(
    status: int,
    detail: str,
    problems: tuple[FieldProblem, ...] = (),
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """The response for a problem."""
    slug, title = _TITLES.get(status, ("error", "The request was not served"))
    problem = Problem(
        type=f"urn:ordersaga:problem:{slug}",
        title=title,
        status=status,
        detail=detail,
        problems=problems,
    )
    return JSONResponse(
        problem.model_dump(mode="json"), status, headers=headers, media_type=MEDIA_TYPE
    )


def invalid(problems: tuple[FieldProblem, ...], detail: str = "") -> ProblemError:
    """422: the body can be read, and says something that cannot be."""
    count = len(problems)
    words = detail or f"{count} problem{'' if count == 1 else 's'}; nothing was stored"
    return ProblemError(422, words, problems)


def not_found(what: str) -> ProblemError:
    """404: it does not exist, or belongs to another shop, which is the same answer."""
    return ProblemError(404, f"there is no such {what}")


def away(what: str) -> ProblemError:
    """503: try again in a moment; nothing was done."""
    words = f"{what} cannot be reached at the moment; try again"
    return ProblemError(503, words, headers={"Retry-After": "2"})
