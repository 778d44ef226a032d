"""Secrets that somebody could guess: short, repeated, typed along the keyboard, or well known."""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from runtime.settings import SHORTEST_SECRET, Settings, admin_key_problem

_FEWEST_SIGNS = 6
_FEWEST_BESIDE_WORDS = 8
_WELL_KNOWN = re.compile(
    r"change|replace|secret|passw(?:or)?d|letmein|qwerty|asdf|admin|default|dummy|example|sample"
    r"|sandbox|test|token|webhook|shippo|stripe|ordersaga|whsec|key|wms|shop|your|this|the|my|me"
)
RANDOM = (
    'a random one, such as `python -c "import secrets; print(secrets.token_urlsafe(24))"` draws'
)


class _Secret(NamedTuple):
    setting: str
    value: str
    opens: str
    instead: str = f"set {RANDOM}"


def guessable(settings: Settings) -> Iterator[str]:
    """What to say of each secret that can be guessed, or that stands in two settings.

    An admin key that the API refuses is left out, for that is no mere warning.
    """
    secrets = [one for one in _secrets(settings) if one.value]
    for one in secrets:
        if one.setting == "ORDERSAGA_ADMIN_KEY" and admin_key_problem(settings):
            continue
        why = weakness(one.value)
        if why:
            yield f"{one.setting} can be guessed, and {one.opens}: it {why}; {one.instead}"
    for value in dict.fromkeys(one.value for one in secrets):
        twins = [one.setting for one in secrets if one.value == value]
        if len(twins) > 1:
            yield f"{' and '.join(twins)} are the same secret: give each one of its own"


def weakness(secret: str) -> str:
    """Why a secret can be guessed, as what follows "it"; empty where it cannot."""
    if len(secret) < SHORTEST_SECRET:
        return f"has {len(secret)} characters, and needs {SHORTEST_SECRET} at least"
    if secret in (secret + secret)[1:-1]:
        return "repeats itself"
    if len(set(secret)) < _FEWEST_SIGNS:
        return "is made of a few characters only"
    if _steps(secret) > len(secret) / 2:
        return "is little more than a sequence of characters"
    plain = re.sub(r"[^a-z0-9]", "", secret.lower())
    beside = _WELL_KNOWN.sub("", plain)
    if beside != plain and len(beside.strip("0123456789")) < _FEWEST_BESIDE_WORDS:
        return "is made of well-known words"
    return ""


def _secrets(settings: Settings) -> tuple[_Secret, ...]:
    """The secrets that open something of ours."""
    return (
        _Secret(
            "ORDERSAGA_STRIPE_WEBHOOK_SECRET",
            settings.stripe_webhook_secret.get_secret_value().removeprefix("whsec_"),
            "with it anybody can report payments",
            "set the signing secret that Stripe shows for the endpoint",
        ),
        _Secret(
            "ORDERSAGA_SHIPPO_WEBHOOK_TOKEN",
            settings.shippo_webhook_token.get_secret_value(),
            "with it anybody can report deliveries",
        ),
        _Secret(
            "ORDERSAGA_BANK_WEBHOOK_SECRET",
            settings.bank_webhook_secret.get_secret_value(),
            "with it anybody can have the bank asked for transfers again and again",
        ),
        _Secret(
            "ORDERSAGA_WMS_KEY",
            settings.wms_key.get_secret_value(),
            "with it anybody can send your warehouse orders",
        ),
        _Secret("ORDERSAGA_ADMIN_KEY", settings.admin_key.get_secret_value(), "it opens set-up"),
    )


def _steps(secret: str) -> int:
    """How many characters are the one before, or next to it in the alphabet."""
    return sum(abs(ord(after) - ord(before)) <= 1 for before, after in pairwise(secret))
