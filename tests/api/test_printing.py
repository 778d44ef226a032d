"""The print queue over HTTP: one station gets each job, and voided labels leave the queue."""

import asyncio

from domain.documents import DocumentKind, FileFormat
from domain.record import Commit, Document
from tests.api.desk import Desk, order

PACK_1 = {"station": "pack-1"}


def queue(desk: Desk, order: str) -> None:
    """A label in ZPL and a packing slip in PDF."""
    parcel = desk.buy_label(order, f"TRACK-{order}")
    shipment = f"{order}-s1"
    documents = (
        Document(
            key=f"{parcel}-l1:label",
            shipment=shipment,
            kind=DocumentKind.LABEL,
            format=FileFormat.ZPL,
            content=b"^XA^FDhello^XZ",
            label=f"{parcel}-l1",
        ),
        Document(
            key=f"{shipment}:papers:1:packing_slip",
            shipment=shipment,
            kind=DocumentKind.PACKING_SLIP,
            format=FileFormat.PDF,
            content=b"%PDF-1.7",
        ),
    )
    desk.books.records.commit(Commit(order, documents=documents))


async def claim(
    desk: Desk, station: str = "pack-1", **more: object
) -> tuple[int, dict[str, object]]:
    body = {"station": station} | more
    answer = await desk.call("POST", "/print-jobs/claim", body, key="warehouse")
    return answer.status_code, answer.json() if answer.content else {}


async def test_a_station_drains_the_queue(desk: Desk) -> None:
    queue(desk, await desk.place())
    for kind, media_type in (
        ("label", "application/vnd.zebra-zpl"),
        ("packing_slip", "application/pdf"),
    ):
        status, job = await claim(desk)
        assert (status, job["kind"]) == (200, kind)
        paper = await desk.call("GET", f"/documents/{job['document']}", key="warehouse")
        assert paper.headers["content-type"] == media_type
        assert paper.content
        done = await desk.call("POST", f"/print-jobs/{job['id']}/printed", PACK_1, key="warehouse")
        assert done.json() == {"job": job["id"], "state": "printed"}
        twice = await desk.call("POST", f"/print-jobs/{job['id']}/printed", PACK_1, key="warehouse")
        assert twice.status_code == 409
    assert await claim(desk) == (204, {})
    assert (await desk.call("GET", "/print-jobs", key="warehouse")).json() == {"jobs": []}


async def test_each_job_goes_to_one_station(desk: Desk) -> None:
    for number in range(4):
        queue(desk, await desk.place(order(str(number))))
    claims = await asyncio.gather(*(claim(desk, f"pack-{n}") for n in range(20)))
    jobs = [job["id"] for status, job in claims if status == 200]
    assert len(jobs) == len(set(jobs)) == 8


async def test_only_the_station_that_holds_a_job_reports_it(desk: Desk) -> None:
    queue(desk, await desk.place())
    _, job = await claim(desk, "pack-2")
    path = f"/print-jobs/{job['id']}/printed"
    assert (await desk.call("POST", path, PACK_1, key="warehouse")).status_code == 409
    assert (await desk.call("POST", path, {}, key="warehouse")).status_code == 422
    done = await desk.call("POST", path, {"station": "pack-2"}, key="warehouse")
    assert done.status_code == 200


async def test_a_printer_that_takes_only_labels_gets_only_labels(desk: Desk) -> None:
    queue(desk, await desk.place())
    assert (await claim(desk, kinds=["label"]))[1]["kind"] == "label"
    assert (await claim(desk, kinds=["label"]))[0] == 204
    assert (await claim(desk, kinds=["poster"]))[0] == 422


async def test_a_failed_job_waits_for_a_person(desk: Desk) -> None:
    queue(desk, await desk.place())
    _, job = await claim(desk, kinds=["label"])
    path = f"/print-jobs/{job['id']}"
    failed = await desk.call("POST", f"{path}/failed", PACK_1 | {"reason": "jam"}, key="warehouse")
    assert failed.status_code == 200
    listed = await desk.call("GET", "/print-jobs", key="warehouse", params={"station": "pack-1"})
    assert [(one["state"], one["reason"]) for one in listed.json()["jobs"]] == [("failed", "jam")]
    assert (await desk.call("POST", f"{path}/again", key="warehouse")).status_code == 200
    assert (await claim(desk, kinds=["label"]))[1]["id"] == job["id"]


