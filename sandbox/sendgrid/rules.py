"""What SendGrid accepts as a mail, and how it says what is wrong."""

import base64
import binascii
import json
import re
from collections.abc import Iterator

from sandbox.core.shapes import as_list, as_object, objects_in
from sandbox.core.store import Document

HELP = "http://sendgrid.com/docs/API_Reference/Web_API_v3/Mail/errors.html#"
LARGEST_REQUEST = 30 * 1024 * 1024
_LARGEST_CUSTOM_ARGS = 10_000
_MOST_PEOPLE = 1000
_MOST_CATEGORIES = 10
_ADDRESS = re.compile(r"[!-?A-~]{1,64}@[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?\.[A-Za-z0-9-]{2,}")
_RESERVED = frozenset(
    {
        "x-sg-id",
        "x-sg-eid",
        "received",
        "dkim-signature",
        "content-type",
        "content-transfer-encoding",
        "to",
        "from",
        "subject",
        "reply-to",
        "cc",
        "bcc",
    }
)
_EXAMPLE = 'e.g. {"email": "example@example.com"}'
_PARTS = ("to", "cc", "bcc")
_PERSONALIZATIONS = "-Personalizations-Errors"
_RECIPIENTS = "message.personalizations.to"


def error(message: str, field: str | None = None, anchor: str | None = None) -> Document:
    """One entry of an error body; `anchor` is the place on SendGrid's page of errors."""
    return {"message": message, "field": field, "help": anchor and HELP + anchor}


def errors_in(mail: Document) -> list[Document]:
    """Everything wrong with a mail, as SendGrid would list it; empty when it will be sent."""
    found = [*_sender(mail), *_personalizations(mail), *_subject(mail), *_content(mail)]
    return [*found, *_custom_args(mail), *_extras(mail)]


def _sender(mail: Document) -> Iterator[Document]:
    sender = as_object(mail.get("from")) or {}
    if not sender.get("email"):
        text = f"The from object must be provided for every email send, {_EXAMPLE}."
        yield error(text, "from.email", "message.from")
    elif not _is_address(sender["email"]):
        text = "The from email does not contain a valid address."
        yield error(text, "from.email", "message.from")
    reply = mail.get("reply_to")
    if reply is not None and not _is_address((as_object(reply) or {}).get("email")):
        text = "The reply_to email does not contain a valid address."
        yield error(text, "reply_to.email", "message.reply_to")


def _personalizations(mail: Document) -> Iterator[Document]:
    given = as_list(mail.get("personalizations")) or []
    if not given:
        text = "The personalizations field is required and must have at least one personalization."
        yield error(text, "personalizations", _PERSONALIZATIONS)
    if len(given) > _MOST_PEOPLE:
        text = f"There is a limit of {_MOST_PEOPLE} personalizations for each request."
        yield error(text, "personalizations", _PERSONALIZATIONS)
        return
    total = 0
    for place, item in enumerate(given):
        personalization = as_object(item)
        if personalization is None:
            text = "Each personalization must be an object."
            yield error(text, f"personalizations.{place}", _PERSONALIZATIONS)
            continue
        total += sum(len(as_list(personalization.get(part)) or []) for part in _PARTS)
        yield from _recipients(personalization, f"personalizations.{place}")
    if total > _MOST_PEOPLE:
        text = f"There is a limit of {_MOST_PEOPLE} total recipients (to + cc + bcc) per request."
        yield error(text, "personalizations", _PERSONALIZATIONS)


def _recipients(personalization: Document, field: str) -> Iterator[Document]:
    if not as_list(personalization.get("to")):
        text = "The to array is required for all personalization objects, with one email at least."
        yield error(text, f"{field}.to", _RECIPIENTS)
    seen: set[str] = set()
    for part in _PARTS:
        for place, person in enumerate(as_list(personalization.get(part)) or []):
            email = (as_object(person) or {}).get("email")
            if not _is_address(email):
                text = "Does not contain a valid address."
                yield error(text, f"{field}.{part}.{place}.email", _RECIPIENTS)
            elif str(email).lower() in seen:
                text = (
                    "Each email address in the personalization block should be unique between to,"
                    f" cc, and bcc. We found the first duplicate instance of [{email}] in the"
                    f" {field}.{part} field."
                )
                yield error(text, field, "message.recipient-errors")
            seen.add(str(email).lower())


def _subject(mail: Document) -> Iterator[Document]:
    parts = objects_in(mail.get("personalizations"))
    everywhere = bool(parts) and all(part.get("subject") for part in parts)
    if not mail.get("subject") and not everywhere and not mail.get("template_id"):
        text = (
            "The subject is required. You can get around this requirement if you use a template"
            " with a subject defined or if every personalization has a subject defined."
        )
        yield error(text, "subject", "message.subject")


def _content(mail: Document) -> Iterator[Document]:
    content = as_list(mail.get("content")) or []
    if not content and not mail.get("template_id"):
        text = "Unless a valid template_id is provided, the content parameter is required."
        yield error(text, "content", "message.content")
    for place, part in enumerate(content):
        for name in ("type", "value"):
            value = (as_object(part) or {}).get(name)
            if not isinstance(value, str) or not value:
                text = f"The content {name} must be a string at least one character in length."
                yield error(text, f"content.{place}.{name}", f"message.content.{name}")
    kinds = [part.get("type") for part in objects_in(content)]
    if "text/plain" in kinds[1:] or "text/html" in kinds[2:]:
        text = "If present, text/plain must be first, followed by text/html, then anything else."
        yield error(text, "content", "message.content")


def _custom_args(mail: Document) -> Iterator[Document]:
    parts = [("custom_args", mail.get("custom_args"))]
    for place, part in enumerate(objects_in(mail.get("personalizations"))):
        parts.append((f"personalizations.{place}.custom_args", part.get("custom_args")))
    given = [(field, args) for field, args in parts if args is not None]
    for field, args in given:
        found = as_object(args)
        if found is None or not all(isinstance(arg, str) for arg in found.values()):
            text = "The custom_args must be an object whose values are strings."
            yield error(text, field, "message.custom_args")
    if sum(len(json.dumps(args).encode()) for _, args in given) > _LARGEST_CUSTOM_ARGS:
        text = f"The custom_args may not exceed {_LARGEST_CUSTOM_ARGS} bytes in all."
        yield error(text, "custom_args", "message.custom_args")


def _extras(mail: Document) -> Iterator[Document]:
    for name in as_object(mail.get("headers")) or {}:
        if name.lower() in _RESERVED:
            yield error(f"The header {name} is reserved.", f"headers.{name}", "message.headers")
    if len(as_list(mail.get("categories")) or []) > _MOST_CATEGORIES:
        text = f"There is a limit of {_MOST_CATEGORIES} categories."
        yield error(text, "categories", "message.categories")
    for place, attachment in enumerate(objects_in(mail.get("attachments"))):
        field = f"attachments.{place}"
        if not attachment.get("filename"):
            text = "The attachment filename is required."
            yield error(text, f"{field}.filename", "message.attachments.filename")
        if not _is_base64(attachment.get("content")):
            text = "The attachment content must be base64 encoded."
            yield error(text, f"{field}.content", "message.attachments.content")


def _is_address(value: object) -> bool:
    return isinstance(value, str) and _ADDRESS.fullmatch(value) is not None


def _is_base64(value: object) -> bool:
    if not isinstance(value, str) or not value:
        return False
    try:
        base64.b64decode(value, validate=True)
    except binascii.Error:
        return False
    return True
