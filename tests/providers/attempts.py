"""Trying an operation as the engine does: the same key again, until its outcome is known."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, TypeVar

from domain.attempt import Attempt
from domain.failures import NotDone, ProviderFailure, UnknownOutcome

T = TypeVar("T")


class Trouble(NamedTuple):
    """A fault of the sandbox: its kind and its parameters."""

    kind: str
    params: dict[str, Any] = {}  # noqa: RUF012 - a NamedTuple's default, never changed


GENERAL = (
    Trouble("http_error", {"status": 500}),
    Trouble("http_error", {"status": 503}),
    Trouble("rate_limit", {"retry_after": 7}),
    Trouble("error_after"),
    Trouble("drop_after"),
    Trouble("hang_after"),
    Trouble("drop_before"),
    Trouble("hang_before"),
    Trouble("malformed_after"),
    Trouble("delay", {"seconds": 0.05}),
)
"""Every kind that every operation of the sandbox knows."""

STUBBORN = tuple((trouble, 3) for trouble in GENERAL) + tuple(
    (trouble, 1) for trouble in GENERAL if trouble.kind.endswith("_after")
)
"""Each of them through all tries that Stripe's SDK makes by itself; and what was done and not
heard of also once, so that the SDK's own next try replays it."""


def named(value: object) -> str:
    """How a fault is called in a test's name."""
    return f"{value.kind}{value.params or ''}" if isinstance(value, Trouble) else str(value)


def first(key: str, ago: timedelta = timedelta(0)) -> Attempt:
    """The first attempt under a key, made some time ago."""
    return Attempt(key=key, first_at=datetime.now(UTC) - ago)


def again(attempt: Attempt, number: int = 2) -> Attempt:
    """A later attempt at the same operation."""
    return attempt.model_copy(update={"number": number})


def until_done(
    operation: Callable[[Attempt], T],
    attempt: Attempt,
    between: Callable[[], object] = lambda: None,
    most: int = 6,
) -> tuple[T, list[ProviderFailure]]:
    """The outcome, and the failures on the way to it; ``between`` is done after each of them."""
    failures: list[ProviderFailure] = []
    for number in range(attempt.number, attempt.number + most):
        try:
            return operation(again(attempt, number)), failures
        except (NotDone, UnknownOutcome) as failure:
            failures.append(failure)
            between()
    raise AssertionError(f"still not done after {most} attempts: {failures}")
