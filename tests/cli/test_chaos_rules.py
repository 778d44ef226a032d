"""What a run of chaos calls a broken rule, and what it must not."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cli.chaos import days, rules, standing
from cli.chaos.evidence import Evidence
from cli.chaos.fees import fee_may_be_lost
from cli.chaos.misfortune import Known
from cli.chaos.plan import OrderPlan, make
from cli.chaos.rates import Rates
from cli.chaos.traffic import Placed
from sandbox.client import LedgerEntry, SandboxClient
from sandbox.dues import due_for


@pytest.fixture
def plan(sandbox: SandboxClient) -> OrderPlan:
    known = Known.of(sandbox.operations())
    return make(1, 1, known, faults=False, kills=False, workers=1, rates=Rates.REAL).orders[0]


def file_of(plan: OrderPlan, **page: Any) -> Evidence:
    return Evidence(Placed(plan, "ord_x"), page=page)


def paper(kind: str, shipment: str, second: int) -> dict[str, Any]:
    at = f"2026-11-27T03:07:{second:02}.500000Z"
    return {"kind": kind, "shipment": shipment, "created_at": at}


@pytest.mark.parametrize(
    ("papers", "lost"),
    [
        ([("invoice", "s1", 1), ("invoice", "s2", 2), ("credit_note", "s1", 3)], True),
        ([("invoice", "s1", 1), ("credit_note", "s1", 2), ("invoice", "s2", 3)], False),
        ([("invoice", "s1", 1), ("credit_note", "s1", 2)], False),
        ([("invoice", "s2", 1), ("credit_note", "s2", 2)], False),
    ],
)
def test_the_fee_is_lost_only_with_an_invoice_after_which_no_other_came(
    plan: OrderPlan, papers: list[tuple[str, str, int]], lost: bool
) -> None:
    file = file_of(
        plan,
        shipments=[
            {"shipment": "s1", "status": "cancelled"},
            {"shipment": "s2", "status": "delivered"},
        ],
        documents=[paper(*one) for one in papers],
    )
    assert fee_may_be_lost(file) is lost


def test_a_later_day_is_told_once_of_each_shipment(plan: OrderPlan) -> None:
    def told(*shipments: str | None) -> list[str]:
        promises = [{"reason": "courier", "shipment": one} for one in shipments]
        return days.problems(file_of(plan, promises=promises))

    assert told(None) == told("s1", "s2") == []
    assert told("s1", "s2", "s1") == ["told of a later day of s1 2 times"]


@pytest.mark.parametrize(("lacks", "broken"), [(0, 0), (1, 1)])
def test_of_an_open_order_what_has_left_is_paid_for_and_no_more_need_be(
    sandbox: SandboxClient, lacks: int, broken: int
) -> None:
    known = Known.of(sandbox.operations())
    drawn = make(80, 1, known, faults=False, kills=False, workers=1, rates=Rates.REAL).orders
    plan = next(one for one in drawn if divisible(one))
    lines = [(line["id"], line["quantity"]) for line in plan.body["lines"]]
    paid = due_for(plan.body, Counter(dict(lines[:1]))) - lacks
    facts: list[tuple[str, str, dict[str, Any]]] = [
        ("stripe", "authorization", {"intent": "pi", "amount": plan.body["total"]["gross"]}),
        ("wms", "packed", packed("s1", *lines[:1])),
        ("wms", "packed", packed("s2", *lines[1:])),
        ("stripe", "capture", {"intent": "pi", "amount": paid, "final": False}),
        ("wms", "handed_over", {"shipment": "s1", "parcels": []}),
    ]
    shipments: list[dict[str, Any]] = [
        {"shipment": "s1", "status": "shipped", "labels": []},
        {"shipment": "s2", "status": "packed", "labels": []},
    ]
    file = file_of(plan, status="packed", shipments=shipments)
    file.entries = [
        LedgerEntry(number, datetime.now(UTC), provider, kind, "ord_x", data)
        for number, (provider, kind, data) in enumerate(facts)
    ]
    _, found = rules.problems_of(file)
    assert sum(words.startswith("handed over with") for words in found) == broken


def divisible(plan: OrderPlan) -> bool:
    """A card order of several lines, which stays as it was placed."""
    placed, lines = Placed(plan), plan.body["lines"]
    by_card = placed.charged_here and not placed.by_transfer
    return by_card and len(lines) > 1 and plan.amend is None


def packed(shipment: str, *lines: tuple[str, int]) -> dict[str, Any]:
    portions = [{"line": line, "quantity": quantity} for line, quantity in lines]
    return {"shipment": shipment, "parcels": [{"lines": portions}]}


def test_a_refused_pick_says_nothing_of_what_is_missing_whichever_came_first(
    plan: OrderPlan,
) -> None:
    asked = {"line": "1", "sku": "TEAPOT", "quantity": 5}
    short = asked | {"quantity": 3, "short": "broken"}
    facts: list[tuple[str, dict[str, Any]]] = [
        ("handoff_accepted", {"lines": [asked]}),
        ("picked", {"fact": 1, "lines": [short]}),
        ("picked", {"fact": 2, "lines": [asked]}),
        ("call_refused", {"fact": 1, "action": "picked", "status": 409}),
    ]
    none = {name: {"amount": 0} for name in ("authorized", "captured", "refunded", "voided")}
    file = file_of(plan, status="completed", ended_at="2026-11-27T08:00:00Z", money=none)
    file.entries = [
        LedgerEntry(number, datetime.now(UTC), "wms", kind, "ord_x", {"shipment": "s1"} | data)
        for number, (kind, data) in enumerate(facts)
    ]

    def found() -> int:
        return sum("was missing" in words for words in rules.problems_of(file)[1])

    assert found() == 0
    del file.entries[2]
    file.entries[-1].data["fact"] = 2
    assert found() == 1


def test_an_amendment_changes_the_number_of_pieces(sandbox: SandboxClient) -> None:
    known = Known.of(sandbox.operations())
    drawn = make(900, 3, known, faults=False, kills=False, workers=1, rates=Rates.HIGH).orders
    pieces = [
        [[(line["id"], line["quantity"]) for line in body["lines"]] for body in bodies]
        for one in drawn
        if one.amend is not None
        for bodies in [(one.body, one.amend.body)]
    ]
    assert len(pieces) > 50
    assert all(before != after for before, after in pieces)
    assert all(quantity > 0 for _, after in pieces for _, quantity in after)


@pytest.mark.parametrize(
    ("status", "minutes", "cases", "fine"),
    [
        ("packed", 1, [], True),
        ("packed", 60 * 24, [], False),
        ("packed", 60 * 24, [{"kind": "capture_failed"}], True),
        ("shipped", 60 * 24, [], True),
    ],
)
def test_an_open_order_waits_for_somebody_or_not_for_long(
    plan: OrderPlan, status: str, minutes: int, cases: list[dict[str, Any]], fine: bool
) -> None:
    file = file_of(plan, status=status, cases=cases)
    file.engine = "RUNNING"
    file.timers = [datetime.now(UTC) + timedelta(minutes=minutes)]
    assert (standing.problems(file) == []) is fine


@pytest.mark.parametrize(
    ("too_soon", "reason", "late", "fine"),
    [
        (True, "courier", True, True),
        (True, "courier", False, False),
        (True, "goods", False, True),
        (False, "goods", True, False),
    ],
)
def test_what_came_too_late_is_late_on_record_unless_goods_made_a_promise_of_their_own(
    plan: OrderPlan, too_soon: bool, reason: str, late: bool, fine: bool
) -> None:
    file = file_of(
        replace(plan, too_soon=too_soon),
        status="completed",
        promises=[{"reason": reason, "shipment": "s1"}],
        shipments=[{"shipment": "s1", "status": "delivered"}],
        delivered_late=late,
    )
    assert (days.problems(file) == []) is fine
