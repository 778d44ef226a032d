"""What a validator says of a field, in the caller's words."""

from collections.abc import Mapping
from typing import Any

_OWN_WORDS = "Value error, "
_WORDS = {
    "extra_forbidden": "is not a field that can be sent here",
    "missing": "is required",
    "model_type": "must be an object",
    "dict_type": "must be an object",
    "tuple_type": "must be a list",
    "int_type": "must be a whole number without quotes; sums are in the minor unit: 3090 for 30.90",
    "union_tag_not_found": "needs the field that says which kind it is",
}
_BOUNDS = {
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be {ge} or more",
    "less_than_equal": "must be {le} or less",
    "enum": "must be one of {expected}",
    "literal_error": "must be one of {expected}",
    "union_tag_invalid": "needs one of {expected_tags} as {discriminator}",
}
_FORMS = {
    r"^[A-Za-z0-9._:/+#-]+$": (
        "must be of letters (A-Z, a-z), digits and the signs . _ : / + # - only, without spaces"
    ),
    r"^[A-Za-z0-9._:+#-]+$": (
        "must be of letters (A-Z, a-z), digits and the signs . _ : + # - only, without spaces"
    ),
    r"^[A-Z]{2}$": "must be a country's code: two capital letters (ISO 3166-1), such as DE",
    r"^[A-Z]{3}$": "must be a currency's code: three capital letters (ISO 4217), such as EUR",
    r"^[^@\s\x00]+@[^@\s\x00]+\.[^@\s\x00]+$": "must be a mail address, such as ana@example.com",
    r"^\d{1,3}(\.\d{1,4})?$": (
        "must be a percentage in decimal text, with four decimals at most, such as 19 or 8.875"
    ),
    r"^https?://[^\s\x00]+$": "must be an address that begins with https:// or http://",
    r"^whsec_[A-Za-z0-9+/]{32,}={0,2}$": (
        "must be whsec_ and then the key in base64, 24 bytes or more"
    ),
    r"^(https?://[^\s\x00]+)?$": (
        "must be an address that begins with https:// or http://, or empty"
    ),
    r"^[a-z0-9][a-z0-9-]{0,39}$": (
        "must be of small letters, digits and hyphens, 40 at most, such as lyon-2"
    ),
    r"^[\x21-\x7e]*$": "must be of ASCII characters, without spaces",
    r"^([A-Za-z0-9./-]{1,40})?$": (
        "must be of letters, digits and the signs . / - only, 40 at most, or empty"
    ),
    r"^([A-Z]{2}[A-Za-z0-9]{6,17})?$": (
        "must be an EORI number: a country's code, then 6 to 17 letters or digits; or empty"
    ),
    r"^(\d{6,10})?$": "must be an HS code of 6 to 10 digits, or empty",
}
"""What each pattern of the models asks for; a pattern itself is for the description of the API."""


def in_words(error: Mapping[str, Any]) -> str:
    """One of a validator's findings, without a pattern, and without what was sent."""
    kind: str = error["type"]
    if kind == "string_pattern_mismatch":
        return _FORMS.get(error["ctx"]["pattern"], "does not have the form that is described")
    if kind in _BOUNDS:
        return _BOUNDS[kind].format(**error["ctx"])
    message: str = error["msg"]
    return _WORDS.get(kind, message.removeprefix(_OWN_WORDS))


def has_words(pattern: str) -> bool:
    """Whether what a pattern asks for can be said."""
    return pattern in _FORMS
