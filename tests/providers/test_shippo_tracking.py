"""Looking up where a parcel is, for when webhooks stay away."""

import pytest

from domain.failures import NotDone
from domain.shipping import Label, LabelFormat
from domain.tracking import CourierStatus
from providers.shippo_events import STATUSES, SUBSTATUSES
from providers.shippo_shipping import ShippoCourier
from sandbox.client import SandboxClient
from tests.providers.attempts import GENERAL, Trouble, first, named, until_done
from tests.providers.samples import LABEL, ORDER, PARCEL, SELLER, VIENNA

KEY = f"{ORDER}-s1:buy_labels:1"


@pytest.fixture
def label(courier: ShippoCourier) -> Label:
    def buy() -> Label:
        quote = courier.quotes(ORDER, PARCEL, SELLER, VIENNA, "EUR", ())[0]
        label = courier.buy(first(KEY), LABEL, quote, LabelFormat.PNG)
        assert isinstance(label, Label)
        return label

    return until_done(lambda _: buy(), first(KEY))[0]


WORDS = {(word, ""): status for word, status in STATUSES.items()} | dict(SUBSTATUSES)


@pytest.mark.parametrize("word", list(WORDS), ids="/".join)
def test_the_last_word_of_the_courier_is_told(
    sandbox: SandboxClient, courier: ShippoCourier, label: Label, word: tuple[str, str]
) -> None:
    (coarse, fine), status = word, WORDS[word]
    sandbox.courier(label.tracking_number, coarse, **({"substatus": fine} if fine else {}))
    event = courier.track(label.carrier, label.tracking_number)
    assert event is not None
    assert (event.tracking_number, event.status) == (label.tracking_number, status)
    assert event.at.utcoffset() is not None
    assert event == courier.track(label.carrier, label.tracking_number)


def test_every_status_of_ours_is_some_word_of_the_couriers() -> None:
    assert set(WORDS.values()) == set(CourierStatus)


def test_a_parcel_that_nobody_knows_has_no_event(courier: ShippoCourier) -> None:
    assert courier.track("DHL Germany", "00340000000000000000") is None


def test_shippos_own_test_parcels_are_where_their_number_says(courier: ShippoCourier) -> None:
    event = courier.track("shippo", "SHIPPO_DELIVERED")
    assert event is not None
    assert event.status is CourierStatus.DELIVERED


@pytest.mark.parametrize("trouble", GENERAL, ids=named)
def test_a_look_up_that_fails_is_simply_made_again(
    sandbox: SandboxClient, courier: ShippoCourier, label: Label, trouble: Trouble
) -> None:
    sandbox.fault("shippo", "get_track", trouble.kind, times=4, **trouble.params)
    event, failures = until_done(
        lambda _: courier.track(label.carrier, label.tracking_number), first(KEY)
    )
    assert event is not None
    assert all(isinstance(failure, NotDone) for failure in failures)
