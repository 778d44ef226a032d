"""Labels by Shippo: one live label for each parcel, and what is no longer wanted is voided."""

from typing import Any

import pytest

from domain.attempt import Attempt
from domain.failures import NotDone, ProviderFailure, UnknownOutcome
from domain.shipping import Label, LabelError, LabelFormat, Quote
from providers.shippo_shipping import ShippoCourier
from sandbox.client import SandboxClient
from tests.providers.attempts import GENERAL, Trouble, again, first, named, until_done
from tests.providers.samples import LABEL, ORDER, PARCEL
from tests.providers.shippo_looks import KEY, ZPL, bought, live


def test_a_label_is_bought_for_its_quote(
    sandbox: SandboxClient, courier: ShippoCourier, quote: Quote
) -> None:
    label = courier.buy(first(KEY), LABEL, quote, ZPL)
    assert isinstance(label, Label)
    [entry] = bought(sandbox)
    assert entry.data["metadata"] == f"{ORDER}/{LABEL}"
    assert (entry.data["rate"], entry.data["label_file_type"]) == (quote.rate, "ZPLII")
    assert entry.data["amount"] == label.cost.amount == quote.cost.amount
    assert (label.id, label.parcel, label.version) == (LABEL, PARCEL.id, 1)
    assert (label.carrier, label.service) == (quote.carrier, quote.service)
    assert label.tracking_number == entry.data["tracking_number"]
    assert courier.bought(LABEL, quote, ZPL) == (label,)


@pytest.mark.parametrize("form", list(LabelFormat))
def test_a_labels_file_comes_in_the_format_that_was_asked_for(
    courier: ShippoCourier, quote: Quote, form: LabelFormat
) -> None:
    label = courier.buy(first(KEY), LABEL, quote, form)
    assert isinstance(label, Label)
    signs = {LabelFormat.ZPL: b"^XA", LabelFormat.PNG: b"\x89PNG"}
    assert courier.fetch(label).startswith(signs.get(form, b"%PDF-"))


def test_a_repeated_attempt_finds_the_label(
    sandbox: SandboxClient, courier: ShippoCourier, quote: Quote
) -> None:
    label = courier.buy(first(KEY), LABEL, quote, ZPL)
    assert courier.buy(again(first(KEY)), LABEL, quote, ZPL) == label
    assert len(bought(sandbox)) == 1


def test_another_version_for_the_same_rate_is_another_label(
    sandbox: SandboxClient, courier: ShippoCourier, quote: Quote
) -> None:
    courier.buy(first(KEY), LABEL, quote, ZPL)
    second = f"{PARCEL.id}-l2"
    courier.buy(again(first(f"{ORDER}-s1:buy_labels:2")), second, quote, ZPL)
    assert len(bought(sandbox)) == 2
    assert len(live(courier, quote)) == len(live(courier, quote, second)) == 1


@pytest.mark.parametrize("kind", ["label_error", "rate_expired"])
def test_a_label_that_is_not_sold_is_an_answer_in_words(
    sandbox: SandboxClient, courier: ShippoCourier, quote: Quote, kind: str
) -> None:
    sandbox.fault("shippo", "create_transaction", kind)
    outcome = courier.buy(first(KEY), LABEL, quote, ZPL)
    assert isinstance(outcome, LabelError)
    assert outcome.message
    assert live(courier, quote) == []
    assert bought(sandbox) == []


def test_a_rate_that_is_too_old_or_unknown_is_an_answer(
    sandbox: SandboxClient, courier: ShippoCourier, quote: Quote
) -> None:
    gone = quote.model_copy(update={"rate": "nothing"})
    assert isinstance(courier.buy(first(KEY), LABEL, gone, ZPL), LabelError)
    sandbox.advance(8 * 86_400)
    outcome = courier.buy(first(KEY), LABEL, quote, ZPL)
    assert isinstance(outcome, LabelError)
    assert "7 days" in outcome.message


def test_a_label_that_is_being_made_is_waited_for_and_not_bought_again(
    sandbox: SandboxClient, courier: ShippoCourier, quote: Quote
) -> None:
    sandbox.fault("shippo", "create_transaction", "label_queued", seconds=30)
    label, failures = until_done(
        lambda attempt: courier.buy(attempt, LABEL, quote, ZPL),
        first(KEY),
        between=lambda: sandbox.advance(16),
    )
    assert isinstance(label, Label)
    assert [one.retry_after for one in failures if isinstance(one, NotDone)] == [2.0, 2.0]
    assert len(bought(sandbox)) == 1


def test_a_label_that_fails_while_it_is_being_made_may_be_bought_again(
    sandbox: SandboxClient, courier: ShippoCourier, quote: Quote
) -> None:
    sandbox.fault("shippo", "create_transaction", "label_queued", seconds=5, outcome="error")
    with pytest.raises(NotDone):
        courier.buy(first(KEY), LABEL, quote, ZPL)
    sandbox.advance(10)
    assert isinstance(courier.buy(again(first(KEY)), LABEL, quote, ZPL), Label)
    assert len(bought(sandbox)) == 1


