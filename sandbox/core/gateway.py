"""The way in for each call: faults before, the vendor's handler, commit, faults after."""

import asyncio
import json
from typing import Any

from starlette.types import Receive, Scope, Send

from sandbox.core.faults import AFTER_KINDS, BEFORE_KINDS, GENERAL_KINDS
from sandbox.core.http import Answer, BadJsonError, Fault, ParsedRequest
from sandbox.core.store import Document
from sandbox.core.world import Operation, Vendor, World

TRANSPORT = "sandbox.transport"
"""Where `sandbox/__main__.py` leaves the connection, so that it can be cut."""
_HANG_SECONDS = 60.0


class Gateway:
    """ASGI application of one operation."""

    def __init__(self, world: World, vendor: Vendor, operation: Operation) -> None:
        self._world = world
        self._vendor = vendor
        self._operation = operation

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = await self._read(scope, receive)
        if request is None:
            return
        fault = self._fault(request)
        if fault is not None and fault.kind in BEFORE_KINDS:
            answer = await self._play_before(fault, receive)
        else:
            answer = await self._act(request, fault)
            if fault is not None and fault.kind in AFTER_KINDS:
                answer = await self._play_after(fault, answer, receive)
        if answer is None:
            await _cut(scope, receive)
        else:
            await _send(answer, send)

    async def _read(self, scope: Scope, receive: Receive) -> ParsedRequest | None:
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        request = ParsedRequest(
            provider=self._vendor.name,
            operation=self._operation.name,
            method=scope["method"],
            path=scope["path"].removeprefix(scope.get("root_path", "")),
            path_params=scope["path_params"],
            query_string=scope["query_string"].decode("latin-1"),
            headers={
                name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
            },
            body=bytes(body),
        )
        if self._operation.name_of is not None:
            request.operation = self._operation.name_of(request)
        return request

    def _fault(self, request: ParsedRequest) -> Fault | None:
        faults = self._world.faults
        if self._operation.faults is None or not faults.any():
            return None
        fault = faults.fire(request.provider, request.operation, request.haystack())
        self._world.store.commit()
        return fault

    async def _act(self, request: ParsedRequest, fault: Fault | None) -> Answer:
        world, operation = self._world, self._operation
        if fault is not None and fault.kind == "delay":
            request.delay_seconds = float(fault.params.get("seconds", 1))
            if not operation.waits_itself:
                await request.wait()
        elif fault is not None and fault.kind not in GENERAL_KINDS:
            request.fault = fault
        try:
            answer = await operation.handler(world, request)
        except BadJsonError as error:
            world.store.rollback()
            return self._error(400, f"malformed JSON: {error}")
        except Exception as error:  # noqa: BLE001 - border: a bug of ours becomes a loud 500
            world.store.rollback()
            world.report(f"{request.provider} {operation.name}", error)
            return self._error(500, f"the sandbox failed: {error!r}")
        world.store.commit()
        await world.webhooks.before_answer()
        return answer

    async def _play_before(self, fault: Fault, receive: Receive) -> Answer | None:
        params = fault.params
        if fault.kind == "http_error":
            answer = self._error(int(params.get("status", 500)), "scripted failure")
            return _altered(answer, params)
        if fault.kind == "rate_limit":
            answer = self._error(429, "too many requests")
            answer.headers["retry-after"] = str(params.get("retry_after", 1))
            return answer
        if fault.kind == "hang_before":
            await _hang(params, receive)
        return None

    async def _play_after(self, fault: Fault, answer: Answer, receive: Receive) -> Answer | None:
        params = fault.params
        if fault.kind == "error_after":
            failed = self._error(int(params.get("status", 500)), "scripted failure, after the act")
            return _altered(failed, params)
        if fault.kind == "malformed_after":
            return _malformed(answer, params)
        if fault.kind == "hang_after":
            return answer if await _hang(params, receive) else None
        return None

    def _error(self, status: int, message: str) -> Answer:
        return Answer.json(self._vendor.error(status, message), status)


def _altered(answer: Answer, params: Document) -> Answer:
    body = params.get("body")
    if body is not None:
        text = body if isinstance(body, str) else json.dumps(body)
        answer = Answer(answer.status, text.encode(), answer.headers)
    answer.headers.update(params.get("headers", {}))
    return answer


def _malformed(answer: Answer, params: Document) -> Answer:
    """`body` verbatim, or `remove` and `replace` top-level fields, or cut in half."""
    if "body" in params:
        return Answer(answer.status, str(params["body"]).encode(), answer.headers)
    if "remove" in params or "replace" in params:
        document: dict[str, Any] = json.loads(answer.body) | params.get("replace", {})
        for name in params.get("remove", []):
            document.pop(name, None)
        return Answer.json(document, answer.status)
    return Answer(answer.status, answer.body[: len(answer.body) // 2], answer.headers)


async def _hang(params: Document, receive: Receive) -> bool:
    """Keep silent; True when the caller is still there afterwards."""
    seconds = float(params.get("seconds", _HANG_SECONDS))
    try:
        await asyncio.wait_for(_gone(receive), seconds)
    except TimeoutError:
        return True
    return False


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue


async def _cut(scope: Scope, receive: Receive) -> None:
    scope[TRANSPORT].abort()
    await _gone(receive)


async def _send(answer: Answer, send: Send) -> None:
    headers = [
        (name.lower().encode("latin-1"), value.encode("latin-1"))
        for name, value in answer.headers.items()
    ]
    headers.append((b"content-length", str(len(answer.body)).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
