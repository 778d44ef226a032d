"""The warehouse protocol, spoken to the sandbox's warehouse."""

from datetime import UTC, datetime

import pytest

from domain.failures import NotDone, Refused, UnknownOutcome
from domain.warehouse import CustomsLine, HandoffAnswer
from providers.wms_warehouse import WmsWarehouse
from sandbox.client import SandboxClient
from tests.providers.attempts import again, first, until_done
from tests.providers.samples import PARCEL, SHIPMENT, handoff
from tests.providers.wms_looks import HAND_OFF, LABELS, entries, packed


def test_a_shipment_is_handed_off_and_acknowledged(
    sandbox: SandboxClient, warehouse: WmsWarehouse
) -> None:
    answer = warehouse.hand_off(first(HAND_OFF), handoff())
    assert answer.accepted
    [entry] = entries(sandbox, "handoff_accepted")
    assert entry.data["reference"] == answer.reference
    assert entry.data["lines"] == [{"line": "1", "sku": "MUG", "quantity": 2}]


def test_everything_a_picker_needs_fits_the_document(
    sandbox: SandboxClient, warehouse: WmsWarehouse
) -> None:
    full = handoff(
        ship_by=datetime(2026, 11, 24, 15, tzinfo=UTC),
        notes="Ring twice",
        gift_note="Alles Gute, 花子!",
        customs=(
            CustomsLine(
                line="1", name="Mug", hs_code="691200", origin="DE", quantity=2, value=1681,
                weight_grams=350,
            ),
        ),
    )  # fmt: skip
    assert warehouse.hand_off(first(HAND_OFF), full).accepted
    assert len(entries(sandbox, "handoff_accepted")) == 1


def test_a_rejection_is_an_answer_with_a_reason(
    sandbox: SandboxClient, warehouse: WmsWarehouse
) -> None:
    sandbox.fault("wms", "handoff", "reject", reason="we have no mugs")
    rejected = HandoffAnswer(accepted=False, reason="we have no mugs")
    assert warehouse.hand_off(first(HAND_OFF), handoff()) == rejected
    assert warehouse.hand_off(again(first(HAND_OFF)), handoff()) == rejected
    anew = warehouse.hand_off(first(f"{SHIPMENT}:hand_off:2"), handoff())
    assert anew.accepted


def test_what_was_rejected_once_is_not_thought_rejected_again(
    sandbox: SandboxClient, warehouse: WmsWarehouse
) -> None:
    sandbox.fault("wms", "handoff", "reject")
    assert not warehouse.hand_off(first(HAND_OFF), handoff()).accepted
    sandbox.fault("wms", "handoff", "drop_before")
    answer, failures = until_done(
        lambda one: warehouse.hand_off(one, handoff()), first(f"{SHIPMENT}:hand_off:2")
    )
    assert answer.accepted
    assert len(failures) == 1


def test_a_shipment_that_the_warehouse_has_already_is_accepted(
    sandbox: SandboxClient, warehouse: WmsWarehouse, taken: HandoffAnswer
) -> None:
    """As when the warehouse has forgotten the key, or another build words the document anew."""
    assert warehouse.hand_off(first(f"{SHIPMENT}:hand_off:2"), handoff()) == taken
    assert warehouse.hand_off(first(HAND_OFF), handoff(notes="Ring twice")) == taken
    assert len(entries(sandbox, "handoff_accepted")) == 1


@pytest.mark.usefixtures("taken")
def test_a_shipment_that_was_cancelled_is_not_taken_for_accepted(warehouse: WmsWarehouse) -> None:
    assert warehouse.cancel(first(f"{SHIPMENT}:cancel:1"), SHIPMENT, "out of stock")
    anew = warehouse.hand_off(first(f"{SHIPMENT}:hand_off:2"), handoff())
    assert anew == HandoffAnswer(accepted=False, reason="out of stock")


