"""The reference that a customer puts into a bank transfer: ISO 11649, with its check digits."""

import base64
import hashlib
import re

_LENGTH = 16
_WRITTEN = re.compile(r"RF[ .-]*\d[ .-]*\d(?:[ .-]*[0-9A-Z]){1,21}")
_GAPS = re.compile(r"[ .-]")
_LONGEST = 25


def creditor_reference(subject: str) -> str:
    """The reference of an order: ``RF``, two check digits, and sixteen characters that say nothing
    of it. The same order always has the same one."""
    digest = hashlib.sha256(f"transfer:{subject}".encode()).digest()
    body = base64.b32encode(digest[:10]).decode()[:_LENGTH]
    return f"RF{98 - _modulus(body + 'RF00'):02d}{body}"


def is_creditor_reference(text: str) -> bool:
    """Whether these characters, without gaps, are a reference whose check digits fit."""
    if not re.fullmatch(r"RF\d{2}[0-9A-Z]{1,21}", text):
        return False
    return _modulus(text[4:] + text[:4]) == 1


def reference_in(text: str) -> str:
    """The reference that somebody wrote among other words, in lower case or with gaps; empty where
    there is none whose check digits fit."""
    for found in _WRITTEN.finditer(text.upper()):
        letters = _GAPS.sub("", found.group())
        fitting = (letters[:end] for end in range(min(len(letters), _LONGEST), 4, -1))
        whole = next((one for one in fitting if _ours(one) and is_creditor_reference(one)), "")
        if whole:
            return whole
    return ""


def grouped(reference: str) -> str:
    """In groups of four, as people read it off and type it."""
    return " ".join(reference[at : at + 4] for at in range(0, len(reference), 4))


def _ours(reference: str) -> bool:
    return len(reference) == _LENGTH + 4


def _modulus(text: str) -> int:
    return int("".join(str(int(letter, 36)) for letter in text)) % 97
