"""Which fonts documents are set in, and what is printed where a script has none."""

import json
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typst
from anyascii import anyascii

if TYPE_CHECKING:  # typst keeps its type names in its stub only
    from typst import PDFStandard

TEMPLATES = Path(__file__).parent / "templates" / "documents"
# PDF/A-2, so that an invoice can be kept for as long as the law asks. It also makes typst refuse
# a letter that no font has: what is printed instead of an empty box is decided on that refusal.
ARCHIVABLE: "PDFStandard" = "a-2b"

# The first family that is installed sets the page; Libertinus Serif comes with typst itself.
_TEXT = ("Noto Sans", "DejaVu Sans", "Liberation Sans", "Arial", "Libertinus Serif")
_SCRIPTS = (
    "Noto Sans Arabic",
    "Noto Sans Hebrew",
    "Noto Sans Thai",
    "Noto Sans Devanagari",
    "Noto Sans Bengali",
    "Noto Sans Tamil",
    "Noto Sans Georgian",
    "Noto Sans Armenian",
    "Noto Sans Ethiopic",
    "Noto Sans Khmer",
)
_SYMBOLS = ("Noto Color Emoji", "Noto Sans Symbols", "Noto Sans Symbols 2", "Noto Sans Symbols2")

_SAMPLES = {
    "Latin": "Aß Łódź",
    "Greek": "Ωμέγα",
    "Cyrillic": "Щука Їжак",
    "Arabic": "سلام",
    "Hebrew": "שלום",
    "Thai": "สวัสดี",
    "Chinese": "漢汉字",
    "Japanese": "ひカ漢",
    "Korean": "한글",
}

_MISSING = re.compile(r'the text `"(?P<text>.+?)"` could not be displayed with font')
_ESCAPE = re.compile(r"\\(?:u\{(?P<code>[0-9a-f]+)\}|(?P<sign>.))")
_NAMED = {"n": "\n", "r": "\r", "t": "\t", "0": "\0"}


class Typefaces:
    """The fonts of this machine, in the order in which documents look for a letter.

    Ideographs differ between Chinese, Japanese and Korean print; the region picks the style.
    """

    def __init__(self, fonts: typst.Fonts) -> None:
        self._installed = frozenset(fonts.families())

    def families(self, country: str, language: str) -> list[str]:
        """Font families for a document that goes to this country, in this language."""
        chinese = _ideographs(country, language)
        wanted = (
            *_TEXT,
            *_SCRIPTS,
            *dict.fromkeys((f"Noto Sans CJK {chinese}", "Noto Sans CJK SC")),
            *_SYMBOLS,
        )
        return [family for family in wanted if family in self._installed]


def _ideographs(country: str, language: str) -> str:
    by_country = {"JP": "JP", "KR": "KR", "TW": "TC", "HK": "HK", "MO": "HK", "CN": "SC"}
    by_language = {"ja": "JP", "ko": "KR", "zh-tw": "TC", "zh-hant": "TC", "zh-hk": "HK"}
    tag = language.lower()
    return by_country.get(country) or by_language.get(tag) or by_language.get(tag[:2]) or "SC"


def undisplayable(error: typst.TypstError) -> frozenset[str]:
    """The characters that no font here has, as typst names them in its error; may be empty.

    Marks and invisible characters are blamed only where nothing else is: they fail together
    with the letter that they belong to.
    """
    named = {
        sign
        for found in _MISSING.finditer(error.diagnostic)
        for sign in _ESCAPE.sub(_unescape, found["text"])
    }
    return frozenset(sign for sign in named if not joins(sign)) or frozenset(named)


def missing_scripts(fonts: typst.Fonts | None = None) -> tuple[str, ...]:
    """The scripts that documents would transliterate on this machine, for want of a font."""
    fonts = fonts or typst.Fonts()
    inputs = {
        "families": json.dumps(Typefaces(fonts).families("", "")),
        "samples": json.dumps(list(_SAMPLES.values())),
    }
    try:
        typst.compile(
            TEMPLATES / "scripts.typ",
            font_paths=fonts,
            sys_inputs=inputs,
            pdf_standards=[ARCHIVABLE],
        )
    except typst.TypstError as error:
        missing = undisplayable(error)
        if not missing:
            raise
        return tuple(
            script for script, sample in _SAMPLES.items() if not missing.isdisjoint(sample)
        )
    return ()


def _unescape(found: re.Match[str]) -> str:
    if found["code"]:
        return chr(int(found["code"], 16))
    return _NAMED.get(found["sign"], found["sign"])


def joins(sign: str) -> bool:
    """Whether a character is set together with the one before it, or is invisible by itself."""
    return unicodedata.category(sign) in {"Mn", "Mc", "Me", "Cf"}


def legible(text: str, missing: frozenset[str]) -> str:
    """The text with each run of missing characters transliterated, in brackets.

    ``山田 太郎`` becomes ``[ShanTian TaiLang]``; what has no transliteration is named by its code
    point, as in ``[U+E000]``, and what is invisible anyway is left out.
    """
    if missing.isdisjoint(text):
        return text
    parts: list[str] = []
    run = ""
    for sign in text:
        if sign in missing or (run and (joins(sign) or sign.isspace())):
            run += sign
        else:
            parts += (_bracketed(run), sign)
            run = ""
    return "".join((*parts, _bracketed(run)))


def _bracketed(run: str) -> str:
    letters = run.rstrip()
    if all(unicodedata.category(sign) == "Cf" for sign in letters):
        return run[len(letters) :]  # it has no shape of its own that anybody could miss
    spelled = "".join(filter(str.isprintable, anyascii(letters))).strip()
    if not spelled:
        spelled = " ".join(f"U+{ord(sign):04X}" for sign in letters if not sign.isspace())
    return f"[{spelled}]{run[len(letters) :]}"


Json = str | int | bool | None | Sequence["Json"] | Mapping[str, "Json"]


def each_text(data: Json, change: Callable[[str], str]) -> Json:
    """The same JSON value with each of its texts changed; keys stay."""
    if isinstance(data, str):
        return change(data)
    if isinstance(data, Mapping):
        return {key: each_text(value, change) for key, value in data.items()}
    if isinstance(data, Sequence):
        return [each_text(value, change) for value in data]
    return data
