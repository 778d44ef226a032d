"""The business names things: always the same, never telling."""

from hypothesis import given
from hypothesis import strategies as st

from domain import ids

NAMES = st.text(min_size=1, max_size=40).filter(lambda text: "\x00" not in text)


@given(NAMES, NAMES, NAMES)
def test_the_same_order_always_has_the_same_opaque_id(shop: str, channel: str, number: str) -> None:
    first = ids.order_id(shop, channel, number)
    assert first == ids.order_id(shop, channel, number)
    assert first.startswith("ord_")
    assert first[4:].isalnum()
    assert first.isascii()


def test_a_telephone_order_s_number_does_not_show_in_its_id() -> None:
    assert "miller" not in ids.order_id("s", "telephone", "Mrs Miller")


def test_shop_channel_and_number_are_never_mixed_up() -> None:
    assert ids.order_id("a", "bc", "d") != ids.order_id("ab", "c", "d")


def test_parts_know_their_order() -> None:
    order = ids.order_id("s", "c", "1")
    parcel = ids.parcel_id(ids.shipment_id(order, 2), 3)
    assert ids.order_of(parcel) == order
    assert ids.order_of(ids.case_id(order, 1)) == order


def test_an_idempotency_key_names_order_operation_and_sequence() -> None:
    assert ids.idempotency_key("ord_x", "capture", 2) == "ord_x:capture:2"
