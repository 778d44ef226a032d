"""A query parameter that a route does not know is refused: a misspelt filter must not find all."""

from collections.abc import Iterator

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from api.fields import MOST, join
from api.problems import FieldProblem, invalid


async def known_query(request: Request) -> None:
    """A dependency of whole routers: the caller's parameters are all ones that the route declares.

    Raises:
        ProblemError: 422 that names the unknown ones, and those that there are.
    """
    route = request.scope.get("route")
    if not request.query_params or not isinstance(route, APIRoute):
        return
    known = set(_declared(route.dependant))
    unknown = sorted(set(request.query_params) - known)
    if unknown:
        there_are = f"this address takes {', '.join(sorted(known)) or 'none'}"
        problems = tuple(
            FieldProblem(field=join(("query", name)), message=f"is not known; {there_are}")
            for name in unknown[:MOST]
        )
        raise invalid(problems, "the query has a parameter that is not known; nothing was done")


def _declared(dependant: Dependant) -> Iterator[str]:
    """What a route takes from the query, by itself and by what it depends on."""
    for one in dependant.query_params:
        yield one.alias
    for inner in dependant.dependencies:
        yield from _declared(inner)
