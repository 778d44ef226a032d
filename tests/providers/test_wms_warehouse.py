"""The warehouse protocol, spoken to the sandbox's warehouse."""

from datetime import UTC, datetime

import pytest

from domain.attempt import Attempt
from domain.failures import ProviderFailure, Refused, UnknownOutcome
from domain.money import Money
from domain.shipping import Label, LabelFormat
from domain.warehouse import CustomsLine, HandoffAnswer
from providers.wms_warehouse import WmsWarehouse
from sandbox.client import LedgerEntry, SandboxClient
from tests.providers.attempts import GENERAL, Trouble, again, first, named, until_done
from tests.providers.samples import LABEL, ORDER, PARCEL, SHIPMENT, handoff

HAND_OFF = f"{SHIPMENT}:hand_off:1"
LABELS = (
    Label(
        id=LABEL,
        parcel=PARCEL.id,
        version=1,
        carrier="UPS",
        service="ups_standard",
        tracking_number="1Z1",
        transaction="t1",
        cost=Money(amount=690, currency="EUR"),
        format=LabelFormat.ZPL,
        url="https://labels.example/1",
    ),
)


def entries(sandbox: SandboxClient, kind: str) -> list[LedgerEntry]:
    return sandbox.ledger("wms", order=ORDER, kind=kind)


@pytest.fixture
def taken(warehouse: WmsWarehouse) -> HandoffAnswer:
    """A shipment that the warehouse has."""
    return until_done(lambda one: warehouse.hand_off(one, handoff()), first(HAND_OFF))[0]


def packed(sandbox: SandboxClient) -> None:
    sandbox.wms(SHIPMENT, "picked")
    sandbox.wms(SHIPMENT, "packed")


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


def test_a_shipment_that_the_warehouse_has_already_is_accepted(
    sandbox: SandboxClient, warehouse: WmsWarehouse, taken: HandoffAnswer
) -> None:
    """As when the warehouse has forgotten the key, or another build words the document anew."""
    assert warehouse.hand_off(first(f"{SHIPMENT}:hand_off:2"), handoff()) == taken
    assert warehouse.hand_off(first(HAND_OFF), handoff(notes="Ring twice")) == taken
    assert len(entries(sandbox, "handoff_accepted")) == 1


def test_a_shipment_that_was_cancelled_is_not_taken_for_accepted(
    warehouse: WmsWarehouse, taken: HandoffAnswer
) -> None:
    assert warehouse.cancel(first(f"{SHIPMENT}:cancel:1"), SHIPMENT, "out of stock")
    anew = warehouse.hand_off(first(f"{SHIPMENT}:hand_off:2"), handoff())
    assert anew == HandoffAnswer(accepted=False, reason="out of stock")
    assert taken.accepted


def test_a_document_that_cannot_be_read_is_refused_with_the_field(
    warehouse: WmsWarehouse,
) -> None:
    with pytest.raises(Refused, match="422: version"):
        warehouse.hand_off(first(HAND_OFF), handoff(version="2"))


def test_work_is_stopped_until_the_parcel_was_released(
    sandbox: SandboxClient, warehouse: WmsWarehouse, taken: HandoffAnswer
) -> None:
    assert warehouse.cancel(first(f"{SHIPMENT}:cancel:1"), SHIPMENT, "changed my mind")
    assert len(entries(sandbox, "cancelled")) == 1
    assert not warehouse.release(first(f"{SHIPMENT}:release:1"), SHIPMENT, LABELS)
    assert taken.accepted


def test_after_release_it_is_too_late_to_stop(
    sandbox: SandboxClient, warehouse: WmsWarehouse, taken: HandoffAnswer
) -> None:
    packed(sandbox)
    assert warehouse.release(first(f"{SHIPMENT}:release:1"), SHIPMENT, LABELS)
    [entry] = entries(sandbox, "released")
    assert entry.data["parcels"] == [
        {"parcel": PARCEL.id, "tracking_number": "1Z1", "carrier": "UPS"}
    ]
    assert not warehouse.cancel(first(f"{SHIPMENT}:cancel:1"), SHIPMENT, "changed my mind")
    assert taken.accepted


def test_a_shipment_that_the_warehouse_never_saw_needs_no_stopping_and_cannot_go(
    warehouse: WmsWarehouse,
) -> None:
    assert warehouse.cancel(first("k:cancel:1"), "ord_9-s1", "changed my mind")
    assert not warehouse.release(first("k:release:1"), "ord_9-s1", LABELS)
    with pytest.raises(Refused, match="no shipment"):
        warehouse.recall(first("k:recall:1"), "ord_9-s1", "changed my mind")