def test_a_document_that_cannot_be_read_is_refused_with_the_field(
    warehouse: WmsWarehouse,
) -> None:
    with pytest.raises(Refused, match="422: version"):
        warehouse.hand_off(first(HAND_OFF), handoff(version="2"))


@pytest.mark.usefixtures("taken")
def test_work_is_stopped_until_the_parcel_was_released(
    sandbox: SandboxClient, warehouse: WmsWarehouse
) -> None:
    assert warehouse.cancel(first(f"{SHIPMENT}:cancel:1"), SHIPMENT, "changed my mind")
    assert len(entries(sandbox, "cancelled")) == 1
    assert not warehouse.release(first(f"{SHIPMENT}:release:1"), SHIPMENT, LABELS)


@pytest.mark.usefixtures("taken")
def test_after_release_it_is_too_late_to_stop(
    sandbox: SandboxClient, warehouse: WmsWarehouse
) -> None:
    packed(sandbox)
    assert warehouse.release(first(f"{SHIPMENT}:release:1"), SHIPMENT, LABELS)
    [entry] = entries(sandbox, "released")
    assert entry.data["parcels"] == [
        {"parcel": PARCEL.id, "tracking_number": "1Z1", "carrier": "UPS"}
    ]
    assert not warehouse.cancel(first(f"{SHIPMENT}:cancel:1"), SHIPMENT, "changed my mind")


def test_a_shipment_that_the_warehouse_never_saw_needs_no_stopping_and_cannot_go(
    warehouse: WmsWarehouse,
) -> None:
    assert warehouse.cancel(first("k:cancel:1"), "ord_9-s1", "changed my mind")
    assert not warehouse.release(first("k:release:1"), "ord_9-s1", LABELS)
    with pytest.raises(Refused, match="cancelled"):
        warehouse.recall(first("k:recall:1"), "ord_9-s1", "changed my mind")


def test_a_handoff_that_was_held_up_until_after_the_cancel_is_not_accepted(
    sandbox: SandboxClient, warehouse: WmsWarehouse
) -> None:
    """As from a worker that was paused, and goes on when the order is undone."""
    assert warehouse.cancel(first(f"{SHIPMENT}:cancel:1"), SHIPMENT, "changed my mind")
    late = warehouse.hand_off(first(HAND_OFF), handoff())
    assert late == HandoffAnswer(accepted=False, reason="changed my mind")
    assert entries(sandbox, "handoff_accepted") == []


@pytest.mark.usefixtures("taken")
def test_parcels_are_asked_back(sandbox: SandboxClient, warehouse: WmsWarehouse) -> None:
    packed(sandbox)
    warehouse.release(first(f"{SHIPMENT}:release:1"), SHIPMENT, LABELS)
    warehouse.recall(first(f"{SHIPMENT}:recall:1"), SHIPMENT, "changed my mind")
    warehouse.recall(again(first(f"{SHIPMENT}:recall:1")), SHIPMENT, "changed my mind")
    assert len(entries(sandbox, "recall_asked")) == 1


@pytest.mark.usefixtures("taken")
@pytest.mark.parametrize("attempt", [1, 2])
def test_a_release_that_comes_after_a_recall_is_not_carried_out(
    sandbox: SandboxClient, warehouse: WmsWarehouse, attempt: int
) -> None:
    packed(sandbox)
    warehouse.recall(first(f"{SHIPMENT}:recall:1"), SHIPMENT, "changed my mind")
    late = again(first(f"{SHIPMENT}:release:1"), attempt)
    assert not warehouse.release(late, SHIPMENT, LABELS)
    assert entries(sandbox, "released") == []


@pytest.mark.usefixtures("taken")
def test_a_cancelled_shipment_cannot_be_recalled(warehouse: WmsWarehouse) -> None:
    warehouse.cancel(first(f"{SHIPMENT}:cancel:1"), SHIPMENT, "changed my mind")
    with pytest.raises(Refused, match="cancelled"):
        warehouse.recall(first(f"{SHIPMENT}:recall:1"), SHIPMENT, "changed my mind")


