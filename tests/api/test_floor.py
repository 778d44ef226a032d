"""What the warehouse sees of its shipments."""

from tests.api.desk import Desk, order
from tests.api.test_warehouse import handed_off, pick, report


async def test_the_floor_shows_what_is_to_pick_in_the_order_of_the_bins(desk: Desk) -> None:
    placed, shipment = await handed_off(desk)
    page = (await desk.call("GET", f"/warehouse/shipments/{shipment}", key="warehouse")).json()
    assert page["status"] == "in_fulfilment"
    assert page["handoff"]["lines"][0]["bin"] == "A-10-1"
    assert page["picked"] is None
    await report(desk, shipment, "picked", pick())
    desk.buy_label(placed, "TRACK-1")
    page = (await desk.call("GET", f"/warehouse/shipments/{shipment}", key="warehouse")).json()
    assert page["picked"][0]["quantity"] == 2
    assert page["labels"][0]["tracking_number"] == "TRACK-1"


async def test_the_floor_lists_shipments_by_status_page_by_page(desk: Desk) -> None:
    shipments = [desk.hand_off(await desk.place(order(str(n)))) for n in range(5)]
    seen: list[str] = []
    after = ""
    while True:
        params = {"limit": 2, "after": after}
        answer = await desk.call("GET", "/warehouse/shipments", key="warehouse", params=params)
        page = answer.json()
        seen += [one["shipment"] for one in page["shipments"]]
        if page["next"] is None:
            break
        after = page["next"]
    assert seen == shipments
    shipped = await desk.call(
        "GET", "/warehouse/shipments", key="warehouse", params={"status": "shipped"}
    )
    assert shipped.json()["shipments"] == []
