"""Buying labels: what is bought, what goes wrong, and what is told of it."""

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from sandbox.client import SandboxClient
from sandbox.server import start
from tests.sandbox.receiver import Receiver, wait_until
from tests.sandbox.shipping import ABROAD, CUSTOMER, Shop, components, operations


@pytest.fixture
def shop(sandbox: SandboxClient) -> Shop:
    return Shop(sandbox)


def bought(sandbox: SandboxClient) -> int:
    return len(sandbox.ledger("shippo", kind="label_purchased"))


def test_a_label_is_bought_once_with_its_price_on_record(
    shop: Shop, sandbox: SandboxClient
) -> None:
    rate = shop.rated().rates[0]
    label = shop.buy(rate.object_id)
    assert label.status is components.TransactionStatusEnum.SUCCESS
    assert label.tracking_number
    assert label.tracking_url_provider.endswith(label.tracking_number)
    assert label.rate == rate.object_id
    [entry] = sandbox.ledger("shippo", order="ord_1", kind="label_purchased")
    assert entry.data["tracking_number"] == label.tracking_number
    assert entry.data["metadata"] == "ord_1/s1/p1/1"
    assert entry.data["amount"] == round(float(rate.amount) * 100)
    assert entry.data["currency"] == rate.currency
    assert shop.sdk.transactions.get(label.object_id).tracking_number == label.tracking_number


def test_the_same_rate_bought_twice_makes_two_labels(shop: Shop, sandbox: SandboxClient) -> None:
    rate = shop.rated().rates[1].object_id
    first, second = shop.buy(rate), shop.buy(rate)
    assert first.tracking_number != second.tracking_number
    assert [label.object_id for label in shop.bought_for(rate)] == [
        second.object_id,
        first.object_id,
    ]
    assert bought(sandbox) == 2


def test_labels_are_listed_by_page_rate_and_status(shop: Shop, sandbox: SandboxClient) -> None:
    sandbox.fault("shippo", "create_transaction", "label_error", nth=3)
    labels = [shop.buy(metadata=f"ord_{number}/s1") for number in range(3)]
    first = shop.sdk.transactions.list(operations.ListTransactionsRequest(results=2))
    assert [label.metadata for label in first.results] == ["ord_2/s1", "ord_1/s1"]
    assert first.previous is None
    assert shop.session.get(first.next, headers=AUTH).json()["results"][0]["metadata"] == "ord_0/s1"
    failed = operations.ListTransactionsRequest(
        object_status=components.TransactionStatusEnum.ERROR
    )
    assert [label.object_id for label in shop.sdk.transactions.list(failed).results] == [
        labels[2].object_id
    ]


@pytest.mark.parametrize(
    ("kind", "code"), [("label_error", "carrier_error"), ("rate_expired", "rate_expired")]
)
def test_a_failed_purchase_is_an_answer_with_messages_and_no_label(
    shop: Shop, sandbox: SandboxClient, kind: str, code: str
) -> None:
    sandbox.fault("shippo", "create_transaction", kind, order="ord_1")
    label = shop.buy()
    assert label.status is components.TransactionStatusEnum.ERROR
    assert label.messages[0].code == code
    assert not label.tracking_number
    assert bought(sandbox) == 0
    [entry] = sandbox.ledger("shippo", order="ord_1")
    assert entry.kind == "label_error"
    assert shop.buy().status is components.TransactionStatusEnum.SUCCESS


def test_a_rate_can_be_bought_for_seven_days(shop: Shop, sandbox: SandboxClient) -> None:
    rate = shop.rated().rates[0].object_id
    sandbox.advance(timedelta(days=6, hours=23))
    assert shop.buy(rate).status is components.TransactionStatusEnum.SUCCESS
    sandbox.advance(timedelta(hours=2))
    assert shop.buy(rate).messages[0].code == "rate_expired"


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"name": ""}, "address_to: name is required"),
        ({"street1": "x" * 36}, "address_to: street1 must not exceed 35 characters"),
        ({"name": "Αθηνά"}, "address_to: name has characters that this carrier cannot print"),
    ],
)
def test_a_carrier_refuses_an_address_that_it_cannot_print(
    shop: Shop, changes: dict[str, str], text: str
) -> None:
    label = shop.buy(shop.rated({**CUSTOMER, **changes}).rates[0].object_id)
    assert label.status is components.TransactionStatusEnum.ERROR
    assert [message.text for message in label.messages] == [text]


def test_abroad_a_label_needs_telephone_numbers(shop: Shop) -> None:
    customs = shop.declared().object_id
    silent = shop.rated({**ABROAD, "phone": ""}, customs_declaration=customs)
    [message] = shop.buy(silent.rates[0].object_id).messages
    assert message.text == "address_to: phone is required for shipments abroad"
    reachable = shop.rated(ABROAD, customs_declaration=customs)
    assert shop.buy(reachable.rates[0].object_id).status.value == "SUCCESS"


def test_an_asynchronous_purchase_is_queued_and_done_a_second_later(
    shop: Shop, sandbox: SandboxClient
) -> None:
    label = shop.buy(at_once=False)
    assert label.status is components.TransactionStatusEnum.QUEUED
    assert not label.label_url
    assert bought(sandbox) == 0
    sandbox.advance(1)
    assert shop.status(label.object_id) == "SUCCESS"
    assert bought(sandbox) == 1


