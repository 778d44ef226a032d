"""What stands in addresses, queries and headers: limited, and without what no record can hold."""

from typing import Annotated

from fastapi import Header, Path, Query
from pydantic import AfterValidator


def _storable(text: str) -> str:
    if "\x00" in text:
        raise ValueError("must not contain the NUL character")
    return text


def printable(text: str | None) -> str | None:
    """A key that can be logged and compared as it is. Raises ValueError."""
    if text is not None and not (text.isascii() and text.isprintable()):
        raise ValueError("must be printable ASCII")
    return text


Name = Annotated[str, Path(min_length=1, max_length=250), AfterValidator(_storable)]
"""An id, or an order's number in its channel's own form."""

WarehouseName = Annotated[str, Path(max_length=40, pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
ShopId = Annotated[str, Path(max_length=100, pattern=r"^[A-Za-z0-9._:+#-]+$")]
SearchText = Annotated[
    str,
    Query(
        max_length=250,
        description="order id or number, name, e-mail address, tracking number, SKU or bin",
    ),
    AfterValidator(_storable),
]
Cursor = Annotated[
    str,
    Query(max_length=500, description="`next` of the page before"),
    AfterValidator(_storable),
]
Position = Annotated[int, Query(ge=0, le=2**62, description="`next` of the call before")]
Limit = Annotated[int, Query(ge=1, le=200, description="how many at most")]
IdempotencyKey = Annotated[
    str,
    Header(
        min_length=1,
        max_length=255,
        description="the same key again is the same request: it is answered, not repeated",
    ),
    AfterValidator(printable),
]
