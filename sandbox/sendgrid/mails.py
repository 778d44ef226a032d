"""Sending a mail, and the mailbox that everything ends up in."""

import secrets
from typing import Any

from sandbox.core.http import Answer, ParsedRequest
from sandbox.core.shapes import as_object
from sandbox.core.store import Document
from sandbox.core.world import World
from sandbox.sendgrid import events
from sandbox.sendgrid.rules import LARGEST_REQUEST, error, errors_in

KIND = "sendgrid.mail"
FAULTS = ("bounce", "drop", "defer")


async def send(world: World, request: ParsedRequest) -> Answer:
    """202 and `X-Message-Id` for a valid mail, 400 with every error for another."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        return _refused(401, [error("Permission denied, wrong credentials")])
    if len(request.body) > LARGEST_REQUEST:
        return _refused(413, [error("The request is larger than 30 MB.")])
    if not request.headers.get("content-type", "").startswith("application/json"):
        return _refused(415, [error("Content-Type should be application/json.")])
    mail = request.json()
    wrong = errors_in(mail)
    if wrong:
        return _refused(400, wrong)
    if _on(mail, "mail_settings", "sandbox_mode"):
        return Answer.empty(200)
    message_id = secrets.token_urlsafe(16)
    fault = request.fault
    fate = None if fault is None else {"kind": fault.kind, "params": fault.params}
    for place, personalization in enumerate(mail["personalizations"]):
        _deliver(world, mail, personalization, message_id, place, fate)
    return Answer.empty(202, {"x-message-id": message_id})


async def mailbox(world: World, request: ParsedRequest) -> Answer:
    """Mails oldest first, each in full; `to`, `order`, `kind` and `message` narrow."""
    query = request.query
    mails = world.store.find(KIND, "order", query["order"]) if "order" in query else None
    found: list[Document] = []
    for mail in mails or world.store.list(KIND):
        everyone = {person["email"].lower() for person in mail["to"] + mail["cc"] + mail["bcc"]}
        if "to" in query and query["to"].lower() not in everyone:
            continue
        if all(mail[name] == query[name] for name in ("kind", "key") if name in query):
            found.append(mail)
    return Answer.json({"mails": found})


def _deliver(
    world: World,
    mail: Document,
    personalization: Document,
    message_id: str,
    place: int,
    fate: Document | None,
) -> None:
    args = _merged("custom_args", mail, personalization)
    kept: dict[str, Any] = {
        "id": f"{message_id}.{place}",
        "message_id": message_id,
        "at": world.clock.now().isoformat(),
        "from": mail["from"],
        "reply_to": mail.get("reply_to"),
        **{part: personalization.get(part, []) for part in ("to", "cc", "bcc")},
        "subject": personalization.get("subject") or mail.get("subject"),
        "content": mail.get("content", []),
        "headers": _merged("headers", mail, personalization),
        "categories": mail.get("categories") or [],
        "attachments": mail.get("attachments") or [],
        "template_id": mail.get("template_id"),
        "template_data": personalization.get("dynamic_template_data"),
        "custom_args": args,
        **{name: args.get(name) for name in ("order", "kind", "key")},
        "fate": fate,
        "events": [],
    }
    world.store.put(KIND, kept["id"], kept)
    people = [person["email"] for part in ("to", "cc", "bcc") for person in kept[part]]
    fact = {name: kept[name] for name in ("kind", "key", "subject", "message_id")}
    world.ledger.append("sendgrid", "mail", kept["order"], fact | {"to": people})
    events.follow(world, kept)


def _on(mail: Document, section: str, name: str) -> bool:
    chosen = as_object(mail.get(section)) or {}
    return bool((as_object(chosen.get(name)) or {}).get("enable"))


def _merged(name: str, *parts: Document) -> Document:
    merged: Document = {}
    for part in parts:
        merged |= as_object(part.get(name)) or {}
    return merged


def _refused(status: int, wrong: list[Document]) -> Answer:
    return Answer.json({"errors": wrong}, status)
