"""The handoff document, version 1, as the warehouse reads it."""

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

Text = Annotated[str, Field(min_length=1)]
Id = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^/\s]+$")]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="allow")


class ShipTo(_Part):
    """Where the parcel goes; `lines` are the street lines."""

    name: Text
    lines: Annotated[list[str], Field(min_length=1)]
    city: Text
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    postal_code: str | None = None
    phone: str | None = None


class Line(_Part):
    """One line for a picker, in the order of the bin route."""

    line: Text
    sku: Text
    name: Text
    quantity: Annotated[int, Field(gt=0)]
    barcode: str | None = None
    bin: str | None = None
    options: dict[str, Any] = Field(default_factory=dict[str, Any])
    note: str | None = None
    weight_grams: Annotated[int, Field(ge=0)] | None = None


class Handoff(_Part):
    """What a warehouse needs to pick and pack one shipment."""

    version: Literal["1"]
    order: Id
    shipment: Id
    number: Text
    shop: Text
    channel: Text
    service_level: Text
    ship_by: AwareDatetime | None = None
    ship_to: ShipTo
    lines: Annotated[list[Line], Field(min_length=1)]
    gift_note: str | None = None
    notes: str | None = None
    customs: dict[str, Any] | None = None
    amendment: Annotated[int, Field(ge=0)] = 0

    @model_validator(mode="after")
    def _each_line_once(self) -> "Handoff":
        ids = [line.line for line in self.lines]
        if len(set(ids)) < len(ids):
            raise ValueError("a line appears twice")
        return self


class Replacement(_Part):
    """What is to be picked of a shipment from now on: all of its lines, as in a handoff."""

    replacement: Annotated[int, Field(gt=0)]
    lines: Annotated[list[Line], Field(min_length=1)]


def complaints(error: ValidationError) -> list[dict[str, str]]:
    """What is wrong, field by field: `lines.0.quantity`."""
    return [
        {"field": ".".join(str(part) for part in found["loc"]), "message": found["msg"]}
        for found in error.errors(include_url=False)
    ]
