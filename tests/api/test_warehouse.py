"""What the warehouse reports: checked against the handoff, stored once, refused with reasons."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from domain.cases import Case, CaseKind
from domain.journal import FactOutcome
from domain.status import OrderStatus
from tests.api.desk import Desk, Json

SCANS = ["4006381333931", "4006381333931"]
S = OrderStatus
TO_RELEASED = (S.PICKED, S.READY_TO_PACK, S.PACKED, S.CAPTURED, S.RELEASED)


def pick(**changes: Any) -> Json:
    return {"lines": [{"line": "1", "sku": "MUG-BLUE", "quantity": 2, "barcodes": SCANS} | changes]}


def pack(quantity: int = 2, **changes: Any) -> Json:
    parcel = {"weight_grams": 800, "lines": [{"line": "1", "quantity": quantity}]}
    return {"parcels": [parcel | changes]}


async def report(
    desk: Desk, shipment: str, what: str, body: Any, fact: str | None = None
) -> httpx.Response:
    headers = {} if fact is None else {"Idempotency-Key": fact}
    path = f"/warehouse/shipments/{shipment}/{what}"
    return await desk.call("POST", path, body, key="warehouse", headers=headers)


def signals(desk: Desk) -> list[tuple[str | None, Json]]:
    return [(one.signal, one.payload) for one in desk.books.inbox.claim(100)]


async def handed_off(desk: Desk) -> tuple[str, str]:
    placed = await desk.place()
    return placed, desk.hand_off(placed)


async def test_a_pick_that_fits_goes_to_its_order_once(desk: Desk) -> None:
    placed, shipment = await handed_off(desk)
    answer = await report(desk, shipment, "picked", pick() | {"picker": "P7"}, "fact-1")
    assert answer.status_code == 202
    assert answer.json() == {"shipment": shipment, "report": "picked", "id": "fact-1"}
    [(signal, payload)] = signals(desk)
    assert signal == "picked"
    assert payload["shipment"] == shipment
    assert payload["id"] == "fact-1"
    assert payload["lines"][0]["barcodes"] == SCANS
    assert shipment.startswith(placed)


async def test_without_a_key_the_same_report_fifty_times_at_once_is_one(desk: Desk) -> None:
    _, shipment = await handed_off(desk)
    answers = await asyncio.gather(*(report(desk, shipment, "picked", pick()) for _ in range(50)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.content for answer in answers}) == 1
    assert len(signals(desk)) == 1


async def test_another_report_under_the_same_key_is_refused(desk: Desk) -> None:
    _, shipment = await handed_off(desk)
    await report(desk, shipment, "picked", pick(), "fact-1")
    for what, body in (("picked", pick() | {"picker": "P8"}), ("packed", pack())):
        answer = await report(desk, shipment, what, body, "fact-1")
        assert answer.status_code == 409
        assert "Idempotency-Key" in answer.json()["detail"]
    assert len(signals(desk)) == 1


async def test_a_repeated_report_is_answered_the_same_when_its_moment_is_over(desk: Desk) -> None:
    placed, shipment = await handed_off(desk)
    first = await report(desk, shipment, "picked", pick(), "fact-1")
    desk.advance(placed, *TO_RELEASED, S.SHIPPED)
    again = await report(desk, shipment, "picked", pick(), "fact-1")
    assert (again.status_code, again.json()) == (first.status_code, first.json())


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"barcodes": ["999"]}, "lines.0.barcodes"),
        ({"barcodes": []}, "lines.0.barcodes"),
        ({"sku": "MUG-GREEN"}, "lines.0.sku"),
        ({"line": "7"}, "lines.0.line"),
        ({"quantity": 1}, "lines.0.quantity"),
        ({"quantity": 3}, "lines.0.quantity"),
    ],
)
async def test_a_pick_that_does_not_fit_is_a_recorded_mistake(
    desk: Desk, changes: Json, field: str
) -> None:
    placed, shipment = await handed_off(desk)
    for _ in range(2):
        answer = await report(desk, shipment, "picked", pick(**changes))
        assert answer.status_code == 422
        assert field in {one["field"] for one in answer.json()["problems"]}
    assert signals(desk) == []
    view = desk.books.search.order(desk.shop, placed)
    assert view is not None
    mistakes = [fact for fact in view.facts if fact.outcome is FactOutcome.MISTAKE]
    assert [fact.operation for fact in mistakes] == ["picked"]
    assert view.status is S.IN_FULFILMENT
    short = changes.get("quantity") == 1
    assert [one.case.kind for one in view.cases] == [CaseKind.MESSAGE_REFUSED] * short
    assert (await report(desk, shipment, "picked", pick())).status_code == 202


async def test_an_old_report_that_comes_again_closes_no_newer_refusal(desk: Desk) -> None:
    placed, shipment = await handed_off(desk)
    await report(desk, shipment, "picked", pick(quantity=1), "short-1")
    assert (await report(desk, shipment, "picked", pick(), "fact-1")).status_code == 202
    prefix = f"{shipment}:picked:refused:"
    newer = Case(
        id=f"{prefix}newer",
        order=placed,
        kind=CaseKind.MESSAGE_REFUSED,
        reason="newer",
        opened_at=datetime.now(UTC),
    )
    desk.books.cases.open(newer)
    for status in ((), TO_RELEASED):  # in its moment, and after it
        desk.advance(placed, *status)
        assert (await report(desk, shipment, "picked", pick(), "fact-1")).status_code == 202
    view = desk.books.search.order(desk.shop, placed)
    assert view is not None
    assert {one.case.id: one.answer is None for one in view.cases} == {
        one.case.id: one.case.id == newer.id for one in view.cases
    }
    assert len(view.cases) == 2


@pytest.mark.parametrize("body", [pack(1), pack(3), pack(lines=[{"line": "9", "quantity": 2}])])
async def test_parcels_must_hold_just_what_was_picked(desk: Desk, body: Json) -> None:
    _, shipment = await handed_off(desk)
    await report(desk, shipment, "picked", pick())
    answer = await report(desk, shipment, "packed", body)
    assert answer.status_code == 422
    assert all(one["field"].startswith("parcels") for one in answer.json()["problems"])
    assert [signal for signal, _ in signals(desk)] == ["picked"]


async def test_pick_pack_and_hand_over_follow_each_other(desk: Desk) -> None:
    placed, shipment = await handed_off(desk)
    assert (await report(desk, shipment, "packed", pack())).status_code == 409
    assert (await report(desk, shipment, "handed-over", {})).status_code == 409
    assert (await report(desk, shipment, "picked", pick(), "a")).status_code == 202
    assert (await report(desk, shipment, "picked", pick(), "b")).status_code == 409
    assert (await report(desk, shipment, "recall-result", {"outcome": "gone"})).status_code == 409
    assert (await report(desk, shipment, "packed", pack(), "c")).status_code == 202
    desk.advance(placed, *TO_RELEASED)
    assert (await report(desk, shipment, "packed", pack(), "d")).status_code == 409
    assert (await report(desk, shipment, "handed-over", {"manifest": "M"})).status_code == 202
    heard: list[str | None] = []
    while claimed := desk.books.inbox.claim(1):
        heard.append(claimed[0].signal)
        desk.books.inbox.delivered(claimed[0].id)
    assert heard == ["picked", "packed", "handed_over"]


async def test_a_recall_is_answered_while_the_parcel_may_be_on_the_dock(desk: Desk) -> None:
    placed, shipment = await handed_off(desk)
    desk.advance(placed, *TO_RELEASED, S.RECALLING)
    answer = await report(desk, shipment, "recall-result", {"outcome": "pulled"})
    assert answer.status_code == 202
    assert signals(desk)[0][0] == "recall_result"
    assert (await report(desk, shipment, "recall-result", {"outcome": "lost"})).status_code == 422


async def test_a_refused_report_s_case_is_closed_by_the_report_that_fits(desk: Desk) -> None:
    _, shipment = await handed_off(desk)
    short = pick()
    short["lines"][0]["quantity"] -= 1
    assert (await report(desk, shipment, "picked", short)).status_code == 422
    (refused,) = desk.books.cases.open_cases(desk.shop)
    assert refused.case.kind is CaseKind.MESSAGE_REFUSED
    assert (await report(desk, shipment, "picked", pick())).status_code == 202
    assert desk.books.cases.open_cases(desk.shop) == ()
    closed = desk.books.cases.case(refused.case.id)
    assert closed is not None
    assert closed.answer is not None
    assert (closed.answer.who, closed.answer.why) == ("ordersaga", "a `picked` that fits has come")


async def test_goods_that_left_unreleased_are_taken_down_as_the_fact_they_are(desk: Desk) -> None:
    placed, shipment = await handed_off(desk)
    await report(desk, shipment, "picked", pick())
    desk.advance(placed, S.PICKED, S.READY_TO_PACK)
    assert (await report(desk, shipment, "handed-over", {"manifest": "M"})).status_code == 202


async def test_a_scan_after_the_couriers_own_is_kept_and_told_to_nobody(desk: Desk) -> None:
    placed, shipment = await handed_off(desk)
    desk.advance(placed, *TO_RELEASED, S.SHIPPED)
    assert (await report(desk, shipment, "handed-over", {"manifest": "M"})).status_code == 202
    assert signals(desk) == []


async def test_after_a_cancel_goods_go_back_and_if_they_left_somebody_must_know(
    desk: Desk,
) -> None:
    placed, shipment = await handed_off(desk)
    desk.advance(placed, S.CANCELLING)
    answer = await report(desk, shipment, "picked", pick())
    assert answer.status_code == 409
    assert "put the goods back" in answer.json()["detail"]
    desk.advance(placed, S.CANCELLED)
    assert (await report(desk, shipment, "packed", pack())).status_code == 409
    assert (await report(desk, shipment, "handed-over", {})).status_code == 409
    cases = desk.books.cases.open_cases(desk.shop)
    assert [one.case.kind for one in cases] == [CaseKind.GONE_UNRELEASED]


async def test_a_parcel_of_another_shipment_cannot_be_handed_over(desk: Desk) -> None:
    placed, shipment = await handed_off(desk)
    own = desk.buy_label(placed, "TRACK-1")
    desk.advance(placed, *TO_RELEASED)
    answer = await report(desk, shipment, "handed-over", {"parcels": [own, "ord_other-s1-p1"]})
    assert answer.status_code == 422
    assert answer.json()["problems"][0]["field"] == "parcels.1"
    assert (await report(desk, shipment, "handed-over", {"parcels": [own]})).status_code == 202


async def test_a_rejected_shipment_takes_no_reports(desk: Desk) -> None:
    placed = await desk.place()
    shipment = desk.hand_off(placed, accepted=False)
    answer = await report(desk, shipment, "picked", pick())
    assert answer.status_code == 409
    assert "rejected" in answer.json()["detail"]


async def test_a_warehouse_quicker_than_the_record_is_asked_to_try_again(desk: Desk) -> None:
    placed = await desk.place()
    answer = await report(desk, f"{placed}-s1", "picked", pick())
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "1"
    desk.hand_off(placed)
    assert (await report(desk, f"{placed}-s1", "picked", pick())).status_code == 202


async def test_an_unknown_shipment_is_unknown(desk: Desk) -> None:
    for shipment in ("ord_nobody-s1", "1", "a%2Fb", "%00"):
        answer = await report(desk, shipment, "picked", pick())
        assert answer.status_code in (404, 422)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"lines": []}, "lines"),
        ({}, "lines"),
        (pick(quantity=-1), "lines.0.quantity"),
        (pick(quantity="2"), "lines.0.quantity"),
        (pick(sku="with space"), "lines.0.sku"),
        (pick() | {"shipment": "ord_x-s1"}, "shipment"),
        (pick() | {"id": "mine"}, "id"),
        (pick() | {"weight": 1}, "weight"),
        (pick() | {"at": "yesterday"}, "at"),
        ([], "(body)"),
    ],
)
async def test_a_malformed_report_is_refused_with_its_field(
    desk: Desk, body: Any, field: str
) -> None:
    _, shipment = await handed_off(desk)
    answer = await report(desk, shipment, "picked", body)
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["problems"]] == [field]


ONE = {"quantity": 1, "barcodes": SCANS[:1], "short": "one broken"}


async def test_missing_pieces_are_taken_down_and_may_be_picked_anew_until_it_is_decided(
    desk: Desk,
) -> None:
    placed, shipment = await handed_off(desk)
    assert (await report(desk, shipment, "picked", pick(**ONE))).status_code == 202
    early = await report(desk, shipment, "packed", pack(1))
    assert early.status_code == 409
    assert "wait for the packing slip" in early.json()["detail"]
    assert (await report(desk, shipment, "picked", pick(), "anew")).status_code == 202
    desk.advance(placed, S.PICKED)
    late = await report(desk, shipment, "picked", pick(**ONE), "late")
    assert late.status_code == 409
    view = desk.books.search.order(desk.shop, placed)
    assert view is not None
    assert view.cases == ()


async def test_too_few_pieces_are_refused_with_the_way_to_report_them(desk: Desk) -> None:
    _, shipment = await handed_off(desk)
    few = pick(quantity=1, barcodes=SCANS[:1])
    answer = await report(desk, shipment, "picked", few)
    [problem] = answer.json()["problems"]
    assert "`short`" in problem["message"]
