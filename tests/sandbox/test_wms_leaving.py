"""How a parcel leaves the warehouse, and how it is kept from leaving: hand-over and recall."""

import httpx
import pytest

from sandbox.client import SandboxClient
from tests.sandbox.receiver import Receiver
from tests.sandbox.shipping import Shop
from tests.sandbox.warehouse import ORDER, SHIPMENT, Warehouse


@pytest.fixture
def warehouse(sandbox: SandboxClient, receiver: Receiver) -> Warehouse:
    return Warehouse(sandbox, receiver)


@pytest.mark.parametrize("released", [False, True])
def test_a_recalled_parcel_that_is_pulled_never_leaves_and_is_put_away(
    warehouse: Warehouse, sandbox: SandboxClient, released: bool
) -> None:
    warehouse.hand()
    warehouse.until_packed()
    if released:
        warehouse.release()
    answer = warehouse.recall()
    assert (answer.status_code, answer.json()) == (202, {"status": "asked"})
    sandbox.advance(86_400)
    [result] = warehouse.hear("recall-result")
    assert result["outcome"] == "pulled"
    assert warehouse.told("handed-over") == []
    assert warehouse.ledger()[-3:] == ["recall_asked", "pulled", "put_away"]
    assert [line["quantity"] for line in warehouse.fact("put_away")["lines"]] == [2, 1]
    assert warehouse.release().status_code == 409


@pytest.mark.parametrize("released", [False, True])
def test_a_release_after_a_recall_is_refused(
    warehouse: Warehouse, sandbox: SandboxClient, released: bool
) -> None:
    sandbox.configure(wms={"recall_after": 3600, "hand_over_after": 7200})
    warehouse.hand()
    warehouse.until_packed()
    if released:
        warehouse.release()
    warehouse.recall()
    answer = warehouse.release()
    assert (answer.status_code, answer.json()["status"]) == (409, "recalled")
    assert warehouse.ledger().count("released") == int(released)


def test_a_recall_can_find_the_parcel_gone(warehouse: Warehouse, sandbox: SandboxClient) -> None:
    sandbox.configure(wms={"recall": "gone", "hand_over_after": 3600})
    warehouse.hand()
    warehouse.until_packed()
    warehouse.release()
    warehouse.recall()
    sandbox.advance(1)
    assert warehouse.hear("recall-result")[0]["outcome"] == "gone"
    warehouse.hear("handed-over")
    assert warehouse.ledger()[-3:] == ["recall_asked", "handed_over", "gone"]


def test_what_was_handed_over_is_gone_whatever_the_settings(
    warehouse: Warehouse, sandbox: SandboxClient
) -> None:
    warehouse.hand()
    warehouse.until_packed()
    warehouse.release()
    sandbox.advance(1)
    warehouse.hear("handed-over")
    warehouse.recall()
    sandbox.advance(1)
    assert warehouse.hear("recall-result")[0]["outcome"] == "gone"
    assert "put_away" not in warehouse.ledger()


def test_a_recall_may_meet_with_silence(warehouse: Warehouse, sandbox: SandboxClient) -> None:
    sandbox.fault("wms", "play", "recall", order=ORDER, outcome="silent")
    warehouse.hand()
    warehouse.until_packed()
    warehouse.release()
    warehouse.recall()
    sandbox.advance(86_400)
    warehouse.hear("handed-over")
    warehouse.quiet()
    assert warehouse.told("recall-result") == []


def test_hand_over_sets_the_courier_going(warehouse: Warehouse, sandbox: SandboxClient) -> None:
    shop = Shop(sandbox)
    label = shop.buy(shop.rated().rates[1].object_id, metadata=f"{ORDER}/s1/p1/1")
    warehouse.hand()
    warehouse.until_packed()
    warehouse.release(tracking=label.tracking_number)
    sandbox.advance(1)
    warehouse.hear("handed-over")
    assert statuses(sandbox) == ["PRE_TRANSIT"]
    sandbox.advance(1)
    assert statuses(sandbox) == ["PRE_TRANSIT", "TRANSIT"]
    sandbox.advance(2)
    assert statuses(sandbox) == ["PRE_TRANSIT", "TRANSIT", "DELIVERED"]


def test_a_journey_by_hand_is_not_overrun_by_the_usual_one(
    warehouse: Warehouse, sandbox: SandboxClient
) -> None:
    shop = Shop(sandbox)
    label = shop.buy(metadata=f"{ORDER}/s1/p1/1")
    warehouse.hand()
    warehouse.release(tracking=label.tracking_number)
    sandbox.advance(2)
    sandbox.courier(label.tracking_number, "FAILURE", substatus="package_lost")
    sandbox.advance(60)
    assert statuses(sandbox) == ["PRE_TRANSIT", "TRANSIT", "FAILURE"]


@pytest.mark.parametrize("bears", [f"{ORDER}/{SHIPMENT}-p1-l2", f"{ORDER}/s1/p1/2"])
def test_an_unreleased_parcel_can_leave_by_mistake_under_its_own_label(
    warehouse: Warehouse, sandbox: SandboxClient, bears: str
) -> None:
    shop = Shop(sandbox)
    voided = shop.buy(metadata=f"{ORDER}/s1/p1/1")
    shop.sdk.refunds.create(voided.object_id)
    label = shop.buy(metadata=bears)
    other = shop.buy(metadata=f"{ORDER}/{ORDER}-s2-p1-l1")
    shop.buy(metadata=bears)  # the last one, and nobody has seen it
    for one in (label, other):
        assert httpx.get(str(one.label_url)).is_success
    sandbox.fault("wms", "play", "leave_unreleased", order=ORDER)
    warehouse.hand()
    warehouse.until_packed()
    sandbox.advance(1)
    [handed] = warehouse.hear("handed-over")
    assert handed["parcels"] == [f"{SHIPMENT}-p1"]
    fact = warehouse.fact("handed_over")
    assert fact["released"] is False
    assert fact["parcels"][0]["tracking_number"] == label.tracking_number
    sandbox.advance(1)
    assert shop.sdk.transactions.get(label.object_id).tracking_status.value == "TRANSIT"
    assert warehouse.release(tracking=label.tracking_number).status_code == 200
    assert warehouse.fact("released")["late"] is True


def statuses(sandbox: SandboxClient) -> list[str]:
    entries = sandbox.ledger("shippo", order=ORDER, kind="track")
    return [entry.data["status"] for entry in entries]
