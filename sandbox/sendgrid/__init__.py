"""SendGrid: mails checked and accepted, a mailbox to read, signed events about each of them."""

from sandbox.core.timers import TimerHandler
from sandbox.core.world import Operation, Vendor, World, with_world
from sandbox.sendgrid import events, mails
from sandbox.sendgrid.rules import error
from sandbox.sendgrid.signing import EventSigner


def routes(world: World) -> list[Operation]:
    """The one operation that a shop needs."""
    world.store.index(mails.KIND, "order")
    world.store.index(mails.KIND, "message_id")
    # The signature needs the key in the state, so the signer is bound to this world.
    world.webhooks.declare("sendgrid", EventSigner(world).sign)
    return [Operation("POST", "/v3/mail/send", "send", mails.send, faults=mails.FAULTS)]


def controls(world: World) -> list[Operation]:
    """Reading the mailbox, and making something become of a mail."""
    return [
        Operation("GET", "/mailbox", "mailbox", mails.mailbox, faults=None),
        Operation("POST", "/event", "event", events.control, faults=None),
        Operation("GET", "/public-key", "public_key", EventSigner(world).show, faults=None),
    ]


def timers(world: World) -> dict[str, TimerHandler]:
    """What receiving servers say later."""
    return {
        events.ARRIVE: with_world(world, events.arrive),
        events.FLUSH: with_world(world, events.flush),
    }


VENDOR = Vendor(
    name="sendgrid",
    routes=routes,
    controls=controls,
    timers=timers,
    error=lambda _, message: {"errors": [error(message)]},
    settings={
        "webhook_url": None,
        "auto_events": True,
        "delivered_after": 1,
        "batch_seconds": 0,
    },
)
