"""What becomes of each mail, told in signed batches as SendGrid's Event Webhook does."""

import json
import secrets
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from sandbox.core.http import Answer, ParsedRequest
from sandbox.core.store import Document
from sandbox.core.world import World, plain_error

MAIL = "sendgrid.mail"
ARRIVE = "sendgrid.arrive"
FLUSH = "sendgrid.flush"
_WAITING = "sendgrid.event"
_BOUNCING_NAME, _BOUNCING_DOMAIN = "bounce@", "@bounce.example"
_EXTRAS: dict[str, Document] = {
    "delivered": {"response": "250 OK", "ip": "192.0.2.10", "tls": 1},
    "bounce": {
        "reason": "550 5.1.1 The email account that you tried to reach does not exist",
        "status": "5.1.1",
        "type": "bounce",
        "bounce_classification": "Invalid Address",
    },
    "dropped": {"reason": "Bounced Address", "status": "5.0.0"},
    "deferred": {"response": "421 4.7.0 Try again later", "attempt": "1"},
}


def follow(world: World, mail: Document) -> None:
    """Processed at once; delivered, bounced, dropped or deferred a little later."""
    settings = world.settings.section("sendgrid")
    if not settings["auto_events"]:
        return
    emit(world, mail, "processed", people(mail))
    world.timers.after(float(settings["delivered_after"]), ARRIVE, {"mail": mail["id"]})


async def arrive(world: World, payload: Document) -> None:
    """The receiving servers answer, each for its own recipients."""
    mail = world.store.get(MAIL, payload["mail"])
    if mail is None:
        return
    fate = mail["fate"]
    if fate is not None:
        event = {"bounce": "bounce", "drop": "dropped", "defer": "deferred"}[fate["kind"]]
        emit(world, mail, event, people(mail), fate["params"])
        return
    bouncing = [email for email in people(mail) if bounces(email)]
    emit(world, mail, "bounce", bouncing)
    emit(world, mail, "delivered", [email for email in people(mail) if email not in bouncing])


def bounces(email: str) -> bool:
    """Addresses that never work: `bounce@…` and anyone at `bounce.example`."""
    lower = email.lower()
    return lower.startswith(_BOUNCING_NAME) or lower.endswith(_BOUNCING_DOMAIN)


def people(mail: Document) -> list[str]:
    """Everyone who gets the mail."""
    return [person["email"] for part in ("to", "cc", "bcc") for person in mail[part]]


def emit(
    world: World, mail: Document, kind: str, to: list[str], details: Document | None = None
) -> list[Document]:
    """One event for each recipient, on record and on its way in one batch."""
    made = [_event(world, mail, kind, email, details or {}) for email in to]
    if not made:
        return made
    # Read anew: whoever called may hold the mail as it was before an earlier event.
    kept = world.store.get(MAIL, mail["id"]) or mail
    kept["events"] += [{name: e[name] for name in ("event", "email", "sg_event_id")} for e in made]
    world.store.put(MAIL, kept["id"], kept)
    wait = float(world.settings.section("sendgrid")["batch_seconds"])
    if wait == 0:
        _post(world, kind, made, mail["order"])
        return made
    if not world.store.count(_WAITING):
        world.timers.after(wait, FLUSH, {})
    for event in made:
        world.store.put(_WAITING, event["sg_event_id"], event)
    return made


async def flush(world: World, _: Document) -> None:
    """Everything that happened meanwhile leaves as one batch, whatever it belongs to."""
    batch = list(world.store.list(_WAITING))
    for event in batch:
        world.store.delete(_WAITING, event["sg_event_id"])
    if batch:
        _post(world, "batch", batch, None)


class _Wanted(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True)

    message_id: str
    event: str
    email: str | None = None


async def control(world: World, request: ParsedRequest) -> Answer:
    """Let something become of a mail: {message_id, event, email?, any other field of the event}."""
    try:
        wanted = _Wanted.model_validate(request.json())
    except ValidationError as error:
        return Answer.json(plain_error(422, str(error)), 422)
    mails = list(world.store.find(MAIL, "message_id", wanted.message_id))
    if not mails:
        return Answer.json(plain_error(404, f"no mail {wanted.message_id}"), 404)
    made: list[Document] = []
    for mail in mails:
        to = [email for email in people(mail) if wanted.email in (None, email)]
        made += emit(world, mail, wanted.event, to, wanted.model_extra or {})
    return Answer.json({"events": made})


def _event(world: World, mail: Document, kind: str, email: str, details: Document) -> Document:
    event: dict[str, Any] = {
        **mail["custom_args"],
        "email": email,
        "timestamp": world.clock.timestamp(),
        "event": kind,
        "smtp-id": f"<{mail['message_id']}@sandbox.example>",
        "sg_event_id": secrets.token_urlsafe(16),
        "sg_message_id": f"{mail['message_id']}.recvd-sandbox-{mail['id'].rpartition('.')[2]}",
    }
    if mail["categories"]:
        event["category"] = mail["categories"]
    return event | _EXTRAS.get(kind, {}) | details


def _post(world: World, name: str, batch: list[Document], order: str | None) -> None:
    body = json.dumps(batch, ensure_ascii=False, separators=(",", ":"))
    world.webhooks.send("sendgrid", name, body, order=order)
