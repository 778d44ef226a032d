"""An order that is amended before it is picked: lines added, removed, in another number.

The sums are the channel's: checked exactly, and never recomputed.
"""

import hashlib
from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from domain.model import Code, LongText, Model, OptionalText, Text
from domain.money import Money
from domain.order import Contents, Line, Minor, Order, Shipping, Sums, TaxRate
from domain.stock import Want, wants


class ChangedLine(Sums):
    """A line in another number of pieces, with its sums as the channel has made them anew.

    Price, discount and tax rate that are left out stay as they were.
    """

    line: Code
    quantity: Annotated[int, Field(strict=True, ge=0, le=100_000)]
    unit_price: Minor | None = None
    discount: Minor | None = None
    tax_rate: TaxRate | None = None


class Alteration(Model):
    """One thing that is altered: a whole line to ``add``, a line's id to ``remove``, or a line to
    ``change``."""

    add: Line | None = None
    remove: Code | None = None
    change: ChangedLine | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        said = [name for name in ("add", "remove", "change") if getattr(self, name) is not None]
        if len(said) != 1:
            raise ValueError(
                f"say one of add, remove and change, not {' and '.join(said) or 'none'}"
            )
        return self


class ShippingSums(Sums):
    """What shipping costs from then on; a rate that is left out stays as it was."""

    tax_rate: TaxRate | None = None


class Amendment(Model):
    """Update ``amend``: what shall be otherwise, who wants it, and why.

    ``key`` names the amendment: the same again under the same key is answered the same. ``version``
    is the number of the order's newest amendment that its sender knew of, 0 for none.
    """

    key: Code
    version: Annotated[int, Field(strict=True, ge=0)]
    who: Text
    why: LongText = ""
    lines: Annotated[tuple[Alteration, ...], Field(min_length=1, max_length=200)]
    shipping: ShippingSums | None = None
    total: Sums

    @property
    def digest(self) -> str:
        """Tells it from another amendment under the same key."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()


class AmendmentState(StrEnum):
    """How far an amendment is."""

    UNDER_WAY = "under_way"
    APPLIED = "applied"
    REFUSED = "refused"


class AmendmentAnswer(Model):
    """What has become of an amendment, in words for whoever asked. ``number`` is its own, 0 where
    it was not even tried; ``version`` the newest that the order follows."""

    state: AmendmentState
    number: int = 0
    version: int = 0
    message: LongText


class NotAmendable(ValueError):
    """The order cannot be amended so; the message says why, and what to do."""


def amended(order: Order, amendment: Amendment, used: Iterable[str] = ()) -> Order:
    """The order as it would be; ``used`` are ids of lines that it has had and has no longer.

    Raises:
        NotAmendable: an unknown line, no pieces, nothing left, or sums that do not add up.
    """
    lines = {line.id: line for line in order.lines}
    taken, touched = {*lines, *used}, set[str]()
    for place, one in enumerate(amendment.lines):
        where = f"lines.{place}"
        if one.add is not None:
            if one.add.id in taken:
                raise NotAmendable(f"{where}.add.id: line {one.add.id} is, or was, another line")
            taken.add(one.add.id)
            lines[one.add.id] = one.add
            continue
        name = one.remove or (one.change.line if one.change is not None else "")
        _check(where, name, lines, touched)
        touched.add(name)
        if one.change is None:
            del lines[name]
        else:
            lines[name] = _changed(where, lines[name], one.change)
    if not lines:
        raise NotAmendable("nothing would be left of the order: cancel it instead")
    return _whole(order, tuple(lines.values()), amendment)


def _check(where: str, name: str, lines: dict[str, Line], touched: set[str]) -> None:
    if name in touched:
        raise NotAmendable(f"{where}: line {name} is altered twice")
    if name not in lines:
        raise NotAmendable(f"{where}: the order has no line {name}")


def _changed(where: str, line: Line, change: ChangedLine) -> Line:
    if not change.quantity:
        raise NotAmendable(f"{where}.change.quantity: 0 pieces of line {line.id}: remove the line")
    said = change.model_dump(exclude={"line"}, exclude_none=True)
    return line.model_copy(update=said)


def _whole(order: Order, lines: tuple[Line, ...], amendment: Amendment) -> Order:
    shipping = order.shipping.model_dump()
    if amendment.shipping is not None:
        shipping |= amendment.shipping.model_dump(exclude_none=True)
    known = order.model_dump() | {
        "lines": [line.model_dump() for line in lines],
        "shipping": shipping,
        "total": amendment.total.model_dump(),
    }
    try:
        after = Order.read(known)
    except ValueError as error:
        raise NotAmendable(str(error)) from error
    if Contents.of(after) == Contents.of(order):
        raise NotAmendable("that is what the order says already")
    return after


def more(before: Contents, after: Contents) -> tuple[Want, ...]:
    """The pieces that an amended order needs beyond what it had, by SKU."""
    had = {one.sku: one.quantity for one in _wants(before)}
    rests = ((one.sku, one.quantity - had.get(one.sku, 0)) for one in _wants(after))
    return tuple(Want(sku=sku, quantity=rest) for sku, rest in rests if rest > 0)


def fewer(before: Contents, after: Contents) -> tuple[Want, ...]:
    """The pieces that it does not need any more, by SKU."""
    return more(after, before)


def _wants(contents: Contents) -> tuple[Want, ...]:
    return wants(tuple((line.sku, line.quantity) for line in contents.lines))


def words_of(before: Contents, after: Contents, currency: str) -> str:
    """What an amendment changes, in words without personal data."""
    old = {line.id: line for line in before.lines}
    new = {line.id: line for line in after.lines}
    parts = [f"{_pieces(old[name])} removed" for name in old if name not in new]
    parts += [f"{_pieces(new[name])} added" for name in new if name not in old]
    for name, line in new.items():
        if name in old and line != old[name]:
            same = old[name].quantity == line.quantity
            instead = "at other sums" if same else f"instead of {old[name].quantity}"
            parts.append(f"{_pieces(line)} {instead}")
    if _sums(before.shipping) != _sums(after.shipping):
        now, was = _money(after.shipping.gross, currency), _money(before.shipping.gross, currency)
        parts.append(f"shipping {now} instead of {was}")
    total, earlier = _money(after.total.gross, currency), _money(before.total.gross, currency)
    return "; ".join((*parts, f"total {total}" + (f", was {earlier}" if total != earlier else "")))


def _pieces(line: Line) -> str:
    return f"{line.quantity} x {line.sku} (line {line.id})"


def _sums(shipping: Shipping) -> tuple[int, int, int]:
    return shipping.net, shipping.tax, shipping.gross


def _money(amount: int, currency: str) -> str:
    return str(Money(amount=amount, currency=currency))


def listed(contents: Contents) -> tuple[OptionalText, ...]:
    """Its lines as a mail lists them."""
    return tuple(f"{line.quantity} x {line.name}"[:250] for line in contents.lines)
