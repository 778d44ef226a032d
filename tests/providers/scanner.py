"""A Code 128 reader of the tests' own: what a hand scanner sees on a printed page."""

import subprocess
from itertools import groupby, pairwise

# Bar and space widths of the values 0 to 106 (ISO/IEC 15417, table 1).
TABLE = """
    212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232
    122132 122231 113222 123122 123221 223211 221132 221231 213212 223112 312131 311222 321122
    321221 312212 322112 322211 212123 212321 232121 111323 131123 131321 112313 132113 132311
    211313 231113 231311 112133 112331 132131 113123 113321 133121 313121 211331 231131 213113
    213311 213131 311123 311321 331121 312113 312311 332111 314111 221411 431111 111224 111422
    121124 121421 141122 141221 112214 112412 122114 122411 142112 142211 241211 221114 413111
    241112 134111 111242 121142 121241 114212 124112 124211 411212 421112 421211 212141 214121
    412121 111143 111341 131141 114113 114311 411113 411311 113141 114131 311141 411131 211412
    211214 211232 2331112
"""
VALUES = {tuple(map(int, pattern)): value for value, pattern in enumerate(TABLE.split())}
START = {103: "A", 104: "B", 105: "C"}
SWITCH = {99: "C", 100: "B", 101: "A"}
STOP = 106

DOTS = 4
"""Dots a module at the resolution that pages are scanned with."""
RESOLUTION = DOTS * 25.4 / 0.25
QUIET = 10 * DOTS


def decode(widths: list[int]) -> str:
    """The text of one symbol, from the widths of its bars and spaces in modules."""
    values = [VALUES[tuple(widths[place : place + 6])] for place in range(0, len(widths) - 7, 6)]
    assert VALUES[tuple(widths[-7:])] == STOP
    *values, check = values
    assert check == (values[0] + sum(n * value for n, value in enumerate(values))) % 103
    charset, text = START[values[0]], ""
    for value in values[1:]:
        if SWITCH.get(value, charset) != charset:
            charset = SWITCH[value]
        elif charset == "C":
            text += f"{value:02d}"
        elif charset == "A" and value >= 64:
            text += chr(value - 64)
        else:
            text += chr(value + 32)
    return text


def decode_bars(bars: tuple[tuple[int, int], ...]) -> str:
    """The text of bars given as (start, width) in modules."""
    widths = [bars[0][1]]
    for (start, width), (following, next_width) in pairwise(bars):
        widths += (following - start - width, next_width)
    return decode(widths)


def scan(pdf: bytes) -> set[str]:
    """Every barcode on the first page, read from its picture."""
    command = ["pdftoppm", "-r", str(RESOLUTION), "-gray", "-f", "1", "-l", "1", "-"]
    picture = subprocess.run(command, input=pdf, capture_output=True, check=True).stdout
    _, size, _, dots = picture.split(b"\n", 3)
    width, height = map(int, size.split())
    rows = {dots[row * width : (row + 1) * width] for row in range(0, height, 8)}
    return {text for row in rows for text in _symbols(row)}


def _symbols(row: bytes) -> list[str]:
    runs = [(dark, len(list(run))) for dark, run in groupby(row, key=lambda dot: dot < 128)]
    found: list[str] = []
    symbol: list[int] = []
    for dark, length in runs:
        if not dark and length >= QUIET:
            found += _read(symbol)
            symbol = []
        else:
            symbol.append(round(length / DOTS))
    return found


def _read(widths: list[int]) -> list[str]:
    """Letters and rules are dark as well: what begins with no start pattern is none of these."""
    if len(widths) < 25 or VALUES.get(tuple(widths[:6])) not in START:
        return []
    return [decode(widths)]
