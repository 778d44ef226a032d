"""The warehouse at work: by itself, by hand, and with mistakes."""

from typing import Any

import pytest

from sandbox.client import SandboxClient, SandboxRefusedError
from tests.sandbox.receiver import Receiver
from tests.sandbox.warehouse import MUG, ORDER, SHIPMENT, TEA, Warehouse


@pytest.fixture
def warehouse(sandbox: SandboxClient, receiver: Receiver) -> Warehouse:
    return Warehouse(sandbox, receiver)


def test_a_shipment_is_picked_packed_and_after_release_handed_over(warehouse: Warehouse) -> None:
    warehouse.hand()
    warehouse.until_packed()
    [picked], [packed] = warehouse.hear("picked"), warehouse.hear("packed")
    assert picked["lines"][0] == {
        "line": "1",
        "sku": "MUG",
        "quantity": 2,
        "barcodes": [MUG["barcode"]] * 2,
    }
    assert (picked["picker"], len(picked["lines"])) == ("P7", 2)
    [parcel] = packed["parcels"]
    assert parcel["weight_grams"] == 2 * 350 + 120 + 60
    assert parcel["lines"] == [{"line": "1", "quantity": 2}, {"line": "2", "quantity": 1}]
    warehouse.release()
    warehouse.sandbox.advance(1)
    [handed] = warehouse.hear("handed-over")
    assert (handed["manifest"], handed["parcels"]) == ("M-000001", [f"{SHIPMENT}-p1"])
    assert warehouse.ledger() == [
        "handoff_accepted",
        "picked",
        "packed",
        "released",
        "handed_over",
    ]
    assert warehouse.fact("handed_over")["released"] is True
    assert warehouse.state()["manifest"] == "M-000001"


def test_each_fact_is_told_with_our_key_and_an_id_of_its_own(warehouse: Warehouse) -> None:
    warehouse.hand()
    warehouse.until_packed()
    calls = warehouse.told()
    assert [call.path for call in calls] == [
        f"/warehouse/shipments/{SHIPMENT}/picked",
        f"/warehouse/shipments/{SHIPMENT}/packed",
    ]
    assert {call.headers["x-api-key"] for call in calls} == {"whk_1"}
    assert len({call.headers["idempotency-key"] for call in calls}) == 2


def test_without_release_nothing_leaves(warehouse: Warehouse) -> None:
    warehouse.hand()
    warehouse.until_packed()
    warehouse.sandbox.advance(86_400)
    warehouse.quiet()
    assert warehouse.told("handed-over") == []
    assert "handed_over" not in warehouse.ledger()


def test_a_fact_is_repeated_under_the_same_id_until_it_is_heard(warehouse: Warehouse) -> None:
    warehouse.receiver.script = [503, 500]
    warehouse.hand()
    warehouse.sandbox.advance(1)
    warehouse.hear("picked", 3)
    assert len({call.headers["idempotency-key"] for call in warehouse.told("picked")}) == 1
    assert len({call.body for call in warehouse.told("picked")}) == 1
    assert warehouse.ledger().count("picked") == 1


def test_a_refused_fact_is_not_repeated_and_work_stops_until_resumed(
    warehouse: Warehouse, sandbox: SandboxClient
) -> None:
    sandbox.fault("wms", "play", "wrong_barcode", order=ORDER, line="2")
    warehouse.receiver.script = [422]
    warehouse.hand()
    sandbox.advance(1)
    [wrong] = warehouse.hear("picked")
    assert wrong["lines"][1]["barcodes"] == ["0000000000000"]
    warehouse.quiet()
    sandbox.advance(60)
    assert len(warehouse.told()) == 1
    assert warehouse.fact("call_refused")["status"] == 422
    sandbox.wms(SHIPMENT, "resume")
    right = warehouse.hear("picked", 2)[1]
    assert right["lines"][1]["barcodes"] == [TEA["barcode"]]
    assert len({call.headers["idempotency-key"] for call in warehouse.told()}) == 2
    warehouse.quiet()
    sandbox.advance(1)
    warehouse.hear("packed")


@pytest.mark.parametrize(
    ("params", "quantities"),
    [({}, {"1": 1, "2": 1}), ({"line": "2", "quantity": 0}, {"1": 2, "2": 0})],
)
def test_a_short_pick_is_told_and_what_was_picked_is_packed(
    warehouse: Warehouse,
    sandbox: SandboxClient,
    params: dict[str, Any],
    quantities: dict[str, int],
) -> None:
    sandbox.fault("wms", "play", "short_pick", order=ORDER, **params)
    warehouse.hand()
    warehouse.until_packed()
    [picked], [packed] = warehouse.hear("picked"), warehouse.hear("packed")
    assert {line["line"]: line["quantity"] for line in picked["lines"]} == quantities
    assert all(len(line["barcodes"]) == line["quantity"] for line in picked["lines"])
    [parcel] = packed["parcels"]
    inside = {line["line"]: line["quantity"] for line in parcel["lines"]}
    assert inside == {line: number for line, number in quantities.items() if number}


