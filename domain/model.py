"""The base of every domain model, and the kinds of text that an order may hold."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)


class Model(BaseModel):
    """A frozen value. Unknown fields are ignored when read back, so that builds can differ.

    The border refuses unknown fields (``model_validate(..., extra="forbid")``): a typing error
    in an order is answered there, while a worker of the previous build still reads what a newer
    one wrote.
    """

    model_config = ConfigDict(frozen=True, ser_json_temporal="iso8601")

    @classmethod
    def read(cls, data: object) -> Self:
        """Read plain data.

        Raises:
            ValueError: with field paths, and without the values, which may be personal.
        """
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            words = (
                f"{'.'.join(str(part) for part in one['loc']) or 'payload'}: {one['msg']}"
                for one in error.errors(include_input=False, include_url=False)
            )
            raise ValueError("; ".join(words)) from None


def unsaid(usual: object) -> Any:
    """Mark a field that is left out of what is written where it has its usual value: what was
    written before there was such a field reads, and is written, as it was."""
    return Field(exclude_if=lambda value: value == usual)


def _without_nul(text: str) -> str:
    if "\x00" in text:
        raise ValueError("must not contain the NUL character")
    return text


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be blank")
    return text


_EARLIEST = datetime.min.replace(tzinfo=UTC) + timedelta(days=1)
_LATEST = datetime.max.replace(tzinfo=UTC) - timedelta(days=1)


def on_the_calendar(moment: datetime) -> datetime:
    """A moment that has a date in every time zone.

    Raises:
        ValueError: its own offset, or another one, takes it before the year 1 or after 9999.
    """
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    if not _EARLIEST <= aware <= _LATEST:
        raise ValueError("must lie between the years 1 and 9999 in every time zone")
    return moment


Moment = Annotated[datetime, AfterValidator(on_the_calendar)]
"""A point in time as others tell it."""

AwareMoment = Annotated[AwareDatetime, AfterValidator(on_the_calendar)]
"""Like Moment, with its offset from UTC."""

Text = Annotated[
    str,
    StringConstraints(min_length=1, max_length=250),
    AfterValidator(_without_nul),
    AfterValidator(_not_blank),
]
"""One line of text as the customer wrote it, in any script; never blank, never stripped."""

OptionalText = Annotated[str, StringConstraints(max_length=250), AfterValidator(_without_nul)]
"""Like Text, but it may be empty."""

LongText = Annotated[str, StringConstraints(max_length=4000), AfterValidator(_without_nul)]
"""Notes and messages."""

CallersKey = Annotated[
    str, StringConstraints(min_length=1, max_length=255), AfterValidator(_without_nul)
]
"""What a caller tells the same request again by."""

Code = Annotated[
    str,
    StringConstraints(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9._:/+#-]+$"),
]
"""A SKU, a reference, a bin: printable ASCII without spaces."""

Number = Annotated[
    str,
    StringConstraints(min_length=1, max_length=100),
    AfterValidator(_without_nul),
    AfterValidator(_not_blank),
]
"""An order's number in its channel's own form; a telephone order's number may hold a name."""

Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
"""ISO 3166-1 alpha-2."""

Email = Annotated[
    str,
    StringConstraints(max_length=254, pattern=r"^[^@\s\x00]+@[^@\s\x00]+\.[^@\s\x00]+$"),
]
"""An address that a mail can be sent to; whether it exists, only a bounce tells."""
