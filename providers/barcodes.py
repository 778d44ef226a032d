"""Code 128: what a hand scanner reads off a packing slip."""

from itertools import groupby
from typing import cast

from zxingcpp import (
    BarcodeFormat,
    create_barcode,  # pyright: ignore[reportUnknownVariableType]: its options have no types
)

# At a quarter of a millimetre a module, the finest that office printers and hand scanners agree
# on, this is as wide as an A4 page between its margins.
_MOST_MODULES = 700
# Each letter is eleven modules, a pair of digits as well; start, check and stop add 35.
_MOST_LETTERS = 120


def code128(text: str) -> tuple[tuple[int, int], ...]:
    """The bars of a text from left to right, each as (start, width) in modules.

    Ten modules on either side must stay blank (ISO/IEC 15417, quiet zone). Empty where the text
    has other characters than printable ASCII or is too wide for a page: such a text is read by
    people only.
    """
    if not (text.isascii() and text.isprintable() and 0 < len(text) <= _MOST_LETTERS):
        return ()
    symbol = create_barcode(text, BarcodeFormat.Code128)
    # It is a buffer of one byte a dot, which its stub does not say.
    picture = memoryview(cast("bytes", symbol.to_image(scale=1, add_quiet_zones=False)))
    width = picture.shape[1] if picture.shape else 0
    if not 0 < width <= _MOST_MODULES:
        return ()
    bars: list[tuple[int, int]] = []
    place = 0
    for black, run in groupby(picture.tobytes()[:width], key=lambda dot: dot == 0):
        length = len(list(run))
        if black:
            bars.append((place, length))
        place += length
    return tuple(bars)
