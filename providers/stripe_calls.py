"""Calls to Stripe: one client for a process, time-outs, retries, idempotency keys, errors."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import requests
import stripe

from domain.failures import NotDone, Refused, UnknownOutcome
from providers.failures import never_sent, of_stripe
from providers.http_session import TimedSession
from providers.keys import header_safe

T = TypeVar("T")

CONNECT_SECONDS, READ_SECONDS = 2.0, 10.0
_RETRIES = 2
_TURN_SECONDS = 50.0
"""All calls of one operation together: less than an activity's 60 seconds."""
_BACK_OFF_SECONDS = 1.5
_FOLLOW_UPS = 3


class StoredFailure(Exception):
    """Stripe keeps a failure under this idempotency key, and gives it again and again."""


class _WatchedSession(TimedSession):
    """Notes whether any try of a call may have had its effect.

    The SDK tries a call several times and raises the last error: a refused connection after a
    time-out looks harmless and is not.
    """

    def __init__(self, timeout: tuple[float, float]) -> None:
        super().__init__(timeout, get_retries=0)
        self._watch = threading.local()

    @property
    def doubtful(self) -> bool:
        """Whether this thread's call may have had its effect without our hearing of it."""
        return getattr(self._watch, "doubtful", False)

    @doubtful.setter
    def doubtful(self, value: bool) -> None:
        self._watch.doubtful = value

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """One try, watched."""
        try:
            response = super().send(request, **kwargs)
        except requests.RequestException as error:
            if not never_sent(error):
                self.doubtful = True
            raise
        if response.status_code >= 500 or response.status_code == 409:
            self.doubtful = True
        return response


class StripeCalls:
    """The client that all threads of a process share."""

    def __init__(self, url: str | None, key: str, timeout: tuple[float, float]) -> None:
        """``url`` is None for Stripe itself; ``timeout`` is (connect, read) in seconds."""
        stripe.enable_telemetry = False
        # At DEBUG the SDK logs whole requests, with names and addresses.
        logging.getLogger("stripe").setLevel(logging.WARNING)
        self._timeout = timeout
        self._session = _WatchedSession(timeout)
        self._client = stripe.StripeClient(
            header_safe(key),
            base_addresses={"api": url, "files": url} if url else {},
            http_client=stripe.RequestsClient(timeout=timeout, session=self._session),
            max_network_retries=_RETRIES,
        )

    def turn(self, repeated: bool = False) -> "StripeTurn":
        """Begin one operation; where it is ``repeated``, an earlier try may have had its effect,
        and a key that is refused by now leaves that unknown."""
        return StripeTurn(self._client, self._session, self._timeout, repeated)

    def close(self) -> None:
        """Let go of all connections."""
        self._session.close()


class StripeTurn:
    """The calls of one operation, all within the time that one try of an activity has."""

    def __init__(
        self,
        client: stripe.StripeClient,
        session: _WatchedSession,
        timeout: tuple[float, float],
        repeated: bool,
    ) -> None:
        self.v1 = client.v1
        self._session = session
        self._one_try = sum(timeout)
        self._ends = time.monotonic() + _TURN_SECONDS
        self._repeated = repeated
        self._doubtful = False

    def read(self, call: Callable[[stripe.RequestOptions], T]) -> T:
        """A call without effect.

        Raises:
            NotDone: or UnknownOutcome, where an earlier call of this turn is in doubt.
            Refused, stripe.InvalidRequestError: as it is.
        """
        return self._call(call, {})

    def write(
        self,
        key: str,
        call: Callable[[stripe.RequestOptions], T],
        known: Callable[[], T | None],
        repeated: bool,
    ) -> T:
        """A call with an effect, done once under its key.

        Where Stripe keeps a failure under the key, ``known`` looks for the effect. Only when a
        later attempt (``repeated``) still finds none is the call made under a follow-up key: the
        first one may have been about to finish when it failed.

        Raises:
            UnknownOutcome, NotDone, Refused: see `providers.failures`.
            stripe.CardError, stripe.InvalidRequestError: for the caller to understand.
        """
        for each in with_follow_ups(key):
            try:
                return self._call(call, {"idempotency_key": each})
            except StoredFailure as failure:
                self._doubtful = True
                found = known()
                if found is not None:
                    return found
                if not repeated:
                    raise UnknownOutcome("stripe", f"a failure is kept under {each}") from failure
        raise UnknownOutcome("stripe", f"a failure is kept under {key} and every key after it")

    def once(self, key: str, call: Callable[[stripe.RequestOptions], T]) -> T:
        """A call with an effect under this very key, and no other.

        Raises:
            StoredFailure: something else was done under the key, or failed.
            UnknownOutcome, NotDone, Refused, stripe.InvalidRequestError: as `write`.
        """
        return self._call(call, {"idempotency_key": key})

    def _call(
        self, call: Callable[[stripe.RequestOptions], T], options: stripe.RequestOptions
    ) -> T:
        self._session.doubtful = False
        try:
            return call({**options, "max_network_retries": self._retries()})
        except (stripe.CardError, stripe.InvalidRequestError):
            raise
        except stripe.StripeError as error:
            if options and _is_stored(error):
                raise StoredFailure from error
            doubtful = self._doubtful or (bool(options) and self._session.doubtful)
            self._doubtful = doubtful
            raise self._failure(error, doubtful, bool(options)) from error
        except ValueError as error:  # an answer that is no JSON, or not what was asked for
            self._doubtful = True
            raise UnknownOutcome("stripe", "the answer cannot be read") from error

    def _failure(self, error: stripe.StripeError, doubtful: bool, writing: bool) -> Exception:
        failure = of_stripe(error, doubtful)
        if isinstance(failure, Refused) and self._repeated:
            return UnknownOutcome("stripe", failure.reason)
        if isinstance(failure, UnknownOutcome) and not (doubtful or writing):
            return NotDone("stripe", failure.reason)
        return failure

    def _retries(self) -> int:
        """As many as there is time for, should every one of them hang to its end."""
        left = self._ends - time.monotonic() - self._one_try
        if left < 0:
            kind = UnknownOutcome if self._doubtful else NotDone
            raise kind("stripe", "answers came so slowly that no time is left for the next call")
        return min(_RETRIES, int(left / (self._one_try + _BACK_OFF_SECONDS)))


def with_follow_ups(key: str) -> Iterator[str]:
    """The key of an operation, and those that are used one after the other when it is spoilt."""
    yield key
    for number in range(1, _FOLLOW_UPS + 1):
        yield f"{key}:r{number}"


def _is_stored(error: stripe.StripeError) -> bool:
    if isinstance(error, stripe.IdempotencyError):
        return True
    headers = {name.lower(): value for name, value in (error.headers or {}).items()}
    replayed = headers.get("idempotent-replayed", "").lower() == "true"
    return replayed and isinstance(error, stripe.APIError) and (error.http_status or 0) >= 500
