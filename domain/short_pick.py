"""A short pick: pieces that were promised and are not there, and what ships without them."""

from collections.abc import Collection, Iterable

from domain.model import Model
from domain.shipping import Portion
from domain.warehouse import HandoffLine, PickedLine


class Division(Model):
    """A shipment's pieces, each in one part: what ships, what is missing, what is put back.

    Lines without a piece are in no part.
    """

    ships: tuple[Portion, ...]
    missing: tuple[Portion, ...]
    put_back: tuple[Portion, ...] = ()


def divide(
    lines: Iterable[HandoffLine],
    picked: Iterable[PickedLine],
    *,
    drop_short_lines: bool = False,
    but: Collection[str] = (),
) -> Division:
    """What becomes of what was handed off, where this much of it was found.

    With ``drop_short_lines`` a line that lacks a piece does not ship at all: its good pieces are
    put back; those of ``but`` ship what there is.
    """
    found = {line.line: line.quantity for line in picked}
    ships: list[Portion] = []
    missing: list[Portion] = []
    put_back: list[Portion] = []
    for line in lines:
        there = found.get(line.line, 0)
        lacks = line.quantity - there
        goes_to = put_back if lacks and drop_short_lines and line.line not in but else ships
        goes_to.append(Portion(line=line.line, quantity=there))
        missing.append(Portion(line=line.line, quantity=lacks))
    return Division(ships=_pieces(ships), missing=_pieces(missing), put_back=_pieces(put_back))


def _pieces(portions: Iterable[Portion]) -> tuple[Portion, ...]:
    return tuple(one for one in portions if one.quantity)


def words_for(lines: Iterable[HandoffLine], picked: Iterable[PickedLine]) -> str:
    """What is missing and why, in words without personal data: "1 of 2 x MUG-BLUE (broken)"."""
    wanted = {line.line: line for line in lines}
    return ", ".join(
        f"{wanted[one.line].quantity - one.quantity} of {wanted[one.line].quantity} x {one.sku} "
        f"({one.short})"
        for one in picked
        if one.short
    )