async def test_a_voided_label_is_not_to_be_used(desk: Desk) -> None:
    placed = await desk.place()
    queue(desk, placed)
    _, job = await claim(desk, kinds=["label"])
    desk.books.records.commit(Commit(placed, voided=(f"{placed}-s1-p1-l1",)))
    answer = await desk.call("POST", f"/print-jobs/{job['id']}/printed", PACK_1, key="warehouse")
    assert answer.status_code == 409
    again = await desk.call("POST", f"/print-jobs/{job['id']}/again", key="warehouse")
    assert again.status_code == 409


async def test_unknown_jobs_and_documents_are_unknown(desk: Desk) -> None:
    for what, body in (("printed", PACK_1), ("failed", PACK_1), ("again", {})):
        answer = await desk.call("POST", f"/print-jobs/999/{what}", body, key="warehouse")
        assert (answer.status_code, answer.json()["detail"]) == (404, "there is no such print job")
    assert (await desk.call("GET", "/documents/none", key="warehouse")).status_code == 404
    assert (
        await desk.call("POST", "/print-jobs/x/printed", PACK_1, key="warehouse")
    ).status_code == 422


async def test_support_fetches_the_papers_that_an_orders_page_lists(desk: Desk) -> None:
    placed = await desk.place()
    note = Document(
        key=f"{placed}-s1:invoice:1:credit_note",
        shipment=f"{placed}-s1",
        kind=DocumentKind.CREDIT_NOTE,
        format=FileFormat.PDF,
        content=b"%PDF-credit",
        number="INV-CN-2026-000001",
    )
    desk.books.records.commit(Commit(placed, documents=(note,)))
    page = (await desk.call("GET", f"/orders/{placed}", key="support")).json()
    (listed,) = page["documents"]
    assert (listed["kind"], listed["number"]) == ("credit_note", "INV-CN-2026-000001")
    assert listed["print_state"] is None
    paper = await desk.call("GET", f"/documents/{listed['id']}", key="support")
    assert (paper.status_code, paper.content) == (200, b"%PDF-credit")
    assert await claim(desk) == (204, {})


async def test_papers_and_jobs_of_another_warehouse_are_not_there(desk: Desk) -> None:
    setup = {"priority": 1}
    assert (
        await desk.call("PUT", f"/shops/{desk.shop}/warehouses/lyon", setup, key="admin")
    ).is_success
    for name, scopes in (("lyon", ["warehouse"]), ("both", ["warehouse", "support"])):
        wanted = {"scopes": scopes, "name": name, "warehouse": "lyon"}
        made = await desk.call("POST", f"/shops/{desk.shop}/keys", wanted, key="admin")
        desk.keys[name] = made.json()["key"]
    placed = await desk.place()
    desk.hand_off(placed)
    queue(desk, placed)
    _, job = await claim(desk, kinds=["label"])
    paper = f"/documents/{job['document']}"
    status = {name: await fetch(desk, paper, name) for name in ("warehouse", "lyon", "both")}
    assert status == {"warehouse": 200, "lyon": 404, "both": 200}
    for what in ("printed", "failed", "again"):
        path = f"/print-jobs/{job['id']}/{what}"
        assert (await desk.call("POST", path, PACK_1, key="lyon")).status_code == 404, what
    done = f"/print-jobs/{job['id']}/printed"
    assert (await desk.call("POST", done, PACK_1, key="warehouse")).is_success
    assert (
        await desk.call("POST", f"/print-jobs/{job['id']}/again", key="lyon")
    ).status_code == 404
    _, slip = await claim(desk)
    assert slip["kind"] == "packing_slip", "another warehouse has nothing printed again"


async def fetch(desk: Desk, path: str, key: str) -> int:
    return (await desk.call("GET", path, key=key)).status_code
