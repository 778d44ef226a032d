"""The control API under /_sandbox: clock, faults, ledger, settings, reset, settle."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sandbox.core.faults import UnknownFaultError
from sandbox.core.http import Answer, ParsedRequest
from sandbox.core.settings import UnknownSettingError
from sandbox.core.world import Operation, Vendor, World, plain_error


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Advance(_Body):
    advance_seconds: float = Field(ge=0)


class _Settle(_Body):
    timeout: float = Field(default=10, ge=0)


class _Script(_Body):
    provider: str
    operation: str
    kind: str
    order: str | None = None
    nth: int | None = Field(default=1, ge=1)
    times: int | None = Field(default=1, ge=1)
    params: dict[str, Any] = Field(default_factory=dict[str, Any])


def _refused(error: Exception) -> Answer:
    return Answer.json(plain_error(422, str(error)), 422)


async def _health(world: World, _: ParsedRequest) -> Answer:
    """200 while the sandbox itself has shown no bug, 500 with the list once it has."""
    status = "broken" if world.errors else "ok"
    return Answer.json({"status": status, "errors": world.errors}, 500 if world.errors else 200)


async def _clock(world: World, _: ParsedRequest) -> Answer:
    offset = world.clock.offset.total_seconds()
    return Answer.json({"now": world.clock.now().isoformat(), "offset_seconds": offset})


async def _advance(world: World, request: ParsedRequest) -> Answer:
    try:
        body = _Advance.model_validate(request.json())
    except ValidationError as error:
        return _refused(error)
    await world.timers.advance(body.advance_seconds)
    return await _clock(world, request)


async def _ledger(world: World, request: ParsedRequest) -> Answer:
    query = request.query
    after = query.get("after", "0")
    if not after.isdecimal():
        return Answer.json(plain_error(422, f"after must be a number, not {after}"), 422)
    entries = world.ledger.entries(
        provider=request.path_params.get("provider"),
        order=query.get("order"),
        kind=query.get("kind"),
        after=int(after),
    )
    return Answer.json({"entries": [entry.document() for entry in entries]})


async def _settings(world: World, _: ParsedRequest) -> Answer:
    return Answer.json(world.settings.everything())


async def _change_settings(world: World, request: ParsedRequest) -> Answer:
    try:
        world.settings.merge(request.json())
    except UnknownSettingError as error:
        return _refused(error)
    return await _settings(world, request)


async def _faults(world: World, _: ParsedRequest) -> Answer:
    return Answer.json({"faults": [vars(rule) for rule in world.faults.rules()]})


async def _script(world: World, request: ParsedRequest) -> Answer:
    try:
        body = _Script.model_validate(request.json())
        rule = world.faults.add(body.model_dump())
    except (ValidationError, UnknownFaultError) as error:
        return _refused(error)
    return Answer.json({"id": rule.id}, 201)


async def _unscript(world: World, request: ParsedRequest) -> Answer:
    world.faults.remove(request.path_params.get("id"))
    return Answer.empty()


async def _operations(world: World, _: ParsedRequest) -> Answer:
    known = world.faults.operations().items()
    return Answer.json(
        [
            {"provider": provider, "operation": operation, "kinds": sorted(kinds)}
            for (provider, operation), kinds in known
        ]
    )


async def _reset(world: World, _: ParsedRequest) -> Answer:
    await world.reset()
    return Answer.empty()


async def _settle(world: World, request: ParsedRequest) -> Answer:
    try:
        body = _Settle.model_validate(request.json() if request.body else {})
    except ValidationError as error:
        return _refused(error)
    return Answer.json(await world.settle(body.timeout))


def _routes(_: World) -> list[Operation]:
    table = (
        ("GET", "/health", "health", _health),
        ("GET", "/clock", "clock", _clock),
        ("POST", "/clock", "advance", _advance),
        ("GET", "/ledger", "ledger", _ledger),
        ("GET", "/ledger/{provider}", "ledger_of", _ledger),
        ("GET", "/settings", "settings", _settings),
        ("PUT", "/settings", "change_settings", _change_settings),
        ("GET", "/faults", "faults", _faults),
        ("POST", "/faults", "script", _script),
        ("DELETE", "/faults", "unscript_all", _unscript),
        ("DELETE", "/faults/{id}", "unscript", _unscript),
        ("GET", "/operations", "operations", _operations),
        ("POST", "/reset", "reset", _reset),
        ("POST", "/settle", "settle", _settle),
    )
    return [Operation(*entry, faults=None) for entry in table]


CONTROL = Vendor(name="_sandbox", routes=_routes)
"""The control API in the same form as a vendor, but out of reach of any fault."""
