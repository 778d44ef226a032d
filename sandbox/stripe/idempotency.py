"""Stripe's idempotency layer (Stripe docs: Idempotent requests).

The first answer to a key is kept for 24 hours of the sandbox's clock, errors and 500s included,
and given again to the same request; anything else under that key is refused.
"""

import hashlib
from dataclasses import dataclass
from urllib.parse import parse_qsl

from sandbox.core.http import Answer, ParsedRequest
from sandbox.core.store import Document
from sandbox.core.world import World
from sandbox.stripe import multipart
from sandbox.stripe.errors import StripeError, invalid

KEPT = "stripe.idempotency"
KEPT_SECONDS = 24 * 3600
_LONGEST_KEY = 255


@dataclass(frozen=True)
class Claim:
    """A key that this request may now use; give the answer to `keep`, then `release`."""

    key: str
    fingerprint: str
    path: str


class Idempotency:
    """The kept answers, and the keys whose first request is still running."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._running: set[str] = set()

    def claim(self, request: ParsedRequest) -> Claim | Answer | None:
        """The kept answer; or a claim on a new key; or None without a key.

        Raises StripeError: 409 while the key's first request runs, 400 for other parameters.
        """
        key = request.idempotency_key
        if request.method != "POST" or not key:
            return None
        if len(key) > _LONGEST_KEY:
            raise invalid(f"Idempotency keys are at most {_LONGEST_KEY} characters long.")
        if key in self._running:
            raise key_in_use(key)
        claim = Claim(key, _fingerprint(request), request.path)
        kept = self._world.store.get(KEPT, key)
        if kept is None or kept["at"] + KEPT_SECONDS <= self._world.clock.timestamp():
            self._running.add(key)
            return claim
        _compare(kept, claim)
        return _again(kept)

    def keep(self, claim: Claim, answer: Answer, request_id: str) -> None:
        """Keep the answer under the key, and forget what is older than 24 hours."""
        now = self._world.clock.timestamp()
        store = self._world.store
        store.delete(KEPT, claim.key)
        document: Document = {
            "key": claim.key,
            "at": now,
            "path": claim.path,
            "fingerprint": claim.fingerprint,
            "status": answer.status,
            "body": answer.body.decode(),
            "request": request_id,
        }
        store.put(KEPT, claim.key, document)
        while (oldest := store.first(KEPT)) and oldest["at"] + KEPT_SECONDS <= now:
            store.delete(KEPT, oldest["key"])

    def release(self, claim: Claim) -> None:
        """The request has ended."""
        self._running.discard(claim.key)


def key_in_use(key: str) -> StripeError:
    """409 for a key whose first request has not ended."""
    return StripeError(
        409,
        f"There is currently another in-progress request using this Idempotency Key: {key}.",
        code="idempotency_key_in_use",
        saved=False,
    )


def _fingerprint(request: ParsedRequest) -> str:
    if multipart.is_multipart(request):  # its boundary is drawn anew for each request
        fields = sorted(multipart.fields(request).items())
        return hashlib.sha256(repr(fields).encode()).hexdigest()
    pairs = sorted(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
    return hashlib.sha256(repr(pairs).encode()).hexdigest()


def _compare(kept: Document, claim: Claim) -> None:
    if kept["path"] != claim.path:
        raise StripeError(
            400,
            "Keys for idempotent requests can only be used for the same endpoint they were first"
            f" used for ('{claim.path}' vs '{kept['path']}').",
            kind="idempotency_error",
            saved=False,
        )
    if kept["fingerprint"] != claim.fingerprint:
        raise StripeError(
            400,
            "Keys for idempotent requests can only be used with the same parameters they were"
            f" first used with. '{claim.key}' was first used with others.",
            kind="idempotency_error",
            saved=False,
        )


def _again(kept: Document) -> Answer:
    headers = {
        "content-type": "application/json",
        "idempotent-replayed": "true",
        "original-request": kept["request"],
    }
    if kept["status"] >= 500:
        headers["stripe-should-retry"] = "false"
    return Answer(kept["status"], kept["body"].encode(), headers)
