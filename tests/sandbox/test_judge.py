"""The judge sees what may not be, in ledgers where everything else is well."""

from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox.client import LedgerEntry
from sandbox.judge import Ending, Expected, judge

_ORDER = "ord_1"
_DUE = 2380

Fact = tuple[str, str, dict[str, Any]]

AUTHORIZED: Fact = ("stripe", "authorization", {"intent": "pi_1", "amount": _DUE})
CAPTURED: Fact = ("stripe", "capture", {"intent": "pi_1", "amount": _DUE})
LABEL: Fact = ("shippo", "label_purchased", {"tracking_number": "T1", "parcel": "p1"})
RELEASED: Fact = ("wms", "released", {"shipment": "s1"})
LEFT: Fact = ("wms", "handed_over", {"parcels": [{"parcel": "p1", "tracking_number": "T1"}]})
CONFIRMED: Fact = ("sendgrid", "mail", {"kind": "confirmation"})
SHIPPED: Fact = ("sendgrid", "mail", {"kind": "shipped"})
TOLD: Fact = ("shop", "callback", {"duplicate": False, "body": {"sequence": 1}})

WELL = (AUTHORIZED, CONFIRMED, LABEL, CAPTURED, RELEASED, LEFT, SHIPPED, TOLD)


def problems(*facts: Fact, **expected: Any) -> list[str]:
    entries = [
        LedgerEntry(seq, datetime.now(UTC), provider, kind, _ORDER, data)
        for seq, (provider, kind, data) in enumerate(facts, 1)
    ]
    known: dict[str, Any] = {"ending": Ending.COMPLETED, "parcels": None} | expected
    return judge(Expected(_ORDER, _DUE, **known), entries).problems


def test_an_order_that_went_well_breaks_no_rule() -> None:
    assert problems(*WELL) == []


@pytest.mark.parametrize(
    ("fact", "words"),
    [
        (("stripe", "authorization", {"intent": "pi_2", "amount": _DUE}), "still held"),
        (("shippo", "label_purchased", {"tracking_number": "T2", "parcel": "p1"}), "more than one"),
        (("shippo", "label_refunded", {"tracking_number": "T1"}), "labels that are void"),
        (("stripe", "refund", {"amount": 1}), "handed over with 2379 paid"),
        (SHIPPED, "2 mails of kind shipped"),
        (("shop", "callback", {"duplicate": False, "body": {"sequence": 3}}), "callbacks came"),
    ],
)
def test_one_fact_too_many_is_seen(fact: Fact, words: str) -> None:
    assert any(words in problem for problem in problems(*WELL, fact))


def test_a_second_authorization_that_was_let_go_is_no_money_held() -> None:
    again: Fact = ("stripe", "authorization", {"intent": "pi_2", "amount": _DUE})
    let_go: Fact = ("stripe", "void", {"intent": "pi_2", "amount": _DUE})
    assert problems(again, let_go, *WELL) == []


def test_a_mail_may_come_twice_where_the_repeated_send_is_counted() -> None:
    assert problems(*WELL, SHIPPED, repeats={"shipped": 1}) == []
    assert problems(*WELL, SHIPPED, SHIPPED, repeats={"shipped": 1}) != []


def test_a_release_before_the_capture_is_seen() -> None:
    early = (AUTHORIZED, CONFIRMED, LABEL, RELEASED, CAPTURED, LEFT, SHIPPED, TOLD)
    assert problems(*early) == ["released before the capture"]


def test_unpaid_goods_are_excused_only_where_a_person_was_told() -> None:
    undone = (AUTHORIZED, LABEL, LEFT, ("stripe", "void", {"intent": "pi_1", "amount": _DUE}))
    assert problems(*undone, ending=Ending.CANCELLED) != []
    assert problems(*undone, ending=Ending.CANCELLED, gone_told=True) == []


@pytest.mark.parametrize(("more", "broken"), [(0, []), (500, []), (-1, ["handed over with 2379"])])
def test_while_an_order_is_open_what_has_left_is_paid_for(more: int, broken: list[str]) -> None:
    taken: Fact = ("stripe", "capture", {"intent": "pi_1", "amount": _DUE + more})
    held: Fact = ("stripe", "authorization", {"intent": "pi_1", "amount": 2 * _DUE})
    facts = (held, CONFIRMED, LABEL, taken, RELEASED, LEFT, SHIPPED, TOLD)
    found = problems(*facts, ending=Ending.OPEN, shipments=2)
    assert [words[:21] for words in found] == [words[:21] for words in broken]
    if more:
        alone = problems(*facts, ending=Ending.OPEN)
        assert alone == [f"handed over with {_DUE + more} paid of {_DUE} due"]


DISPUTED: Fact = ("stripe", "dispute", {"intent": "pi_1", "amount": _DUE})
LOST: Fact = ("stripe", "dispute_lost", {"intent": "pi_1", "amount": _DUE})
WON: Fact = ("stripe", "dispute_won", {"intent": "pi_1", "amount": _DUE})
GIVEN_BACK: Fact = ("stripe", "refund", {"intent": "pi_1", "amount": _DUE})


@pytest.mark.parametrize("before", [(DISPUTED,), (DISPUTED, LOST)], ids=["open", "lost"])
def test_a_refund_beside_a_dispute_is_seen(before: tuple[Fact, ...]) -> None:
    found = problems(*WELL, *before, GIVEN_BACK)
    assert any("beside a dispute" in problem for problem in found)


def test_a_refund_before_a_dispute_or_after_it_was_won_breaks_no_rule() -> None:
    for facts in ((GIVEN_BACK, DISPUTED), (DISPUTED, WON, GIVEN_BACK)):
        found = problems(*WELL, *facts)
        assert not any("beside a dispute" in problem for problem in found)
