"""What every Stripe endpoint shares: authentication, parameters, idempotency, errors, expansion."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from sandbox.core.http import Answer, Fault, ParsedRequest
from sandbox.core.store import Document, Store
from sandbox.core.world import Operation, World
from sandbox.stripe import events, multipart
from sandbox.stripe.errors import StripeError, general, unknown_id
from sandbox.stripe.idempotency import Claim, Idempotency, key_in_use
from sandbox.stripe.objects import expand, new_id, shown
from sandbox.stripe.params import Params, parse

COMMON_FAULTS = ("key_in_use", "stored_error")
"""409 without doing anything; done (or not: params.done=false), then a 500 kept under the key."""


@dataclass(frozen=True)
class Call:
    """One authenticated call with its parameters."""

    world: World
    params: Params
    ids: dict[str, str]
    path: str
    host: str
    fault: Fault | None = None
    request: Document = field(default_factory=dict[str, object])

    @property
    def store(self) -> Store:
        """Where all objects are."""
        return self.world.store

    @property
    def now(self) -> int:
        """Sandbox time in Unix seconds."""
        return self.world.clock.timestamp()

    def emit(self, kind: str, subject: Document, order: str | None) -> None:
        """An event caused by this call."""
        events.emit(self.world, kind, subject, order, self.request)

    def subject(self, kind: str, what: str) -> Document:
        """The object named in the path. Raises StripeError, 404."""
        return self.find(kind, what, self.ids["id"], "id", 404)

    def find(self, kind: str, what: str, key: str, param: str, status: int = 400) -> Document:
        """An object by its id. Raises StripeError."""
        found = self.store.get(kind, key)
        if found is None:
            raise unknown_id(what, key, param, status)
        return found


CallHandler = Callable[[Call], Document]


@dataclass(frozen=True)
class Endpoint:
    """Makes an operation's handler out of a function from a call to an object."""

    handler: CallHandler
    allowed: frozenset[str]
    idempotency: Idempotency

    async def __call__(self, world: World, request: ParsedRequest) -> Answer:
        """Answer one request."""
        request_id = new_id("req")
        headers = {"request-id": request_id, "stripe-version": events.API_VERSION}
        if request.idempotency_key:
            headers["idempotency-key"] = request.idempotency_key
        answer = await self._answer(world, request, request_id)
        answer.headers.update(headers)
        return answer

    async def _answer(self, world: World, request: ParsedRequest, request_id: str) -> Answer:
        try:
            _authenticate(request)
            if request.fault is not None and request.fault.kind == "key_in_use":
                raise key_in_use(request.idempotency_key or "")
            claim = self.idempotency.claim(request)
        except StripeError as error:
            return Answer.json(error.body, error.status)
        if isinstance(claim, Answer):
            return claim
        try:
            await request.wait()
            answer, saved = self._execute(world, request, request_id)
            if claim is not None and saved:
                self.idempotency.keep(claim, answer, request_id)
            return answer
        finally:
            if isinstance(claim, Claim):
                self.idempotency.release(claim)

    def _execute(
        self, world: World, request: ParsedRequest, request_id: str
    ) -> tuple[Answer, bool]:
        fault = request.fault
        if fault is not None and fault.kind == "stored_error":
            if fault.params.get("done", True):
                self._attempt(world, request, request_id)
            message = "An unknown error occurred."
            return Answer.json(general(500, message), 500, {"stripe-should-retry": "false"}), True
        return self._attempt(world, request, request_id)

    def _attempt(
        self, world: World, request: ParsedRequest, request_id: str
    ) -> tuple[Answer, bool]:
        try:
            return Answer.json(self._result(world, request, request_id)), True
        except StripeError as error:
            if not error.saved:
                # A request that fails validation leaves nothing behind, wherever it was noticed.
                world.store.rollback()
            return Answer.json(error.body, error.status), error.saved

    def _result(self, world: World, request: ParsedRequest, request_id: str) -> Document:
        params = Params(_given(request))
        params.only(self.allowed)
        call = Call(
            world=world,
            params=params,
            ids=request.path_params,
            path=request.path,
            host=request.headers.get("host", "127.0.0.1"),
            fault=request.fault,
            request={"id": request_id, "idempotency_key": request.idempotency_key},
        )
        return expand(world.store, shown(self.handler(call)), params.texts("expand"))


def endpoint(
    idempotency: Idempotency,
    route: tuple[str, str, str],
    handler: CallHandler,
    allowed: Iterable[str] = (),
    faults: tuple[str, ...] = (),
    name_of: Callable[[ParsedRequest], str] | None = None,
) -> Operation:
    """An operation from (method, path, name), its function and the parameters that it knows."""
    method, path, name = route
    common = COMMON_FAULTS if method == "POST" else ()
    return Operation(
        method,
        path,
        name,
        Endpoint(handler, frozenset(allowed) | {"expand"}, idempotency),
        faults=common + faults,
        waits_itself=True,
        name_of=name_of,
    )


def _given(request: ParsedRequest) -> Document:
    if multipart.is_multipart(request):
        return multipart.fields(request)
    return parse(request.query_string if request.method == "GET" else request.body.decode())


def _authenticate(request: ParsedRequest) -> None:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme not in ("Bearer", "Basic") or not key:
        raise StripeError(401, "You did not provide an API key.", saved=False)
