"""Mails by SendGrid.

Source: Twilio SendGrid, "Mail Send". SendGrid knows no idempotency: each mail bears our outbox key
in its custom arguments, and its ``processed`` event tells whether an unheard answer was a yes.
"""

import http.client
import json
import logging
from typing import Any

from python_http_client.exceptions import HTTPError
from sendgrid import SendGridAPIClient

from domain.failures import ProviderFailure
from domain.mail import MailKind
from domain.record import OrderOnRecord
from providers.failures import of_status, of_urllib
from providers.keys import header_safe
from providers.mail_texts import MailTexts, one_line

_SENDGRID = "https://api.sendgrid.com"
_SECONDS = 10.0
_NAME_LENGTH = 100
_WORDS_LENGTH = 500


class SendGridMail:
    """The mail provider of `activities.mail`, over SendGrid's SDK. Safe between threads."""

    def __init__(
        self,
        url: str | None,
        key: str,
        sender: str | None = None,
        timeout: float = _SECONDS,
        texts: MailTexts | None = None,
    ) -> None:
        """``url`` None means SendGrid itself (or give its EU address); ``key`` is an API key;
        ``sender`` an address that SendGrid has verified for this account, by default each
        seller's own; ``timeout`` is in seconds."""
        # At DEBUG the client logs its headers, and with them the key.
        logging.getLogger("python_http_client").setLevel(logging.WARNING)
        # Its calls are made of attributes that exist only when asked for: no type tells of them.
        self._client: Any = SendGridAPIClient(header_safe(key), host=url or _SENDGRID)
        self._client.client.timeout = timeout
        # The client adds this header to a dictionary that all its calls share: better now, once.
        self._client.client.request_headers["Content-Type"] = "application/json"
        self._sender = sender
        self._texts = texts or MailTexts()

    def send(
        self, key: str, kind: MailKind, on_record: OrderOnRecord, facts: dict[str, str]
    ) -> str:
        """Write and send one mail; SendGrid's message id.

        Raises:
            NotDone: SendGrid was not reached, or is too busy.
            UnknownOutcome: it may have gone out.
            Refused: SendGrid does not take it, and says why.
        """
        message = self._message(key, kind, on_record, facts)
        try:
            answer = self._client.send(message)
        except HTTPError as error:
            raise _said(error) from error
        except (OSError, http.client.HTTPException) as error:
            raise of_urllib("sendgrid", error) from error
        return str(answer.headers.get("X-Message-Id") or "")

    def _message(
        self, key: str, kind: MailKind, on_record: OrderOnRecord, facts: dict[str, str]
    ) -> dict[str, Any]:
        seller = on_record.shop.seller
        customer = on_record.order.customer
        to_shop = kind is MailKind.RESTOCK
        text = self._texts.write(kind, on_record, facts)
        to = (
            {"email": on_record.shop.restock_email}
            if to_shop
            else {"email": customer.email, "name": one_line(customer.name)[:_NAME_LENGTH]}
        )
        name = one_line(seller.name)[:_NAME_LENGTH]
        return {
            "personalizations": [{"to": [to]}],
            "from": {"email": self._sender or seller.email, "name": name},
            "reply_to": {"email": seller.email, "name": name},
            "subject": text.subject,
            "content": [
                {"type": "text/plain", "value": text.text},
                {"type": "text/html", "value": text.html},
            ],
            "custom_args": {"order": on_record.order_id, "kind": kind.value, "key": key},
            # Links must show where they lead, and nobody is followed through a confirmation.
            "tracking_settings": {
                "click_tracking": {"enable": False, "enable_text": False},
                "open_tracking": {"enable": False},
            },
        }


def _said(error: HTTPError) -> ProviderFailure:
    headers: Any = error.headers
    known = {str(name): str(value) for name, value in headers.items()} if headers else {}
    return of_status("sendgrid", error.status_code, _words(error.body), known)


def _words(body: bytes) -> str:
    """``errors[].message`` with the field each is about."""
    try:
        document: Any = json.loads(body)
        errors: list[Any] = document["errors"]
        texts = [
            f"{one['field']}: {one['message']}" if one.get("field") else str(one["message"])
            for one in errors
        ]
    except (ValueError, KeyError, TypeError, AttributeError):
        return ""
    return "; ".join(texts)[:_WORDS_LENGTH]
