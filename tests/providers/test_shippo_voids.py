"""Labels that are no longer wanted, by Shippo: their money is asked for once."""

import pytest

from domain.failures import Refused
from domain.shipping import Label, Quote
from providers.shippo_shipping import ShippoCourier
from sandbox.client import LedgerEntry, SandboxClient
from tests.providers.attempts import GENERAL, Trouble, again, first, named, until_done
from tests.providers.samples import LABEL, ORDER
from tests.providers.shippo_looks import KEY, ZPL, bought, live


class TestVoiding:
    """A label's money is asked for once, whatever is heard."""

    @pytest.fixture
    def transaction(self, courier: ShippoCourier, quote: Quote) -> str:
        label, _ = until_done(lambda attempt: courier.buy(attempt, LABEL, quote, ZPL), first(KEY))
        assert isinstance(label, Label)
        return label.transaction

    def asked(self, sandbox: SandboxClient) -> list[LedgerEntry]:
        return sandbox.ledger("shippo", order=ORDER, kind="label_refund_requested")

    def test_it_is_no_longer_live_as_soon_as_its_refund_is_asked_for(
        self, sandbox: SandboxClient, courier: ShippoCourier, quote: Quote, transaction: str
    ) -> None:
        assert courier.void(first(KEY), transaction)
        assert live(courier, quote) == []
        sandbox.advance(10)
        assert courier.void(again(first(KEY)), transaction)
        assert len(self.asked(sandbox)) == 1

    def test_a_label_that_was_used_is_not_refunded(
        self, sandbox: SandboxClient, courier: ShippoCourier, quote: Quote, transaction: str
    ) -> None:
        sandbox.courier(bought(sandbox)[0].data["tracking_number"], "TRANSIT")
        assert not courier.void(first(KEY), transaction)
        assert not courier.void(again(first(KEY)), transaction)
        assert live(courier, quote) == [transaction]

    def test_a_carrier_that_refuses_later_is_heard_at_the_next_attempt(
        self, sandbox: SandboxClient, courier: ShippoCourier, transaction: str
    ) -> None:
        sandbox.fault("shippo", "create_refund", "refund_error")
        assert courier.void(first(KEY), transaction)
        sandbox.advance(10)
        assert not courier.void(again(first(KEY)), transaction)

    def test_a_refund_that_takes_its_time_counts_as_voided(
        self, sandbox: SandboxClient, courier: ShippoCourier, quote: Quote, transaction: str
    ) -> None:
        sandbox.fault("shippo", "create_refund", "refund_stuck")
        assert courier.void(first(KEY), transaction)
        sandbox.advance(86_400)
        assert courier.void(again(first(KEY)), transaction)
        assert live(courier, quote) == []

    def test_a_transaction_that_does_not_exist_is_refused(self, courier: ShippoCourier) -> None:
        with pytest.raises(Refused, match="404"):
            courier.void(first(KEY), "nothing")

    @pytest.mark.parametrize("operation", ["create_refund", "get_transaction"])
    @pytest.mark.parametrize("trouble", GENERAL, ids=named)
    def test_its_refund_is_asked_for_once_whatever_goes_wrong(
        self,
        sandbox: SandboxClient,
        courier: ShippoCourier,
        transaction: str,
        trouble: Trouble,
        operation: str,
    ) -> None:
        sandbox.fault("shippo", operation, trouble.kind, **trouble.params)
        done, _ = until_done(lambda attempt: courier.void(attempt, transaction), first(KEY))
        assert done
        assert len(self.asked(sandbox)) == 1

    def test_a_refund_that_was_asked_for_elsewhere_is_found(
        self, sandbox: SandboxClient, courier: ShippoCourier, transaction: str
    ) -> None:
        """Shippo may answer with the label as it was before the refund."""
        assert courier.void(first(KEY), transaction)
        sandbox.fault("shippo", "get_transaction", "malformed_after", replace={"status": "SUCCESS"})
        assert courier.void(again(first(KEY)), transaction)
        assert len(self.asked(sandbox)) == 1
