"""Webhooks: verified on the raw body before anything else, stored once, and told on only if due."""

import pytest
from sqlalchemy import text

from api.wiring import Webhooks
from domain.mail import MailKind, MailState
from domain.status import OrderStatus
from tests.api.desk import Desk
from tests.api.signing import (
    SHIPPO_TOKEN,
    mail_events,
    sendgrid_headers,
    stripe_event,
    stripe_headers,
    track,
)

CAPTURED = "payment_intent.succeeded"
AUTHORIZED = "payment_intent.amount_capturable_updated"


def inbox(desk: Desk) -> list[tuple[str, str | None, str | None, str]]:
    """(kind, order, signal, state) in the order in which they came."""
    with desk.books.database.transaction() as connection:
        rows = connection.execute(
            text("SELECT kind, order_id, signal, state FROM inbox ORDER BY id")
        )
        return [(kind, order, signal, state) for kind, order, signal, state in rows]


async def stripe(desk: Desk, raw: bytes, **signed: float | str) -> int:
    headers = stripe_headers(raw, **signed)  # pyright: ignore[reportArgumentType] # as named there
    answer = await desk.call("POST", "/webhooks/stripe", content=raw, headers=headers)
    return answer.status_code


async def test_a_stripe_event_of_an_order_is_kept_for_the_record(desk: Desk) -> None:
    placed = await desk.place()
    assert await stripe(desk, stripe_event(CAPTURED, order=placed)) == 200
    assert inbox(desk) == [("captured", placed, None, "kept")]


async def test_money_that_moved_and_that_nobody_owns_becomes_somebodys_business(
    desk: Desk,
) -> None:
    assert await stripe(desk, stripe_event(CAPTURED, "evt_1", order="ord_of_nobody")) == 200
    assert await stripe(desk, stripe_event(AUTHORIZED, "evt_2")) == 200
    assert inbox(desk) == [
        ("captured", None, "payment_event", "waiting"),
        ("authorized", None, None, "kept"),
    ]


async def test_an_event_that_names_no_order_is_known_by_its_payment(desk: Desk) -> None:
    placed = await desk.place()
    desk.books.claims.claim("stripe", "pi_9", placed)
    assert await stripe(desk, stripe_event(CAPTURED, intent="pi_9")) == 200
    assert inbox(desk) == [("captured", placed, None, "kept")]


async def test_events_that_say_nothing_about_money_are_not_kept(desk: Desk) -> None:
    assert await stripe(desk, stripe_event("customer.created")) == 200
    assert inbox(desk) == []


async def test_a_stripe_event_whose_body_was_changed_is_refused(desk: Desk) -> None:
    raw = stripe_event(CAPTURED)
    headers = stripe_headers(raw)
    changed = raw.replace(b"3090", b"9990")
    for content in (changed, raw + b" ", b"", b"\xff"):
        answer = await desk.call("POST", "/webhooks/stripe", content=content, headers=headers)
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/problem+json"
    for missing in ({}, {"Stripe-Signature": "t=1"}):
        answer = await desk.call("POST", "/webhooks/stripe", content=raw, headers=missing)
        assert answer.status_code == 401
    assert inbox(desk) == []


async def test_what_stripe_signed_and_nobody_can_read_is_told_so(desk: Desk) -> None:
    assert await stripe(desk, b"{}") == 400
    assert await stripe(desk, b"not json") == 400


async def test_a_date_that_is_on_no_calendar_is_refused_with_words(desk: Desk) -> None:
    raw = track("TRACK-1", "DELIVERED", "e1").replace(
        b"2026-03-02T10:00:00Z", b"0001-01-01T00:00:00+14:00"
    )
    answer = await desk.call(
        "POST",
        f"/webhooks/shippo/{SHIPPO_TOKEN}",
        content=raw,
        headers={"content-type": "application/json"},
    )
    assert answer.status_code == 400
    assert "no event" in answer.text


