"""Stations drain one queue, each document once; what must not print cannot be claimed."""

from collections import Counter
from datetime import timedelta

import pytest

from backoffice.prints import PrintQueue
from backoffice.records import RecordBook
from backoffice.refusals import NotOnRecord
from backoffice.tables.papers import PrintState
from domain.documents import DocumentKind
from domain.record import Commit
from tests.backoffice.samples import SHOP, Trade, at_once, document, label

SLIP, LABEL = DocumentKind.PACKING_SLIP, DocumentKind.LABEL


@pytest.fixture
def queue(trade: Trade) -> PrintQueue:
    return PrintQueue(trade.database)


def papers(trade: Trade, count: int, kind: DocumentKind = SLIP, number: str = "1001") -> str:
    name = trade.accept(number)
    documents = tuple(document(f"{name}:{kind.value}:{n}", name, kind) for n in range(count))
    RecordBook(trade.database).commit(Commit(name, documents=documents))
    return name


def test_stations_at_once_get_each_job_once(trade: Trade, queue: PrintQueue) -> None:
    papers(trade, 10)
    claims = at_once([lambda n=n: queue.claim(SHOP, f"station {n}") for n in range(16)])
    jobs = Counter(job.document for job in claims if job is not None)
    while (job := queue.claim(SHOP, "last")) is not None:
        jobs[job.document] += 1
    assert len(jobs) == 10
    assert set(jobs.values()) == {1}


def test_the_oldest_job_comes_first(trade: Trade, queue: PrintQueue) -> None:
    name = papers(trade, 3)
    first = queue.claim(SHOP, "desk")
    assert first is not None
    assert first.document == f"{name}:packing_slip:0"
    assert (first.state, first.station, first.attempts) == (PrintState.CLAIMED, "desk", 1)


def test_a_station_takes_only_what_it_can_print(trade: Trade, queue: PrintQueue) -> None:
    papers(trade, 1)
    assert queue.claim(SHOP, "label printer", kinds=(LABEL,)) is None
    assert queue.claim(SHOP, "desk", kinds=(SLIP,)) is not None


def test_what_is_printed_leaves_the_queue(trade: Trade, queue: PrintQueue) -> None:
    papers(trade, 1)
    job = queue.claim(SHOP, "desk")
    assert job is not None
    assert queue.printed(SHOP, job.id, "desk")
    assert queue.jobs(SHOP) == ()
    assert not queue.printed(SHOP, job.id, "desk")


def test_a_job_whose_station_fell_silent_is_taken_again(trade: Trade) -> None:
    papers(trade, 1)
    silent = PrintQueue(trade.database, lease=timedelta(0)).claim(SHOP, "silent")
    again = PrintQueue(trade.database).claim(SHOP, "desk")
    assert silent is not None
    assert again is not None
    assert (again.id, again.attempts) == (silent.id, 2)


def test_a_station_whose_job_was_given_to_another_cannot_report_it(trade: Trade) -> None:
    papers(trade, 1)
    PrintQueue(trade.database, lease=timedelta(0)).claim(SHOP, "silent")
    queue = PrintQueue(trade.database)
    job = queue.claim(SHOP, "desk")
    assert job is not None
    assert not queue.printed(SHOP, job.id, "silent")
    assert not queue.failed(SHOP, job.id, "silent", "out of paper")
    assert queue.printed(SHOP, job.id, "desk")


def test_a_failed_job_waits_for_a_person(trade: Trade, queue: PrintQueue) -> None:
    papers(trade, 1)
    job = queue.claim(SHOP, "desk")
    assert job is not None
    assert queue.failed(SHOP, job.id, "desk", "out of paper")
    assert queue.claim(SHOP, "desk") is None
    (shown,) = queue.jobs(SHOP, "desk")
    assert (shown.state, shown.reason) == (PrintState.FAILED, "out of paper")
    assert queue.again(SHOP, job.id)
    assert queue.claim(SHOP, "desk") is not None


def test_a_label_voided_while_it_prints_cannot_be_reported_or_printed_again(
    trade: Trade, queue: PrintQueue
) -> None:
    name = trade.accept()
    bought = label(name)
    paper = document(f"{bought.id}:label", name, LABEL, label=bought.id)
    book = RecordBook(trade.database)
    book.commit(Commit(name, labels=(bought,), documents=(paper,)))
    job = queue.claim(SHOP, "desk")
    assert job is not None
    book.commit(Commit(name, voided=(bought.id,)))
    assert not queue.printed(SHOP, job.id, "desk")
    assert not queue.again(SHOP, job.id)
    assert queue.jobs(SHOP) == ()


def test_a_printed_label_that_was_voided_later_is_not_printed_again(
    trade: Trade, queue: PrintQueue
) -> None:
    name = trade.accept()
    bought = label(name)
    paper = document(f"{bought.id}:label", name, LABEL, label=bought.id)
    book = RecordBook(trade.database)
    book.commit(Commit(name, labels=(bought,), documents=(paper,)))
    job = queue.claim(SHOP, "desk")
    assert job is not None
    queue.printed(SHOP, job.id, "desk")
    assert queue.again(SHOP, job.id)
    again = queue.claim(SHOP, "desk")
    assert again is not None
    queue.printed(SHOP, again.id, "desk")
    book.commit(Commit(name, voided=(bought.id,)))
    assert not queue.again(SHOP, job.id)


def test_another_shops_queue_and_documents_are_out_of_reach(
    trade: Trade, queue: PrintQueue
) -> None:
    name = papers(trade, 1)
    Trade(trade.database, "other")
    assert queue.jobs("other") == ()
    assert queue.claim("other", "desk") is None
    job = queue.claim(SHOP, "desk")
    assert job is not None
    for report in (
        lambda: queue.printed("other", job.id, "desk"),
        lambda: queue.failed("other", job.id, "desk", "out of paper"),
        lambda: queue.again("other", job.id),
        lambda: queue.printed(SHOP, job.id + 1, "desk"),
    ):
        with pytest.raises(NotOnRecord, match="no print job"):
            report()
    with pytest.raises(NotOnRecord):
        queue.document("other", f"{name}:packing_slip:0")
    assert queue.document(SHOP, f"{name}:packing_slip:0").content.startswith(b"%PDF-")
