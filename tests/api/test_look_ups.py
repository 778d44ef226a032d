"""Looking orders and cases up, and following what happens."""

from datetime import UTC, datetime

import pytest

from domain.cases import Answer, Case, CaseAnswer, CaseKind
from domain.journal import Journal, Transition
from domain.record import Commit
from domain.status import OrderStatus, Step
from tests.api.desk import Desk, order

S = OrderStatus


@pytest.mark.parametrize(
    "text", ["1001", "zoë nováková", "ZOE@example.com", "TRACK-1", "mug", "a-10-1", "ord_"]
)
async def test_an_order_is_found_by_what_people_have_in_their_hands(desk: Desk, text: str) -> None:
    placed = await desk.place()
    desk.hand_off(placed)
    desk.buy_label(placed, "TRACK-1")
    answer = await desk.call("GET", "/orders", key="support", params={"q": text})
    assert [one["order_id"] for one in answer.json()["orders"]] == [placed]


async def test_orders_are_listed_page_by_page_newest_first(desk: Desk) -> None:
    placed = [await desk.place(order(str(n))) for n in range(5)]
    seen: list[str] = []
    after = ""
    while after is not None:
        params = {"limit": 2, "after": after}
        page = (await desk.call("GET", "/orders", key="shop", params=params)).json()
        seen += [one["order_id"] for one in page["orders"]]
        after = page["next"]
    assert seen == placed[::-1]


async def test_one_page_has_everything(desk: Desk) -> None:
    placed = await desk.place()
    desk.hand_off(placed)
    by_id = await desk.call("GET", f"/orders/{placed}", key="support")
    by_number = await desk.call("GET", "/orders/1001", key="shop")
    assert by_id.json() == by_number.json()
    page = by_id.json()
    assert page["status"] == "in_fulfilment"
    assert page["order"]["customer"]["email"] == "zoe@example.com"
    assert page["shipments"][0]["handoff"]["lines"][0]["sku"] == "MUG-BLUE"
    assert [one["number"] for one in page["transitions"]] == [1, 2, 3]
    assert page["money"]["captured"] == {"amount": 0, "currency": "EUR"}


async def test_an_orders_events_are_numbered_as_its_callbacks_are(desk: Desk) -> None:
    placed = await desk.place()
    desk.hand_off(placed)
    own = (await desk.call("GET", f"/orders/{placed}/events", key="shop")).json()["events"]
    feed = (await desk.call("GET", "/events", key="shop")).json()
    assert own == feed["events"]
    assert [(one["sequence"], one["status"]) for one in own] == [
        (1, "reserved"),
        (2, "payment_secured"),
        (3, "in_fulfilment"),
    ]


async def test_a_change_that_did_not_come_leaves_no_gap_in_an_orders_events(desk: Desk) -> None:
    placed = await desk.place()
    at = datetime.now(UTC)
    changes = (
        Transition(number=1, status=S.RESERVED, step=Step.RECEIVED, at=at),
        Transition(number=3, status=S.DECLINED, step=Step.PAYMENT, at=at),
    )
    desk.books.records.commit(Commit(order=placed, journal=Journal(transitions=changes)))
    own = (await desk.call("GET", f"/orders/{placed}/events", key="shop")).json()["events"]
    feed = (await desk.call("GET", "/events", key="shop")).json()
    assert own == feed["events"]
    assert [one["sequence"] for one in own] == [1, 2]


async def test_the_feed_goes_on_where_it_was_left(desk: Desk) -> None:
    first, second = await desk.place(order("1")), await desk.place(order("2"))
    desk.advance(first, S.RESERVED)
    page = (await desk.call("GET", "/events", key="shop", params={"after": 0})).json()
    assert [one["order"] for one in page["events"]] == [first]
    desk.advance(second, S.RESERVED)
    desk.advance(first, S.PAYMENT_SECURED)
    rest = (await desk.call("GET", "/events", key="shop", params={"after": page["next"]})).json()
    assert [one["order"] for one in rest["events"]] == [second, first]
    end = await desk.call("GET", "/events", key="shop", params={"after": rest["next"]})
    assert end.json() == {"events": [], "next": rest["next"]}
    limited = await desk.call("GET", "/events", key="shop", params={"limit": 1})
    assert len(limited.json()["events"]) == 1


def open_case(desk: Desk, placed: str, name: str, kind: CaseKind = CaseKind.STUCK) -> None:
    view = desk.books.search.order(desk.shop, placed)
    assert view is not None
    case = Case(id=name, order=placed, kind=kind, reason="it waits", opened_at=view.accepted_at)
    desk.books.records.commit(Commit(placed, Journal(cases=(case,))))


