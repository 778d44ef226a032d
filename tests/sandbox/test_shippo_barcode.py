"""The bars on a label, by what the standard says of every Code 128 symbol."""

import pytest

from sandbox.shippo.code128 import bars

STOP = [2, 3, 3, 1, 1, 1, 2]


@pytest.mark.parametrize(
    ("text", "symbols"), [("1ZSBX1234560000001", 18), ("9205501234560000000001", 11), ("123", 3)]
)
def test_each_symbol_is_three_bars_over_eleven_modules(text: str, symbols: int) -> None:
    widths = bars(text)
    assert widths[-7:] == STOP
    pattern = widths[:-7]
    assert len(pattern) == 6 * (symbols + 2)
    for place in range(0, len(pattern), 6):
        symbol = pattern[place : place + 6]
        assert sum(symbol) == 11
        assert sum(symbol[::2]) % 2 == 0
        assert max(symbol) <= 4


def test_no_two_texts_look_the_same() -> None:
    texts = [chr(code) for code in range(32, 127)] + [f"{number:02d}" for number in range(100)]
    assert len({tuple(bars(text)) for text in texts}) == len(texts)


def test_a_known_symbol_is_drawn_as_the_standard_draws_it() -> None:
    # Start B, "A", check digit 34, stop: widths from the standard's own table.
    start, letter, check = [2, 1, 1, 2, 1, 4], [1, 1, 1, 3, 2, 3], [1, 3, 1, 1, 2, 3]
    assert bars("A") == start + letter + check + STOP


def test_what_code_128_cannot_carry_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot carry"):
        bars("Ä1")