@pytest.mark.parametrize("outcome", ["success", "error"])
def test_a_queued_label_ends_as_scripted(shop: Shop, sandbox: SandboxClient, outcome: str) -> None:
    sandbox.fault("shippo", "create_transaction", "label_queued", seconds=60, outcome=outcome)
    label = shop.buy()
    sandbox.advance(50)
    assert shop.status(label.object_id) == "QUEUED"
    sandbox.advance(10)
    assert shop.status(label.object_id) == outcome.upper()
    assert bought(sandbox) == (outcome == "success")


def test_a_stuck_label_stays_queued_for_ever(shop: Shop, sandbox: SandboxClient) -> None:
    sandbox.fault("shippo", "create_transaction", "label_stuck")
    label = shop.buy()
    sandbox.advance(timedelta(days=30))
    assert shop.status(label.object_id) == "QUEUED"
    assert bought(sandbox) == 0


@pytest.mark.parametrize("kind", ["drop_after", "error_after", "hang_after"])
def test_a_label_whose_answer_was_lost_is_found_by_its_rate(
    shop: Shop, sandbox: SandboxClient, kind: str
) -> None:
    rate = shop.rated().rates[0].object_id
    sandbox.fault("shippo", "create_transaction", kind, seconds=0.2)
    body = {"rate": rate, "metadata": "ord_9/s1/p1/1", "async": False}
    try:
        answer = httpx.post(
            f"{sandbox.base('shippo')}/transactions", json=body, headers=AUTH, timeout=0.1
        )
        assert answer.status_code == 500
    except httpx.TransportError:
        assert kind != "error_after"
    [found] = shop.bought_for(rate)
    assert (found.status.value, found.metadata) == ("SUCCESS", "ord_9/s1/p1/1")


@pytest.mark.parametrize(
    "damage",
    [
        {},
        {"remove": ["created_by"]},
        {"replace": {"status": "PRINTING"}},
        {"replace": {"tracking_status": {"status": "UNKNOWN"}}},
    ],
)
def test_a_malformed_answer_raises_in_the_sdk_after_the_label_was_bought(
    shop: Shop, sandbox: SandboxClient, damage: dict[str, Any]
) -> None:
    rate = shop.rated().rates[0].object_id
    sandbox.fault("shippo", "create_transaction", "malformed_after", **damage)
    with pytest.raises((AttributeError, ValueError)):
        shop.buy(rate)
    assert bought(sandbox) == 1
    assert len(shop.bought_for(rate)) == 1


def test_an_unknown_rate_or_format_is_refused(shop: Shop, sandbox: SandboxClient) -> None:
    url = f"{sandbox.base('shippo')}/transactions"
    unknown = httpx.post(url, json={"rate": "f" * 32}, headers=AUTH)
    assert (unknown.status_code, list(unknown.json())) == (400, ["rate"])
    body = {"rate": shop.rated().rates[0].object_id, "label_file_type": "GIF"}
    assert list(httpx.post(url, json=body, headers=AUTH).json()) == ["label_file_type"]
    body["metadata"] = "m" * 101
    body.pop("label_file_type")
    assert list(httpx.post(url, json=body, headers=AUTH).json()) == ["metadata"]
    assert sandbox.ledger("shippo") == []


def test_purchases_are_told_by_webhook_in_the_form_that_the_sdk_reads(
    shop: Shop, sandbox: SandboxClient, receiver: Receiver
) -> None:
    sandbox.configure(shippo={"webhook_url": receiver.url, "webhook_secret": None})
    sandbox.fault("shippo", "create_transaction", "label_queued", seconds=5)
    label = shop.buy()
    receiver.wait_for(1)
    sandbox.advance(5)
    told = [json.loads(call.body) for call in receiver.wait_for(3)]
    created, updated = (
        next(body for body in told if body["event"] == f"transaction_{what}")
        for what in ("created", "updated")
    )
    payload = components.WebhookPayloadTransaction.from_dict(created)
    assert payload.data.object_id == label.object_id
    assert payload.data.status is components.TransactionStatusEnum.QUEUED
    after = components.WebhookPayloadTransaction.from_dict(updated)
    assert after.data.status is components.TransactionStatusEnum.SUCCESS
    assert httpx.get(after.data.label_url).status_code == 200


def test_a_webhook_can_arrive_before_the_answer_it_tells_of(
    shop: Shop, sandbox: SandboxClient, receiver: Receiver
) -> None:
    sandbox.configure(shippo={"webhook_url": receiver.url})
    rate = shop.rated().rates[0].object_id
    sandbox.fault("shippo", "webhook", "before_answer", event="transaction_created")
    label = shop.buy(rate)
    first = json.loads(receiver.received[0].body)
    assert first["event"] == "transaction_created"
    assert first["data"]["object_id"] == label.object_id


def test_labels_outlive_a_power_cut(tmp_path_factory: pytest.TempPathFactory) -> None:
    state = tmp_path_factory.mktemp("world") / "world.sqlite"
    running = start(state)
    with SandboxClient(running.url) as client:
        client.fault("shippo", "create_transaction", "label_queued", seconds=1)
        queued = Shop(client).buy()
        done = Shop(client).buy(metadata="ord_2/s1")
    running.kill()
    running = start(state)
    try:
        with SandboxClient(running.url) as client:
            shop = Shop(client)
            wait_until(lambda: shop.status(queued.object_id) == "SUCCESS", "the queued label")
            again = shop.sdk.transactions.get(done.object_id)
            assert again.tracking_number == done.tracking_number
            assert httpx.get(again.label_url).content.startswith(b"%PDF-")
            assert len(client.ledger("shippo", kind="label_purchased")) == 2
    finally:
        running.stop()


AUTH = {"authorization": "ShippoToken shippo_test_x"}