def test_parcels_are_asked_back(
    sandbox: SandboxClient, warehouse: WmsWarehouse, taken: HandoffAnswer
) -> None:
    packed(sandbox)
    warehouse.release(first(f"{SHIPMENT}:release:1"), SHIPMENT, LABELS)
    warehouse.recall(first(f"{SHIPMENT}:recall:1"), SHIPMENT, "changed my mind")
    warehouse.recall(again(first(f"{SHIPMENT}:recall:1")), SHIPMENT, "changed my mind")
    assert len(entries(sandbox, "recall_asked")) == 1
    assert taken.accepted


def test_a_cancelled_shipment_cannot_be_recalled(
    warehouse: WmsWarehouse, taken: HandoffAnswer
) -> None:
    warehouse.cancel(first(f"{SHIPMENT}:cancel:1"), SHIPMENT, "changed my mind")
    with pytest.raises(Refused, match="cancelled"):
        warehouse.recall(first(f"{SHIPMENT}:recall:1"), SHIPMENT, "changed my mind")
    assert taken.accepted


class TestOnceWhateverGoesWrong:
    """Each call has one effect, at whichever attempt it is heard."""

    @pytest.fixture(autouse=True)
    def _trouble(self, sandbox: SandboxClient) -> None:
        sandbox.configure(wms={"auto": False})

    @pytest.mark.parametrize("trouble", GENERAL, ids=named)
    def test_handing_off(
        self, sandbox: SandboxClient, warehouse: WmsWarehouse, trouble: Trouble
    ) -> None:
        sandbox.fault("wms", "handoff", trouble.kind, times=2, **trouble.params)
        answer, failures = until_done(
            lambda one: warehouse.hand_off(one, handoff()), first(HAND_OFF)
        )
        assert answer.accepted
        assert [e.data["reference"] for e in entries(sandbox, "handoff_accepted")] == [
            answer.reference
        ]
        self.judge(trouble, failures)

    @pytest.mark.parametrize("trouble", GENERAL, ids=named)
    def test_stopping_work(
        self, sandbox: SandboxClient, warehouse: WmsWarehouse, taken: HandoffAnswer,
        trouble: Trouble,
    ) -> None:  # fmt: skip
        sandbox.fault("wms", "cancel", trouble.kind, times=2, **trouble.params)
        done, failures = until_done(
            lambda one: warehouse.cancel(one, SHIPMENT, "why"), first(f"{SHIPMENT}:cancel:1")
        )
        assert done
        assert taken.accepted
        assert len(entries(sandbox, "cancelled")) == 1
        self.judge(trouble, failures)

    @pytest.mark.parametrize("trouble", GENERAL, ids=named)
    def test_releasing(
        self, sandbox: SandboxClient, warehouse: WmsWarehouse, taken: HandoffAnswer,
        trouble: Trouble,
    ) -> None:  # fmt: skip
        packed(sandbox)
        sandbox.fault("wms", "release", trouble.kind, times=2, **trouble.params)
        done, failures = until_done(
            lambda one: warehouse.release(one, SHIPMENT, LABELS), first(f"{SHIPMENT}:release:1")
        )
        assert done
        assert taken.accepted
        assert len(entries(sandbox, "released")) == 1
        self.judge(trouble, failures)

    @pytest.mark.parametrize("trouble", GENERAL, ids=named)
    def test_recalling(
        self, sandbox: SandboxClient, warehouse: WmsWarehouse, taken: HandoffAnswer,
        trouble: Trouble,
    ) -> None:  # fmt: skip
        packed(sandbox)
        sandbox.fault("wms", "recall", trouble.kind, times=2, **trouble.params)

        def recall(attempt: Attempt) -> bool:
            warehouse.recall(attempt, SHIPMENT, "why")
            return True

        _, failures = until_done(recall, first(f"{SHIPMENT}:recall:1"))
        assert taken.accepted
        assert len(entries(sandbox, "recall_asked")) == 1
        self.judge(trouble, failures)

    @pytest.mark.parametrize("trouble", GENERAL, ids=named)
    def test_looking_up(
        self, sandbox: SandboxClient, warehouse: WmsWarehouse, trouble: Trouble
    ) -> None:
        sandbox.fault("wms", "handoff", "drop_after")
        sandbox.fault("wms", "look_up", trouble.kind, **trouble.params)
        answer, _ = until_done(lambda one: warehouse.hand_off(one, handoff()), first(HAND_OFF))
        assert answer.accepted
        assert len(entries(sandbox, "handoff_accepted")) == 1

    def judge(self, trouble: Trouble, failures: list[ProviderFailure]) -> None:
        if trouble.kind == "rate_limit":
            assert [getattr(one, "retry_after", None) for one in failures] == [7.0, 7.0]
        elif trouble.kind == "delay":
            assert failures == []
        else:
            assert failures
            assert all(isinstance(one, UnknownOutcome) for one in failures)


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