@pytest.mark.parametrize("body", ['{"status": "perhaps"}', "[]", "", '{"status": 7}'])
def test_an_answer_that_says_nothing_is_an_unknown_outcome(
    sandbox: SandboxClient, warehouse: WmsWarehouse, body: str
) -> None:
    sandbox.fault("wms", "handoff", "malformed_after", body=body)
    with pytest.raises(UnknownOutcome):
        warehouse.hand_off(first(HAND_OFF), handoff())
    assert warehouse.hand_off(again(first(HAND_OFF)), handoff()).accepted


def test_a_warehouse_that_is_silent_afterwards_has_acknowledged_all_the_same(
    sandbox: SandboxClient, warehouse: WmsWarehouse
) -> None:
    sandbox.fault("wms", "handoff", "silent")
    assert warehouse.hand_off(first(HAND_OFF), handoff()).accepted


@pytest.mark.usefixtures("taken")
def test_an_amendment_is_taken_until_somebody_picks(
    sandbox: SandboxClient, warehouse: WmsWarehouse
) -> None:
    more = handoff().model_copy(update={"amendment": 1})
    assert warehouse.amend(first(f"{SHIPMENT}:amend_at_warehouse:1"), more).accepted
    (told,) = entries(sandbox, "amended")
    assert told.data["amendment"] == 1
    sandbox.wms(SHIPMENT, "picked")
    late = handoff().model_copy(update={"amendment": 2})
    answer = warehouse.amend(first(f"{SHIPMENT}:amend_at_warehouse:2"), late)
    assert (answer.accepted, answer.reason) == (False, f"{SHIPMENT} is picked")
    assert warehouse.amend(again(first(f"{SHIPMENT}:amend_at_warehouse:1")), more).accepted


@pytest.mark.usefixtures("taken")
@pytest.mark.parametrize("status", [404, 405, 501])
def test_a_warehouse_that_knows_no_amendments_refuses_them(
    sandbox: SandboxClient, warehouse: WmsWarehouse, status: int
) -> None:
    sandbox.fault("wms", "amendment", "http_error", status=status)
    answer = warehouse.amend(first(f"{SHIPMENT}:amend_at_warehouse:1"), handoff())
    assert not answer.accepted
    assert answer.reason


def test_a_change_of_lines_is_taken_once_and_its_answer_is_looked_up(
    sandbox: SandboxClient, warehouse: WmsWarehouse
) -> None:
    assert warehouse.hand_off(first(HAND_OFF), handoff()).accepted
    new = handoff().model_copy(update={"replacement": 1})
    asked = first(f"{SHIPMENT}:replace_lines:1")
    sandbox.fault("wms", "replace", "drop_after")
    with pytest.raises(UnknownOutcome):
        warehouse.replace(asked, new)
    renamed = new.model_copy(
        update={"lines": tuple(one.model_copy(update={"bin": "Z-9"}) for one in new.lines)}
    )
    assert warehouse.replace(again(asked), renamed)
    assert len(entries(sandbox, "replaced")) == 1


def test_a_warehouse_that_takes_no_change_of_lines_or_has_it_no_more_says_so(
    sandbox: SandboxClient, warehouse: WmsWarehouse
) -> None:
    new = handoff().model_copy(update={"replacement": 1})
    assert not warehouse.replace(first("k:replace_lines:1"), new)
    assert warehouse.hand_off(first(HAND_OFF), handoff()).accepted
    sandbox.fault("wms", "replace", "http_error", status=404)
    assert not warehouse.replace(first("k:replace_lines:2"), new)
    sandbox.fault("wms", "replace", "http_error", status=503)
    with pytest.raises((NotDone, UnknownOutcome)):
        warehouse.replace(first("k:replace_lines:3"), new)
