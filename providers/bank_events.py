"""The bank's webhooks: verified on the raw body. They are hints only; the account is read."""

import hashlib
import hmac
import re
import time
from collections.abc import Callable
from datetime import timedelta

from pydantic import BaseModel, ValidationError

from domain.model import Model, OptionalText, Text
from providers.bank_calls import BANK
from providers.webhooks import WebhookRefused

_SIGNATURE = re.compile(r"t=([0-9]{1,12}),v1=([0-9a-f]{64})")


class BankEvent(Model):
    """Something has come in; which booking, where the bank says it."""

    id: Text
    type: OptionalText = ""


class _Event(BaseModel):
    id: Text
    type: OptionalText = ""


class BankWebhooks:
    """Reads webhooks that were signed with this endpoint's secret."""

    def __init__(
        self,
        secret: str,
        tolerance: timedelta = timedelta(minutes=5),
        clock: Callable[[], float] = time.time,
    ) -> None:
        """``secret`` is shared with the bank; older signatures are replays.

        Raises:
            ValueError: the secret is empty, so that anybody could sign.
        """
        if not secret:
            raise ValueError("the bank's webhooks need a secret to be told from forged ones")
        self._secret = secret.encode()
        self._tolerance = tolerance.total_seconds()
        self._clock = clock

    def read(self, body: bytes, signature: str | None) -> BankEvent:
        """The event in a raw body with its ``Bank-Signature`` header.

        Raises:
            WebhookRefused: not signed by the bank, too old, or no event.
        """
        self._authenticate(body, signature or "")
        try:
            event = _Event.model_validate_json(body)
        except ValidationError as error:
            raise WebhookRefused(BANK, "the body is no event", authentic=True) from error
        return BankEvent(id=event.id, type=event.type)

    def _authenticate(self, body: bytes, signature: str) -> None:
        found = _SIGNATURE.fullmatch(signature)
        if found is None:
            raise WebhookRefused(BANK, "the signature cannot be read")
        at, given = found.groups()
        signed = at.encode() + b"." + body
        expected = hmac.new(self._secret, signed, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(expected, given):
            raise WebhookRefused(BANK, "the signature does not fit the body")
        if abs(self._clock() - int(at)) > self._tolerance:
            raise WebhookRefused(BANK, "the signature is too old")
