"""Looking into JSON that somebody else wrote, without trusting its shape."""

from typing import Any, cast

from sandbox.core.store import Document


def as_object(value: object) -> Document | None:
    """The value if it is a JSON object."""
    return cast("Document", value) if isinstance(value, dict) else None


def as_list(value: object) -> list[Any] | None:
    """The value if it is a JSON array."""
    return cast("list[Any]", value) if isinstance(value, list) else None


def objects_in(value: object) -> list[Document]:
    """The objects of a JSON array; whatever else there is, is left out."""
    return [found for item in as_list(value) or [] if (found := as_object(item)) is not None]