def test_what_is_missing_for_good_is_told_and_nothing_packed_before_the_slip_is_printed(
    warehouse: Warehouse, sandbox: SandboxClient
) -> None:
    sandbox.fault("wms", "play", "short_pick", order=ORDER, line="1", quantity=1, short="broken")
    warehouse.hand()
    warehouse.quiet()
    sandbox.advance(1)
    [picked] = warehouse.hear("picked")
    [short] = [line for line in picked["lines"] if "short" in line]
    assert (short["line"], short["quantity"], short["short"]) == ("1", 1, "broken")
    for _ in range(3):
        warehouse.quiet()
        sandbox.advance(1)
    assert warehouse.told("packed") == []


def test_an_overweight_parcel_weighs_more_by_its_factor(
    warehouse: Warehouse, sandbox: SandboxClient
) -> None:
    sandbox.fault("wms", "play", "overweight", order=ORDER, factor=1.5)
    warehouse.hand()
    warehouse.until_packed()
    [packed] = warehouse.hear("packed")
    assert packed["parcels"][0]["weight_grams"] == 1320


def test_calls_can_be_doubled_under_one_id(warehouse: Warehouse, sandbox: SandboxClient) -> None:
    sandbox.fault("wms", "play", "duplicate_calls", order=ORDER, event="packed", count=3)
    warehouse.hand()
    warehouse.until_packed()
    warehouse.hear("packed", 3)
    assert len({call.headers["idempotency-key"] for call in warehouse.told("packed")}) == 1
    assert len(warehouse.told("picked")) == 1
    assert warehouse.ledger().count("packed") == 1


def test_a_silent_warehouse_acknowledges_and_does_nothing(
    warehouse: Warehouse, sandbox: SandboxClient
) -> None:
    sandbox.fault("wms", "handoff", "silent", order=ORDER)
    assert warehouse.hand().json()["status"] == "accepted"
    sandbox.advance(86_400)
    warehouse.release()
    warehouse.recall()
    sandbox.advance(86_400)
    warehouse.quiet()
    assert warehouse.told() == []
    assert warehouse.ledger() == ["handoff_accepted", "released", "recall_asked"]


def test_a_held_shipment_waits_for_resume(warehouse: Warehouse, sandbox: SandboxClient) -> None:
    warehouse.hand()
    sandbox.wms(SHIPMENT, "hold")
    sandbox.advance(60)
    assert warehouse.told() == []
    sandbox.wms(SHIPMENT, "resume")
    warehouse.hear("picked")


def test_by_hand_the_answer_of_our_system_is_seen(
    warehouse: Warehouse, sandbox: SandboxClient
) -> None:
    sandbox.configure(wms={"auto": False})
    warehouse.hand()
    warehouse.receiver.script = [422, 202]
    assert sandbox.wms(SHIPMENT, "picked", lines="nonsense")["status"] == 422
    assert "picked" not in warehouse.ledger()
    assert sandbox.wms(SHIPMENT, "picked")["status"] == 202
    assert sandbox.wms(SHIPMENT, "packed")["status"] == 204
    heavy: list[Any] = [{"reference": "1", "weight_grams": 9000, "lines": []}]
    sandbox.wms(SHIPMENT, "packed", parcels=heavy)
    assert warehouse.hear("packed", 2)[1]["parcels"] == heavy
    sandbox.advance(86_400)
    assert len(warehouse.told()) == 4
    with pytest.raises(SandboxRefusedError, match="404"):
        sandbox.wms("ord_0-s1", "picked")
    with pytest.raises(SandboxRefusedError, match="422"):
        sandbox.wms(SHIPMENT, "juggle")


def test_by_hand_nobody_listening_is_said(warehouse: Warehouse, sandbox: SandboxClient) -> None:
    sandbox.configure(wms={"auto": False})
    warehouse.hand()
    sandbox.configure(wms={"api_url": "http://127.0.0.1:9"})
    assert sandbox.wms(SHIPMENT, "picked")["status"] == 0
    sandbox.configure(wms={"api_url": None})
    assert sandbox.wms(SHIPMENT, "packed")["status"] is None
    assert warehouse.ledger()[1:] == ["picked", "call_refused", "packed"]


def test_facts_of_a_shipment_survive_an_api_that_is_down(
    warehouse: Warehouse, sandbox: SandboxClient, receiver: Receiver
) -> None:
    sandbox.configure(wms={"api_url": "http://127.0.0.1:9"})
    warehouse.hand()
    sandbox.advance(1)
    pending = sandbox.settle(timeout=0.3)
    assert not pending.settled
    assert warehouse.ledger() == ["handoff_accepted", "picked"]
    assert receiver.received == []