def test_a_label_that_is_stuck_is_neither_bought_again_nor_thought_void(
    sandbox: SandboxClient, courier: ShippoCourier, quote: Quote
) -> None:
    sandbox.fault("shippo", "create_transaction", "label_stuck")
    for number in (1, 2, 3):
        with pytest.raises(NotDone, match="still being made"):
            courier.buy(again(first(KEY), number), LABEL, quote, ZPL)
    with pytest.raises(NotDone, match="still being made"):
        courier.bought(LABEL, quote, ZPL)
    assert bought(sandbox) == []


@pytest.mark.parametrize("trouble", GENERAL, ids=named)
def test_one_label_is_bought_whatever_goes_wrong(
    sandbox: SandboxClient, courier: ShippoCourier, quote: Quote, trouble: Trouble
) -> None:
    sandbox.fault("shippo", "create_transaction", trouble.kind, **trouble.params)

    def buy(attempt: Attempt) -> Label | LabelError:
        return courier.buy(attempt, LABEL, quote, ZPL)

    label, failures = until_done(buy, first(KEY))
    assert isinstance(label, Label)
    assert [entry.data["transaction"] for entry in bought(sandbox)] == [label.transaction]
    assert live(courier, quote) == [label.transaction]
    expected: list[type[ProviderFailure]] = [UnknownOutcome]
    if trouble.kind in ("rate_limit", "delay"):
        expected = [NotDone] if trouble.kind == "rate_limit" else []
    if not trouble.kind.startswith("hang"):
        assert [type(failure) for failure in failures] == expected


@pytest.mark.parametrize("operation", ["list_transactions"])
@pytest.mark.parametrize("trouble", GENERAL, ids=named)
def test_a_look_up_that_fails_buys_nothing_twice(
    sandbox: SandboxClient, courier: ShippoCourier, quote: Quote, trouble: Trouble, operation: str
) -> None:
    sandbox.fault("shippo", "create_transaction", "drop_after")
    sandbox.fault("shippo", operation, trouble.kind, times=4, **trouble.params)
    label, _ = until_done(
        lambda attempt: courier.buy(attempt, LABEL, quote, ZPL), first(KEY), most=9
    )
    assert isinstance(label, Label)
    assert [entry.data["transaction"] for entry in bought(sandbox)] == [label.transaction]


@pytest.mark.parametrize(
    "params",
    [
        {"remove": ["created_by"]},
        {"replace": {"tracking_status": {"status": "UNKNOWN", "object_id": "x"}}},
        {"replace": {"label_file_type": "HOLOGRAM"}},
        {"replace": {"object_state": "NEW"}},
    ],
    ids=["without its buyer", "tracking as an object", "a new format", "a new state"],
)
def test_an_answer_that_the_sdk_cannot_digest_is_understood_all_the_same(
    sandbox: SandboxClient, courier: ShippoCourier, quote: Quote, params: dict[str, Any]
) -> None:
    sandbox.fault("shippo", "create_transaction", "malformed_after", **params)
    label = courier.buy(first(KEY), LABEL, quote, ZPL)
    assert isinstance(label, Label)
    assert [entry.data["transaction"] for entry in bought(sandbox)] == [label.transaction]


@pytest.mark.parametrize(
    "params",
    [{"replace": {"status": "PERHAPS"}}, {"body": "[]"}, {"body": ""}, {"body": "<html>"}],
    ids=["a new status", "a list", "nothing", "a web page"],
)
def test_an_answer_that_says_nothing_is_an_unknown_outcome_and_looked_up(
    sandbox: SandboxClient, courier: ShippoCourier, quote: Quote, params: dict[str, Any]
) -> None:
    sandbox.fault("shippo", "create_transaction", "malformed_after", **params)
    with pytest.raises(UnknownOutcome):
        courier.buy(first(KEY), LABEL, quote, ZPL)
    label = courier.buy(again(first(KEY)), LABEL, quote, ZPL)
    assert isinstance(label, Label)
    assert len(bought(sandbox)) == 1


def test_a_surplus_label_is_found_oldest_first_and_can_be_voided(
    sandbox: SandboxClient, courier: ShippoCourier, quote: Quote
) -> None:
    """As when an attempt that was given up for lost buys after the next one has bought."""
    courier.buy(first(KEY), LABEL, quote, ZPL)
    courier.buy(first(KEY), LABEL, quote, ZPL)
    transactions = [entry.data["transaction"] for entry in bought(sandbox)]
    assert live(courier, quote) == transactions
    assert courier.void(first(KEY), transactions[1])
    assert live(courier, quote) == transactions[:1]


def test_labels_are_found_on_every_page(
    sandbox: SandboxClient, courier: ShippoCourier, quote: Quote, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("providers.shippo_shipping._PAGE", 2)
    for number in range(1, 6):
        courier.buy(first(KEY), f"{PARCEL.id}-l{number}", quote, ZPL)
    assert len(live(courier, quote, f"{PARCEL.id}-l1")) == 1
    assert len(live(courier, quote, f"{PARCEL.id}-l5")) == 1
    assert len(bought(sandbox)) == 5
