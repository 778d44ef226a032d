"""What the warehouse answers: handoff, cancel, release, recall, look-up."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from sandbox.client import SandboxClient
from sandbox.server import start
from tests.sandbox.receiver import Receiver
from tests.sandbox.warehouse import MUG, ORDER, SHIPMENT, Warehouse, handoff


@pytest.fixture
def warehouse(sandbox: SandboxClient, receiver: Receiver) -> Warehouse:
    opened = Warehouse(sandbox, receiver)
    sandbox.configure(wms={"auto": False})
    return opened


def test_a_handoff_is_accepted_under_a_reference(warehouse: Warehouse) -> None:
    assert warehouse.hand().json() == {"status": "accepted", "reference": "WMS-000001"}
    assert warehouse.hand(order="ord_2").json()["reference"] == "WMS-000002"
    assert warehouse.fact("handoff_accepted")["lines"][0] == {
        "line": "1",
        "sku": "MUG",
        "quantity": 2,
    }
    assert warehouse.state()["status"] == "accepted"


def test_the_same_key_gets_the_same_answer_and_has_one_effect(warehouse: Warehouse) -> None:
    def hand(_: int) -> tuple[int, Any]:
        answer = warehouse.post("handoffs", handoff(), key="k1")
        return answer.status_code, answer.json()["reference"]

    with ThreadPoolExecutor(10) as pool:
        answers = set(pool.map(hand, range(30)))
    assert answers == {(200, "WMS-000001")}
    assert warehouse.ledger() == ["handoff_accepted"]


def test_a_key_is_good_for_one_request_only(warehouse: Warehouse) -> None:
    warehouse.post("handoffs", handoff(), key="k1")
    assert warehouse.post("handoffs", handoff(order="ord_2"), key="k1").status_code == 409


def test_a_shipment_is_handed_over_once_whatever_the_key(warehouse: Warehouse) -> None:
    warehouse.hand()
    again = warehouse.hand()
    assert again.status_code == 409
    assert "WMS-000001" in again.json()["reason"]


def test_a_rejected_shipment_may_be_handed_over_anew(
    warehouse: Warehouse, sandbox: SandboxClient
) -> None:
    sandbox.fault("wms", "handoff", "reject", order=ORDER, reason="no such bin")
    refusal = warehouse.hand()
    assert refusal.status_code == 200
    assert refusal.json() == {"status": "rejected", "reason": "no such bin"}
    assert warehouse.state()["status"] == "rejected"
    assert warehouse.release().status_code == 409
    assert warehouse.hand().json()["status"] == "accepted"
    assert warehouse.ledger() == ["handoff_rejected", "handoff_accepted"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"version": "2"}, "version"),
        ({"lines": []}, "lines"),
        ({"lines": [MUG | {"quantity": 0}]}, "lines.0.quantity"),
        ({"lines": [MUG | {"quantity": "2"}]}, "lines.0.quantity"),
        ({"lines": [MUG, MUG]}, ""),
        ({"ship_by": "2026-01-05"}, "ship_by"),
        ({"ship_to": {"name": "Ada"}}, "ship_to.lines"),
        ({"shipment": "a/b"}, "shipment"),
    ],
)
def test_a_malformed_handoff_is_refused_by_field(
    warehouse: Warehouse, changes: dict[str, Any], field: str
) -> None:
    refused = warehouse.hand(**changes)
    assert refused.status_code == 422
    assert field in {wrong["field"] for wrong in refused.json()["errors"]}
    assert warehouse.ledger() == []


def test_strangers_and_calls_without_a_key_are_refused(warehouse: Warehouse) -> None:
    assert warehouse.post("handoffs", handoff(), caller="Basic x").status_code == 401
    url = f"{warehouse.sandbox.base('wms')}/handoffs"
    bare = httpx.post(url, json=handoff(), headers={"authorization": "Bearer x"})
    assert bare.status_code == 400
    assert warehouse.ledger() == []


def test_cancel_before_picking_leaves_nothing_to_put_away(warehouse: Warehouse) -> None:
    warehouse.hand()
    assert warehouse.cancel() == "cancelled"
    assert warehouse.cancel() == "cancelled"
    assert warehouse.ledger() == ["handoff_accepted", "cancelled"]


def test_cancel_after_picking_puts_away_what_was_picked(
    warehouse: Warehouse, sandbox: SandboxClient
) -> None:
    warehouse.hand()
    lines = [{"line": "1", "sku": "MUG", "quantity": 1, "barcodes": [MUG["barcode"]]}]
    sandbox.wms(SHIPMENT, "picked", lines=lines)
    assert warehouse.cancel() == "cancelled"
    assert warehouse.fact("put_away")["lines"] == [{"line": "1", "sku": "MUG", "quantity": 1}]
    assert warehouse.release().status_code == 409


def test_after_release_it_is_too_late_to_cancel(warehouse: Warehouse) -> None:
    warehouse.hand()
    assert warehouse.release().json() == {"status": "released"}
    assert warehouse.cancel() == "too_late"
    assert warehouse.ledger() == ["handoff_accepted", "released"]
    assert warehouse.state()["status"] == "released"


def test_unknown_shipments_are_said_to_be_unknown(warehouse: Warehouse) -> None:
    assert warehouse.state()["status"] == "unknown"
    release = warehouse.release()
    assert (release.status_code, release.json()["status"]) == (409, "unknown")
    assert warehouse.recall().status_code == 404


def test_a_handoff_that_comes_after_its_cancel_is_not_taken(warehouse: Warehouse) -> None:
    assert warehouse.cancel() == "cancelled"
    late = warehouse.hand()
    assert (late.status_code, late.json()["status"]) == (409, "known")
    assert warehouse.state()["status"] == "cancelled"
    assert warehouse.ledger() == []


@pytest.mark.parametrize("parcels", [None, [], ["p1"], [{"parcel": "p1"}], {"parcel": "p1"}])
def test_a_release_names_its_parcels(warehouse: Warehouse, parcels: object) -> None:
    warehouse.hand()
    path = f"shipments/{SHIPMENT}/release"
    assert warehouse.post(path, {"parcels": parcels}).status_code == 422
    assert warehouse.state()["status"] == "accepted"


def test_a_handoff_whose_answer_was_lost_can_be_looked_up_and_repeated(
    warehouse: Warehouse, sandbox: SandboxClient
) -> None:
    sandbox.fault("wms", "handoff", "drop_after", order=ORDER)
    with pytest.raises(httpx.TransportError):
        warehouse.post("handoffs", handoff(), key="k1")
    assert warehouse.state()["reference"] == "WMS-000001"
    assert warehouse.post("handoffs", handoff(), key="k1").json()["status"] == "accepted"
    assert warehouse.ledger() == ["handoff_accepted"]


def test_the_floor_goes_on_after_a_power_cut(
    receiver: Receiver, tmp_path_factory: pytest.TempPathFactory
) -> None:
    state = tmp_path_factory.mktemp("world") / "world.sqlite"
    running = start(state)
    with SandboxClient(running.url) as client:
        warehouse = Warehouse(client, receiver)
        client.configure(wms={"pick_after": 3600})
        warehouse.hand()
    running.kill()
    running = start(state)
    try:
        with SandboxClient(running.url) as client:
            warehouse.sandbox = client
            client.advance(3600)
            warehouse.hear("picked")
            assert warehouse.ledger() == ["handoff_accepted", "picked"]
    finally:
        running.stop()


def test_a_change_of_lines_says_what_is_picked_from_then_on_and_an_older_one_nothing(
    warehouse: Warehouse,
) -> None:
    warehouse.hand()
    red = MUG | {"line": "X1.1", "sku": "RED", "quantity": 1}
    path, new = f"shipments/{SHIPMENT}/lines", {"replacement": 2, "lines": [red]}
    assert warehouse.post(path, new).json() == {"status": "replaced"}
    older = {"replacement": 1, "lines": [MUG]}
    assert warehouse.post(path, older).json() == {"status": "replaced"}
    warehouse.sandbox.wms(SHIPMENT, "picked")
    [picked] = warehouse.hear("picked")
    assert [(one["line"], one["sku"], one["quantity"]) for one in picked["lines"]] == [
        ("X1.1", "RED", 1)
    ]
    assert warehouse.state()["replacement"] == 2
    assert warehouse.ledger() == ["handoff_accepted", "replaced", "picked"]


def test_what_is_packed_unknown_or_malformed_is_not_changed(warehouse: Warehouse) -> None:
    new = {"replacement": 1, "lines": [MUG]}
    assert warehouse.post(f"shipments/{SHIPMENT}/lines", new).status_code == 409
    warehouse.hand()
    nothing: list[object] = []
    wrong = {"replacement": 0, "lines": nothing}
    assert warehouse.post(f"shipments/{SHIPMENT}/lines", wrong).status_code == 422
    for action in ("picked", "packed"):
        warehouse.sandbox.wms(SHIPMENT, action)
    assert warehouse.post(f"shipments/{SHIPMENT}/lines", new).status_code == 409
