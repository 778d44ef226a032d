"""The description of the API: bodies that are read by hand, scopes, and problems, on each route."""

from collections.abc import Iterator
from typing import Any, cast

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic.json_schema import models_json_schema

from api.access import AdminAllowed, Allowed
from api.bodies import RawBody
from api.problems import MEDIA_TYPE, Problem
from domain.model import Model

REF = "#/components/schemas/{model}"
SENT_REF = "#/components/schemas/Sent{model}"


def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, made once."""
    if app.openapi_schema is None:
        app.openapi_schema = _document(app)
    return app.openapi_schema


def routes_of(app: FastAPI) -> Iterator[APIRoute]:
    """Every route of the API, those of included routers too."""
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if isinstance(route, APIRoute):
            yield route


def dependencies_of(dependant: Dependant) -> Iterator[object]:
    """What a route depends on, however deep."""
    for one in dependant.dependencies:
        yield one.call
        yield from dependencies_of(one)


def _document(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title=app.title,
        version=app.version,
        summary=app.summary,
        description=app.description,
        routes=app.routes,
        tags=app.openapi_tags,
    )
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    bodies = [
        one
        for route in routes_of(app)
        for one in dependencies_of(route.dependant)
        if isinstance(one, RawBody)
    ]
    schemas.update(_sent_schemas(bodies))
    schemas.update(_schemas([Problem], REF))
    for route in routes_of(app):
        if route.include_in_schema:
            for method in route.methods or ():
                _complete(document["paths"][route.path_format][method.lower()], route, schemas)
    # Made by the framework for bodies and answers that this API has none of.
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
    _say_local_times(schemas)
    return document


LOCAL_TIME = r"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?$"


def _say_local_times(part: object) -> None:
    """JSON Schema's format "time" wants an offset; a cut-off is a local time and has none."""
    if isinstance(part, dict):
        schema = cast("dict[str, object]", part)
        if schema.get("format") == "time":
            del schema["format"]
            schema["pattern"] = LOCAL_TIME
        for inner in schema.values():
            _say_local_times(inner)
    elif isinstance(part, list):
        for inner in cast("list[object]", part):
            _say_local_times(inner)


def _schemas(models: list[type[Model]], ref: str) -> dict[str, Any]:
    ordered = sorted(set(models), key=lambda one: one.__name__)
    _, definitions = models_json_schema([(one, "validation") for one in ordered], ref_template=ref)
    return definitions["$defs"]


def _sent_schemas(bodies: list[RawBody]) -> dict[str, Any]:
    """Bodies have schemas of their own: what is sent has defaults, what is read has all fields."""
    sent: dict[str, Any] = {}
    for closed in (False, True):
        models = [one.model for one in bodies if one.model is not None and one.closed is closed]
        for name, schema in _schemas(models, SENT_REF).items():
            whole = {"additionalProperties": False} if closed and "properties" in schema else {}
            sent[f"Sent{name}"] = schema | whole
    return sent


def _complete(operation: dict[str, Any], route: APIRoute, schemas: dict[str, Any]) -> None:
    answers = operation["responses"]
    answers.pop("422", None)
    for one in dependencies_of(route.dependant):
        if isinstance(one, Allowed | AdminAllowed):
            operation["description"] = (
                f"{operation.get('description', '')}\n\nNeeds {_key(one)}.".strip()
            )
        if isinstance(one, RawBody):
            operation["requestBody"] = _request_body(one, schemas)
    answers["default"] = {
        "description": "What went wrong, in one form for every error (RFC 9457).",
        "content": {MEDIA_TYPE: {"schema": {"$ref": REF.format(model=Problem.__name__)}}},
    }


def _key(one: Allowed | AdminAllowed) -> str:
    return f"a key with scope {one.words}" if isinstance(one, Allowed) else one.words


def _request_body(body: RawBody, schemas: dict[str, Any]) -> dict[str, Any]:
    schema = body.schema
    if body.model is not None:
        schema = _as_sent(body.model.__name__, body.hidden, schemas)
    content: dict[str, Any] = {"schema": schema}
    if body.examples:
        content["examples"] = {name: {"value": value} for name, value in body.examples.items()}
    return {"required": True, "content": dict.fromkeys(body.media_types, content)}


def _as_sent(name: str, hidden: tuple[str, ...], schemas: dict[str, Any]) -> dict[str, Any]:
    """A model without the fields that the address or the server gives."""
    if not hidden:
        return {"$ref": SENT_REF.format(model=name)}
    whole = schemas[f"Sent{name}"]
    sent = f"{name}Report"
    schemas[sent] = whole | {
        "title": sent,
        "properties": {one: of for one, of in whole["properties"].items() if one not in hidden},
        "required": [one for one in whole.get("required", []) if one not in hidden],
    }
    return {"$ref": REF.format(model=sent)}
