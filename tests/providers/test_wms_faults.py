"""The warehouse is told once, however often its answer is lost."""

import pytest

from domain.attempt import Attempt
from domain.failures import ProviderFailure, UnknownOutcome
from providers.wms_warehouse import WmsWarehouse
from sandbox.client import SandboxClient
from tests.providers.attempts import GENERAL, Trouble, first, named, until_done
from tests.providers.samples import SHIPMENT, handoff
from tests.providers.wms_looks import HAND_OFF, LABELS, entries, packed


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

    @pytest.mark.usefixtures("taken")
    @pytest.mark.parametrize("trouble", GENERAL, ids=named)
    def test_stopping_work(
        self, sandbox: SandboxClient, warehouse: WmsWarehouse,
        trouble: Trouble,
    ) -> None:  # fmt: skip
        sandbox.fault("wms", "cancel", trouble.kind, times=2, **trouble.params)
        done, failures = until_done(
            lambda one: warehouse.cancel(one, SHIPMENT, "why"), first(f"{SHIPMENT}:cancel:1")
        )
        assert done
        assert len(entries(sandbox, "cancelled")) == 1
        self.judge(trouble, failures)

    @pytest.mark.usefixtures("taken")
    @pytest.mark.parametrize("trouble", GENERAL, ids=named)
    def test_amending(
        self, sandbox: SandboxClient, warehouse: WmsWarehouse,
        trouble: Trouble,
    ) -> None:  # fmt: skip
        sandbox.fault("wms", "amendment", trouble.kind, times=2, **trouble.params)
        answer, failures = until_done(
            lambda one: warehouse.amend(one, handoff().model_copy(update={"amendment": 1})),
            first(f"{SHIPMENT}:amend_at_warehouse:1"),
        )
        assert answer.accepted
        assert len(entries(sandbox, "amended")) == 1
        self.judge(trouble, failures)

    @pytest.mark.usefixtures("taken")
    @pytest.mark.parametrize("trouble", GENERAL, ids=named)
    def test_releasing(
        self, sandbox: SandboxClient, warehouse: WmsWarehouse,
        trouble: Trouble,
    ) -> None:  # fmt: skip
        packed(sandbox)
        sandbox.fault("wms", "release", trouble.kind, times=2, **trouble.params)
        done, failures = until_done(
            lambda one: warehouse.release(one, SHIPMENT, LABELS), first(f"{SHIPMENT}:release:1")
        )
        assert done
        assert len(entries(sandbox, "released")) == 1
        self.judge(trouble, failures)

    @pytest.mark.usefixtures("taken")
    @pytest.mark.parametrize("trouble", GENERAL, ids=named)
    def test_recalling(
        self, sandbox: SandboxClient, warehouse: WmsWarehouse,
        trouble: Trouble,
    ) -> None:  # fmt: skip
        packed(sandbox)
        sandbox.fault("wms", "recall", trouble.kind, times=2, **trouble.params)

        def recall(attempt: Attempt) -> bool:
            warehouse.recall(attempt, SHIPMENT, "why")
            return True

        _, failures = until_done(recall, first(f"{SHIPMENT}:recall:1"))
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
