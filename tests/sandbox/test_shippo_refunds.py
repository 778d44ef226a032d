"""Voiding labels: what a carrier gives back, and what it does not."""

from datetime import timedelta

import pytest
from shippo.models import errors

from sandbox.client import SandboxClient
from tests.sandbox.shipping import Shop, components


@pytest.fixture
def shop(sandbox: SandboxClient) -> Shop:
    return Shop(sandbox)


def kinds(sandbox: SandboxClient) -> list[str]:
    return [entry.kind for entry in sandbox.ledger("shippo", order="ord_1")]


def test_an_unused_label_is_refunded_a_little_later(shop: Shop, sandbox: SandboxClient) -> None:
    label = shop.buy()
    refund = shop.sdk.refunds.create(label.object_id)
    assert refund.status is components.RefundStatus.QUEUED
    assert shop.status(label.object_id) == "REFUNDPENDING"
    sandbox.advance(1)
    assert shop.sdk.refunds.get(refund.object_id).status is components.RefundStatus.SUCCESS
    assert shop.status(label.object_id) == "REFUNDED"
    assert [found.transaction for found in shop.sdk.refunds.list().results] == [label.object_id]
    told = ["label_purchased", "track", "label_refund_requested", "label_refunded"]
    assert kinds(sandbox) == told


def test_one_label_is_refunded_once(shop: Shop, sandbox: SandboxClient) -> None:
    label = shop.buy()
    shop.sdk.refunds.create(label.object_id)
    for _ in range(2):
        with pytest.raises(errors.SDKError) as refused:
            shop.sdk.refunds.create(label.object_id)
        assert refused.value.status_code == 400
        sandbox.advance(1)
    assert kinds(sandbox).count("label_refunded") == 1


def test_a_refund_that_failed_can_be_asked_for_again(shop: Shop, sandbox: SandboxClient) -> None:
    sandbox.fault("shippo", "create_refund", "refund_error")
    label = shop.buy()
    first = shop.sdk.refunds.create(label.object_id)
    sandbox.advance(1)
    assert shop.sdk.refunds.get(first.object_id).status is components.RefundStatus.ERROR
    assert shop.status(label.object_id) == "REFUNDREJECTED"
    second = shop.sdk.refunds.create(label.object_id)
    sandbox.advance(1)
    assert shop.sdk.refunds.get(second.object_id).status is components.RefundStatus.SUCCESS


def test_a_refund_can_stay_queued(shop: Shop, sandbox: SandboxClient) -> None:
    sandbox.fault("shippo", "create_refund", "refund_stuck")
    refund = shop.sdk.refunds.create(shop.buy().object_id)
    sandbox.advance(timedelta(days=14))
    assert shop.sdk.refunds.get(refund.object_id).status is components.RefundStatus.QUEUED


@pytest.mark.parametrize("status", ["TRANSIT", "DELIVERED", "RETURNED", "FAILURE"])
def test_a_label_that_the_courier_has_scanned_is_not_refunded(
    shop: Shop, sandbox: SandboxClient, status: str
) -> None:
    label = shop.buy()
    sandbox.courier(label.tracking_number, status)
    refund = shop.sdk.refunds.create(label.object_id)
    assert refund.status is components.RefundStatus.ERROR
    assert shop.status(label.object_id) == "REFUNDREJECTED"
    assert "label_refunded" not in kinds(sandbox)


def test_a_parcel_that_leaves_before_the_decision_is_not_refunded(
    shop: Shop, sandbox: SandboxClient
) -> None:
    label = shop.buy()
    refund = shop.sdk.refunds.create(label.object_id)
    sandbox.courier(label.tracking_number, "TRANSIT")
    sandbox.advance(1)
    assert shop.sdk.refunds.get(refund.object_id).status is components.RefundStatus.ERROR
    assert kinds(sandbox)[-1] == "label_refund_refused"


def test_there_is_nothing_to_refund_of_a_label_never_made(
    shop: Shop, sandbox: SandboxClient
) -> None:
    sandbox.fault("shippo", "create_transaction", "label_stuck")
    label = shop.buy()
    assert shop.sdk.refunds.create(label.object_id).status is components.RefundStatus.ERROR
    assert shop.status(label.object_id) == "QUEUED"
    with pytest.raises(errors.SDKError) as refused:
        shop.sdk.refunds.create("0" * 32)
    assert refused.value.status_code == 400
