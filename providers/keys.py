"""API keys, checked before they get into a header.

HTTP clients name a header that they cannot send in their error, key and all, and errors end up in
logs and in workflow histories.
"""

import re

_PRINTABLE = re.compile(r"[!-~]*( [!-~]+)?")


def header_safe(key: str) -> str:
    """A key without the blanks around it that come with pasting.

    Raises:
        ValueError: it cannot be part of a header; the message does not show it.
    """
    stripped = key.strip()
    if _PRINTABLE.fullmatch(stripped) is None:
        raise ValueError("the API key holds characters that no key has; copy it again")
    return stripped
