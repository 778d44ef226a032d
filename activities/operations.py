"""What each activity carries out, by the name that is in its idempotency key."""

from collections.abc import Callable
from typing import Any, TypeVar

Method = TypeVar("Method", bound=Callable[..., Any])
Name = str | Callable[[Any], str]
_MARK = "__operation__"


def operation(name: Name) -> Callable[[Method], Method]:
    """Declare what an activity carries out; of some, the request says it.

    Keys and recorded facts bear the name: it must never change for orders on their way.
    """

    def mark(method: Method) -> Method:
        setattr(method, _MARK, name)
        return method

    return mark


def operation_of(method: Callable[..., Any], request: object) -> str | None:
    """What an activity carries out when it is asked so; None where it only writes the journal."""
    name: Name | None = getattr(method, _MARK, None)
    return name(request) if callable(name) else name
