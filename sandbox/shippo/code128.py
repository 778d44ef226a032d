"""Code 128 bars: what a courier's scanner reads off a label (ISO/IEC 15417)."""

_TABLE = """
212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232
122132 122231 113222 123122 123221 223211 221132 221231 213212 223112 312131 311222 321122
321221 312212 322112 322211 212123 212321 232121 111323 131123 131321 112313 132113 132311
211313 231113 231311 112133 112331 132131 113123 113321 133121 313121 211331 231131 213113
213311 213131 311123 311321 331121 312113 312311 332111 314111 221411 431111 111224 111422
121124 121421 141122 141221 112214 112412 122114 122411 142112 142211 241211 221114 413111
241112 134111 111242 121142 121241 114212 124112 124211 411212 421112 421211 212141 214121
412121 111143 111341 131141 114113 114311 411113 411311 113141 114131 311141 411131 211412
211214 211232
"""
_PATTERNS = _TABLE.split()
_STOP = "2331112"
_START_B, _START_C = 104, 105


def bars(text: str) -> list[int]:
    """Widths in modules, bar and space in turn, beginning and ending with a bar.

    An even number of digits goes in pairs (set C), at half the width; anything else in set B.
    Raises ValueError for what set B cannot say (anything but printable ASCII).
    """
    if text.isascii() and text.isdigit() and len(text) % 2 == 0:
        start = _START_C
        values = [int(text[place : place + 2]) for place in range(0, len(text), 2)]
    else:
        start = _START_B
        values = [ord(character) - 32 for character in text]
    if start == _START_B and any(not 0 <= value <= 94 for value in values):
        raise ValueError(f"Code 128 cannot carry {text!r}")
    check = (start + sum(place * value for place, value in enumerate(values, 1))) % 103
    patterns = [_PATTERNS[value] for value in (start, *values, check)]
    return [int(width) for width in "".join((*patterns, _STOP))]