async def test_cases_are_one_list_and_are_answered_once(desk: Desk) -> None:
    placed = await desk.place()
    open_case(desk, placed, f"{placed}:authorize:1:stuck")
    open_case(desk, placed, f"{placed}-s1:picked:refused:1", CaseKind.MESSAGE_REFUSED)
    listed = (await desk.call("GET", "/cases", key="support")).json()["cases"]
    assert len(listed) == 2
    only = await desk.call("GET", "/cases", key="support", params={"kind": "stuck"})
    assert [one["kind"] for one in only.json()["cases"]] == ["stuck"]
    path = f"/cases/{listed[0]['id']}"
    wrong = await desk.call(
        "POST", f"{path}/answer", {"answer": "retry", "who": "A"}, key="support"
    )
    assert wrong.status_code == 422
    assert wrong.json()["problems"][0]["field"] == "answer"
    reply = {"answer": "close", "who": "Ana", "why": "seen to"}
    answer = await desk.call("POST", f"{path}/answer", reply, key="support")
    assert answer.status_code == 200
    assert (answer.json()["answer"], answer.json()["answered_by"]) == ("close", "Ana")
    again = await desk.call("POST", f"{path}/answer", reply, key="support")
    assert again.status_code == 409
    shown = (await desk.call("GET", path, key="support")).json()
    assert (shown["answered_by"], shown["answered_why"]) == ("Ana", "seen to")
    assert shown["closed_at"] is not None
    assert len((await desk.call("GET", "/cases", key="support")).json()["cases"]) == 1


@pytest.mark.parametrize("answer", ["refund", "still_here", "", 7, None])
async def test_a_case_names_its_own_answers_and_no_others(desk: Desk, answer: object) -> None:
    placed = await desk.place()
    open_case(desk, placed, f"{placed}-c1")
    taken = desk.books.cases.case(f"{placed}-c1", desk.shop)
    assert taken is not None
    reply = {"answer": answer, "who": ""}
    refused = await desk.call("POST", f"/cases/{placed}-c1/answer", reply, key="support")
    assert refused.status_code == 422
    told = {one["field"]: one["message"] for one in refused.json()["problems"]}
    assert "who" in told or answer == "still_here"
    assert told["answer"] == f"this case takes {', '.join(taken.case.answers)}"


async def test_a_case_whose_order_waits_for_nobody_is_closed_on_the_list(desk: Desk) -> None:
    placed = await desk.place()
    desk.advance(placed, S.OUT_OF_STOCK)
    await desk.engine.get_workflow_handle(placed).terminate()
    open_case(desk, placed, f"{placed}-c1", CaseKind.INTERCEPT)
    reply = {"answer": "close", "who": "Ana"}
    answer = await desk.call("POST", f"/cases/{placed}-c1/answer", reply, key="support")
    assert answer.status_code == 200, answer.text
    assert answer.json()["answered_by"] == "Ana"


async def test_an_answer_to_a_dead_order_says_how_it_is_settled(desk: Desk) -> None:
    placed = await desk.place()
    await desk.engine.get_workflow_handle(placed).terminate()
    open_case(desk, placed, f"{placed}-c1", CaseKind.INTERCEPT)
    reply = {"answer": "close", "who": "Ana"}
    answer = await desk.call("POST", f"/cases/{placed}-c1/answer", reply, key="support")
    assert answer.status_code == 409
    assert f"/orders/{placed}/settle" in answer.json()["detail"]


async def test_a_case_that_events_have_answered_says_so(desk: Desk) -> None:
    placed = await desk.place()
    open_case(desk, placed, f"{placed}-c1")
    view = desk.books.search.order(desk.shop, placed)
    assert view is not None
    own = Answer(case=f"{placed}-c1", answer=CaseAnswer.CLOSE, who="ordersaga", at=view.accepted_at)
    desk.books.records.commit(Commit(placed, Journal(answers=(own,))))
    reply = {"answer": "close", "who": "Ana"}
    answer = await desk.call("POST", f"/cases/{placed}-c1/answer", reply, key="support")
    assert answer.status_code == 409
    assert "ordersaga" in answer.json()["detail"]


async def test_a_cancel_of_an_ended_order_says_how_it_ended(desk: Desk) -> None:
    placed = await desk.place()
    desk.advance(placed, S.OUT_OF_STOCK)
    await desk.engine.get_workflow_handle(placed).terminate()
    answer = await desk.call("POST", f"/orders/{placed}/cancel", {"who": "Zoë"}, key="shop")
    assert answer.status_code == 409
    assert "out_of_stock" in answer.json()["detail"]


@pytest.mark.parametrize("body", [{}, {"who": ""}, {"who": "A", "reason": "x"}, {"who": "\x00"}])
async def test_a_cancel_says_who(desk: Desk, body: dict[str, str]) -> None:
    placed = await desk.place()
    answer = await desk.call("POST", f"/orders/{placed}/cancel", body, key="shop")
    assert answer.status_code == 422


@pytest.mark.parametrize("change", ["cancel", "settle", "erase"])
async def test_a_number_that_two_channels_use_changes_neither_order(
    desk: Desk, change: str
) -> None:
    older = await desk.place(order("1001"))
    newer = await desk.place(order("1001", channel="phone"))
    body = None if change == "erase" else {"who": "Ana"}
    answer = await desk.call("POST", f"/orders/1001/{change}", body, key="support")
    assert answer.status_code == 409
    assert older in answer.json()["detail"]
    assert newer in answer.json()["detail"]
    seen = await desk.call("GET", "/orders/1001", key="support")
    assert seen.json()["order_id"] == newer