async def shippo(desk: Desk, raw: bytes, token: str = SHIPPO_TOKEN) -> int:
    headers = {"Content-Type": "application/json"}
    path = f"/webhooks/shippo/{token}"
    return (await desk.call("POST", path, content=raw, headers=headers)).status_code


async def test_the_order_hears_once_of_each_thing_that_matters(desk: Desk) -> None:
    placed = await desk.place()
    desk.buy_label(placed, "TRACK-1")
    told = ["PRE_TRANSIT", "TRANSIT", "TRANSIT", "PRE_TRANSIT", "FAILURE", "TRANSIT", "DELIVERED"]
    for number, status in enumerate(told):
        assert await shippo(desk, track("TRACK-1", status, f"e{number}")) == 200
    assert await shippo(desk, track("TRACK-1", "DELIVERED", "e6")) == 200
    assert await shippo(desk, track("TRACK-1", "RETURNED", "e9")) == 200
    signals = [(kind, order, signal) for kind, order, signal, _ in inbox(desk)]
    assert signals == [("courier_event", placed, "courier_event")] * 3
    view = desk.books.search.order(desk.shop, placed)
    assert view is not None
    assert view.shipments[0].labels[0].status == "delivered"


async def test_in_transit_chatter_of_a_shipped_order_costs_nothing(desk: Desk) -> None:
    placed = await desk.place()
    desk.buy_label(placed, "TRACK-1")
    desk.advance(placed, OrderStatus.RESERVED, OrderStatus.SHIPPED)
    for number in range(5):
        assert await shippo(desk, track("TRACK-1", "TRANSIT", f"e{number}")) == 200
    assert inbox(desk) == []
    assert await shippo(desk, track("TRACK-1", "DELIVERED", "e9")) == 200
    assert len(inbox(desk)) == 1


async def test_a_parcel_that_is_not_ours_is_nobodys_business(desk: Desk) -> None:
    assert await shippo(desk, track("FOREIGN", "PRE_TRANSIT", "e1")) == 200
    assert inbox(desk) == []
    for _ in range(2):  # it may be on its way onto the record
        assert await shippo(desk, track("FOREIGN", "DELIVERED", "e2")) == 200
    assert inbox(desk) == [("courier_event", None, "courier_event", "waiting")]


async def mail(desk: Desk, raw: bytes, headers: dict[str, str]) -> int:
    answer = await desk.call("POST", "/webhooks/sendgrid", content=raw, headers=headers)
    return answer.status_code


async def test_mail_events_move_mails_on_and_never_back(desk: Desk) -> None:
    placed = await desk.place()
    desk.books.mails.begin("k1", placed, MailKind.CONFIRMATION, "zoe@example.com")
    desk.books.mails.sending("k1", 0)
    for event in ("delivered", "processed", "delivered"):
        raw = mail_events((event, "k1", f"sg-{event}"), (event, "foreign", f"sg2-{event}"))
        assert await mail(desk, raw, sendgrid_headers(raw)) == 200
    row = desk.books.mails.begin("k1", placed, MailKind.CONFIRMATION, "zoe@example.com")
    assert row.state is MailState.DELIVERED


@pytest.mark.parametrize(
    ("path", "setting"),
    [
        ("/webhooks/stripe", "ORDERSAGA_STRIPE_WEBHOOK_SECRET"),
        ("/webhooks/shippo/token", "ORDERSAGA_SHIPPO_WEBHOOK_TOKEN"),
        ("/webhooks/sendgrid", "ORDERSAGA_SENDGRID_WEBHOOK_KEY"),
    ],
)
async def test_without_its_secret_a_webhook_names_the_setting_that_is_missing(
    desk: Desk, path: str, setting: str
) -> None:
    desk.app.state.wiring = desk.rewired(webhooks=Webhooks())
    answer = await desk.call("POST", path, {})
    assert answer.status_code == 503
    assert answer.json()["detail"] == (
        f"{setting} is not set on this installation; see `ordersaga doctor`"
    )
