"""The demo shop takes only callbacks that are signed, and remembers each once."""

import json
import time
from collections.abc import Callable

import httpx
import pytest

from sandbox.client import SandboxClient
from tests.sandbox.shopping import callback, signed

BODY = json.dumps({"order": "ord_1", "number": 4, "type": "order.shipped"}).encode()


def post(shop: SandboxClient, headers: dict[str, str], body: bytes = BODY) -> int:
    url = f"{shop.base('shop')}/demo/callbacks"
    return httpx.post(url, content=body, headers=headers).status_code


def test_a_signed_callback_is_recorded_with_its_order_number_and_type(shop: SandboxClient) -> None:
    assert post(shop, signed(BODY, "msg_1")) == 204
    [fact] = shop.ledger("shop", kind="callback")
    assert fact.order == "ord_1"
    assert (fact.data["id"], fact.data["number"], fact.data["type"]) == (
        "msg_1",
        4,
        "order.shipped",
    )
    assert fact.data["duplicate"] is False
    assert fact.data["body"] == json.loads(BODY)


def test_the_same_callback_again_is_a_duplicate(shop: SandboxClient) -> None:
    for _ in range(3):
        assert post(shop, signed(BODY, "msg_1")) == 204
    facts = shop.ledger("shop", kind="callback")
    assert [fact.data["duplicate"] for fact in facts] == [False, True, True]
    [once] = shop.callbacks("ord_1")
    assert once["deliveries"] == 3


def test_callbacks_of_one_order_come_in_the_order_of_arrival(shop: SandboxClient) -> None:
    for message in ("b", "a", "c"):
        callback(shop, "ord_7", message)
    callback(shop, "ord_8", "d")
    assert [call["id"] for call in shop.callbacks("ord_7")] == ["b", "a", "c"]
    assert len(shop.callbacks()) == 4


def test_one_good_signature_among_several_is_enough(shop: SandboxClient) -> None:
    headers = signed(BODY, "msg_1")
    headers["webhook-signature"] = f"v1,AAAA {headers['webhook-signature']}"
    assert post(shop, headers) == 204


@pytest.mark.parametrize(
    "headers",  # made when the test runs: a long time may have passed since they were collected
    [
        dict,
        lambda: signed(BODY, "msg_1", at=int(time.time()) - 301),
        lambda: signed(BODY, "msg_1", at=int(time.time()) + 900),
        lambda: signed(BODY + b" ", "msg_1"),
        lambda: signed(BODY, "msg_1") | {"webhook-id": "msg_2"},
        lambda: signed(BODY, "msg_1") | {"webhook-timestamp": "soon"},
    ],
    ids=["unsigned", "too old", "in the future", "other body", "other id", "no time"],
)
def test_a_callback_that_is_not_signed_is_refused_and_recorded(
    shop: SandboxClient, headers: Callable[[], dict[str, str]]
) -> None:
    assert post(shop, headers()) == 401
    assert shop.callbacks() == []
    [fact] = shop.ledger("shop", kind="callback_refused")
    assert fact.order == "ord_1"
    assert fact.data["reason"]


def test_a_shop_without_a_secret_takes_nothing(sandbox: SandboxClient) -> None:
    assert post(sandbox, signed(BODY, "msg_1")) == 401
    assert "no secret" in sandbox.ledger("shop")[0].data["reason"]
