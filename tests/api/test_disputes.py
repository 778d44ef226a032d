"""Disputes over HTTP: heard of by webhooks, looked at and answered by staff, in refunds' way."""

import asyncio
import io
import zipfile
from datetime import UTC, datetime, timedelta

import pytest

from domain.disputes import DisputeSeen, DisputeState
from domain.money import Money
from domain.status import OrderStatus
from tests.api.desk import Desk, Json
from tests.api.signing import dispute_event, stripe_headers

REFUND: Json = {
    "kind": "goodwill",
    "amount": {"amount": 100, "currency": "EUR"},
    "who": "Ana, support",
}


def euros(amount: int) -> Money:
    return Money(amount=amount, currency="EUR")


async def tell(desk: Desk, kind: str = "created", event: str = "evt_1") -> int:
    raw = dispute_event(kind, event)
    headers = stripe_headers(raw)
    answer = await desk.call("POST", "/webhooks/stripe", content=raw, headers=headers)
    return answer.status_code


@pytest.fixture
async def placed(desk: Desk) -> str:
    """An order whose payment is pi_1."""
    order = await desk.place()
    desk.books.claims.claim("stripe", "pi_1", order)
    return order


def look(desk: Desk, state: DisputeState = DisputeState.NEEDS_RESPONSE) -> str:
    """Somebody has looked at the dispute; the case about it."""
    (mine,) = desk.books.disputes.claim(10)
    seen = DisputeSeen(
        reference="du_1",
        payment="pi_1",
        state=state,
        money=euros(3090),
        reason="product_not_received",
        opened_at=datetime.now(UTC),
        due_by=datetime.now(UTC) + timedelta(days=9),
        refunded=euros(0),
    )
    now = desk.books.disputes.seen(mine, seen)
    assert now is not None
    desk.books.disputes.rest(now, timedelta(hours=6))
    return now.case


async def test_a_webhook_is_a_hint_and_what_it_says_is_not_believed(
    desk: Desk, placed: str
) -> None:
    raw = dispute_event("closed", status="won")
    headers = stripe_headers(raw)
    answer = await desk.call("POST", "/webhooks/stripe", content=raw, headers=headers)
    assert answer.status_code == 200
    shown = await desk.call("GET", "/disputes/du_1", key="support")
    assert (shown.json()["state"], shown.json()["order_id"]) == ("unseen", placed)


async def test_told_often_and_out_of_order_it_is_one_dispute(desk: Desk, placed: str) -> None:
    told = [("closed", "evt_3"), ("created", "evt_1"), ("updated", "evt_2"), ("created", "evt_1")]
    answers = await asyncio.gather(*(tell(desk, *one) for one in told))
    assert answers == [200, 200, 200, 200]
    page = (await desk.call("GET", f"/orders/{placed}", key="support")).json()
    assert [one["id"] for one in page["disputes"]] == ["du_1"]


async def test_one_of_a_payment_that_nobody_owns_goes_to_a_person(desk: Desk) -> None:
    assert await tell(desk) == 200
    (message,) = desk.books.inbox.claim(10)
    assert (message.order_id, message.kind) == (None, "dispute_opened")
    assert (await desk.call("GET", "/disputes/du_1", key="support")).status_code == 404


async def test_nothing_is_given_back_beside_it_until_it_is_won(desk: Desk, placed: str) -> None:
    path, headers = f"/orders/{placed}/refunds", {"Idempotency-Key": "k"}

    async def press() -> tuple[int, str]:
        answer = await desk.call("POST", path, REFUND, key="support", headers=headers)
        return answer.status_code, answer.text

    await tell(desk)
    code, words = await press()
    assert code == 409
    assert "du_1 is open" in words
    look(desk, DisputeState.LOST)
    code, words = await press()
    assert code == 409
    assert "has the money already" in words
    await tell(desk, "updated", "evt_2")
    look(desk, DisputeState.WON)
    code, words = await press()
    assert "du_1" not in words  # the order itself says what is left


async def test_its_case_is_answered_once_and_who_comes_second_hears_by_whom(
    desk: Desk, placed: str
) -> None:
    assert placed
    await tell(desk)
    case = look(desk)
    listed = (await desk.call("GET", "/cases?kind=dispute", key="support")).json()["cases"]
    assert [one["id"] for one in listed] == [case]
    assert listed[0]["answers"] == ["submit", "accept"]
    wrong = await desk.call(
        "POST", f"/cases/{case}/answer", {"answer": "retry", "who": "Ana"}, key="support"
    )
    assert wrong.status_code == 422
    answers = await asyncio.gather(
        *(
            desk.call("POST", f"/cases/{case}/answer", {"answer": say, "who": who}, key="support")
            for who, say in (("Ana", "submit"), ("Bo", "accept"), ("Cy", "submit"))
        )
    )
    codes = sorted(one.status_code for one in answers)
    assert codes == [200, 409, 409]
    (heard,) = [one.json() for one in answers if one.status_code == 200]
    refused = [one.json()["detail"] for one in answers if one.status_code == 409]
    assert all(heard["answered_by"] in one for one in refused)
    (due,) = desk.books.disputes.claim(10)
    assert due.decision == heard["answer"]


async def test_its_evidence_is_one_file_for_staff_of_its_shop_alone(
    desk: Desk, placed: str
) -> None:
    await tell(desk)
    look(desk)
    answer = await desk.call("GET", "/disputes/du_1/evidence", key="support")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert placed in archive.read("summary.txt").decode()
    for path in ("/disputes/du_1", "/disputes/du_1/evidence"):
        assert (await desk.call("GET", path, key="other")).status_code == 404
        assert (await desk.call("GET", path, key="warehouse")).status_code == 403
        assert (await desk.call("GET", path, key="shop")).status_code == 403
        assert (await desk.call("GET", path)).status_code == 401
    other = await desk.call("GET", "/disputes/du_2/evidence", key="support")
    assert other.status_code == 404


async def test_an_order_is_not_erased_while_its_dispute_is_open(desk: Desk, placed: str) -> None:
    desk.advance(placed, OrderStatus.COMPLETED)
    await tell(desk)
    look(desk)
    answer = await desk.call("POST", f"/orders/{placed}/erase", key="support")
    assert answer.status_code == 409
    assert "evidence" in answer.json()["detail"] or "runs" in answer.json()["detail"]
