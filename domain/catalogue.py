"""What a shop sells, as the warehouse and the customs office need to know it."""

from typing import Annotated

from pydantic import Field

from domain.model import Code, Country, Model, OptionalText, Text, unsaid
from domain.money import Currency

Price = Annotated[int, Field(ge=0, le=10**13)]


class Product(Model):
    """One sellable article: its SKU, how it is recognized, what it weighs, where it lies."""

    sku: Code
    name: Text
    barcodes: tuple[Code, ...] = ()
    weight_grams: Annotated[int, Field(gt=0, le=1_000_000)]
    bin: Code
    reorder_point: Annotated[int, Field(ge=0, le=10_000_000)] = 0
    hs_code: Annotated[str, Field(pattern=r"^(\d{6,10})?$")] = ""
    origin: Country | None = None
    customs_name: OptionalText = ""
    substitutes: Annotated[tuple[Code, ...], Field(max_length=20), unsaid(())] = ()
    """SKUs that may go in its place, the best first; of none, whatever the warehouse proposes."""
    prices: Annotated[dict[Currency, Price], unsaid({})] = Field(default_factory=dict)
    """What a piece costs with tax, by currency: asked where it goes in place of another."""

    @property
    def may_cross_borders(self) -> bool:
        """Whether a customs declaration can be made: HS code and origin are known."""
        return bool(self.hs_code) and self.origin is not None


def bin_route(code: str) -> tuple[tuple[int, str | int], ...]:
    """The sort key that walks bins in their order: A-2-10 comes after A-2-9.

    Runs of digits count as numbers, everything else as text.
    """
    parts: list[tuple[int, str | int]] = []
    run = ""
    for sign in code + "\n":
        if run and (run[-1].isdigit() != sign.isdigit() or sign == "\n"):
            parts.append((0, int(run)) if run.isdigit() else (1, run))
            run = ""
        run += sign
    return tuple(parts)
