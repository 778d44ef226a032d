"""How activities are called: their time limits, and how often they are tried again."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.common import RetryPolicy

from activities.step import Request

Asked = TypeVar("Asked", bound=Request)
Result = TypeVar("Result")

PROVIDER_RETRIES = RetryPolicy(
    initial_interval=timedelta(seconds=1),
    backoff_coefficient=2,
    maximum_interval=timedelta(minutes=5),
)
"""Without an end: an outage is waited out, and a case is opened when it lasts."""

OWN_BOOKS_RETRIES = RetryPolicy(
    initial_interval=timedelta(milliseconds=200),
    backoff_coefficient=2,
    maximum_interval=timedelta(seconds=30),
)

_ONE_WRITE = timedelta(seconds=15)

ONE_TRY = timedelta(seconds=60)
"""Longer than any client's own time-outs and retries together."""


def start_provider_call(
    method: Callable[[Any, Asked], Result], request: Asked, summary: str
) -> workflow.ActivityHandle[Result]:
    """Call a provider. When cancelled, the outcome is waited for: it may have had its effect."""
    return _start(method, request, summary, ONE_TRY, PROVIDER_RETRIES)


def start_own_books(
    method: Callable[[Any, Asked], Result], request: Asked, summary: str
) -> workflow.ActivityHandle[Result]:
    """Write to the back office. When cancelled, the outcome is waited for."""
    return _start(method, request, summary, _ONE_WRITE, OWN_BOOKS_RETRIES)


def _start(
    method: Callable[[Any, Asked], Result],
    request: Asked,
    summary: str,
    one_try: timedelta,
    retries: RetryPolicy,
) -> workflow.ActivityHandle[Result]:
    return workflow.start_activity_method(
        method,
        request,
        start_to_close_timeout=one_try,
        retry_policy=retries,
        cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
        summary=summary,
    )


def start_own_books_within(
    method: Callable[[Any, Asked], Result], request: Asked, summary: str
) -> workflow.ActivityHandle[Result]:
    """Write to the back office within the workflow task; an outage does not hold the task."""
    return workflow.start_local_activity_method(
        method,
        request,
        start_to_close_timeout=_ONE_WRITE,
        retry_policy=OWN_BOOKS_RETRIES,
        local_retry_threshold=timedelta(seconds=5),
        summary=summary,
    )
