"""The codec endpoint: who may read what, from which pages, and how unreadable things look."""

import base64
import json
from typing import Any

import httpx
import pytest

from backoffice.data_keys import destroy
from domain.shop import Scope
from runtime.codec import OrderCodec
from tests.api.desk import UI_URL, Desk

PLAIN = {
    "metadata": {"encoding": base64.b64encode(b"json/plain").decode()},
    "data": base64.b64encode(b'"Ana Souza"').decode(),
}


async def sealed(desk: Desk, order: str) -> dict[str, Any]:
    """What the engine keeps of a payload of this order."""
    handle = desk.engine.get_workflow_handle(order)
    history = await handle.fetch_history()
    [payload] = history.events[0].workflow_execution_started_event_attributes.input.payloads
    return {
        "metadata": {k: base64.b64encode(v).decode() for k, v in payload.metadata.items()},
        "data": base64.b64encode(payload.data).decode(),
    }


async def decoded(
    desk: Desk, *payloads: Any, key: str | None = "support", **more: Any
) -> list[Any]:
    answer = await desk.call("POST", "/codec/decode", {"payloads": list(payloads)}, key=key, **more)
    assert answer.status_code == 200, answer.text
    shown = answer.json()["payloads"]
    return [json.loads(base64.b64decode(one["data"])) for one in shown]


async def test_a_support_key_reads_its_shops_orders(desk: Desk) -> None:
    order = await desk.place()
    payload = await sealed(desk, order)
    assert "Ana" not in base64.b64decode(payload["data"]).decode(errors="replace")
    [shown, plain] = await decoded(desk, payload, PLAIN)
    assert shown["order"]["customer"]["name"]
    assert plain == "Ana Souza"


async def test_another_shops_key_reads_nothing_of_it(desk: Desk) -> None:
    payload = await sealed(desk, await desk.place())
    assert "no order of this key's shop" in (await decoded(desk, payload, key="other"))[0]


async def test_an_erased_orders_payloads_are_shown_as_a_reason(desk: Desk) -> None:
    order = await desk.place()
    payload = await sealed(desk, order)
    with desk.books.database.transaction() as connection:
        destroy(connection, order)
    assert f"{order} was erased" in (await decoded(desk, payload))[0]


async def test_a_changed_payload_is_shown_as_a_reason(desk: Desk) -> None:
    payload = await sealed(desk, await desk.place())
    changed = payload | {"data": base64.b64encode(b"x" * 60).decode()}
    assert "it was changed" in (await decoded(desk, changed))[0]


async def test_without_the_master_key_the_reason_names_it(desk: Desk) -> None:
    payload = await sealed(desk, await desk.place())
    other = OrderCodec.of(
        f"other:{base64.b64encode(bytes(range(32))).decode()}", desk.books.data_keys
    )
    assert other is not None
    desk.app.state.wiring = desk.rewired(codec=other)
    assert "master key test is not among" in (await decoded(desk, payload))[0]


async def test_what_is_typed_into_the_ui_is_encrypted_and_an_order_can_read_it(desk: Desk) -> None:
    answer = await desk.call("POST", "/codec/encode", {"payloads": [PLAIN]}, key="support")
    [payload] = answer.json()["payloads"]
    assert payload != PLAIN
    assert await decoded(desk, payload) == ["Ana Souza"]
    assert "no order of this key's shop" in (await decoded(desk, payload, key="other"))[0]


async def test_what_is_not_payloads_is_refused_with_its_field(desk: Desk) -> None:
    for body in ({"payloads": [{"data": "***"}]}, {"payloads": 1}, {"payloads": [None]}):
        answer = await desk.call("POST", "/codec/decode", body, key="support")
        assert answer.status_code == 422, body
        assert answer.json()["problems"][0]["field"].startswith("payloads")


async def preflight(desk: Desk, path: str, origin: str) -> httpx.Response:
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type,x-namespace",
    }
    return await desk.call("OPTIONS", path, headers=headers)


async def test_the_temporal_uis_pages_may_call_it_and_no_others(desk: Desk) -> None:
    open_door = await preflight(desk, "/codec/decode", UI_URL)
    assert open_door.headers["access-control-allow-origin"] == UI_URL
    assert open_door.headers["access-control-allow-credentials"] == "true"
    for path, origin in (("/codec/decode", "https://evil.example"), ("/orders", UI_URL)):
        assert "access-control-allow-origin" not in (await preflight(desk, path, origin)).headers


async def test_a_refusal_is_readable_by_the_ui_as_well(desk: Desk) -> None:
    answer = await desk.call("POST", "/codec/decode", {"payloads": []}, headers={"Origin": UI_URL})
    assert answer.status_code == 401
    assert answer.headers["access-control-allow-origin"] == UI_URL


async def signed_in(desk: Desk, key: str) -> httpx.Response:
    return await desk.call(
        "POST",
        "/codec/sign-in",
        content=f"key={key}",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )


async def test_a_sign_in_lets_the_browser_read_until_the_key_is_revoked(desk: Desk) -> None:
    payload = await sealed(desk, await desk.place())
    issued = desk.books.shops.issue_key(desk.shop, [Scope.SUPPORT], "a browser")
    answer = await signed_in(desk, issued)
    assert answer.status_code == 200
    said = answer.headers["set-cookie"]
    assert {"HttpOnly", "SameSite=strict", "Secure"} <= {one.strip() for one in said.split(";")}
    assert issued not in said
    cookie = {"Cookie": said.partition(";")[0]}
    [shown] = await decoded(desk, payload, key=None, headers=cookie)
    assert shown["order"]["customer"]
    found = desk.books.shops.key(issued)
    assert found is not None
    desk.books.shops.revoke_key(desk.shop, found.id)
    gone = await desk.call("POST", "/codec/decode", {"payloads": []}, headers=cookie)
    assert gone.status_code == 401


async def test_a_cookie_is_no_error_nobody_foresaw_while_the_keys_are_away(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = (await signed_in(desk, desk.keys["support"])).headers["set-cookie"]
    wiring = desk.rewired()
    assert wiring.codec is not None
    wiring.codec.keyring.forget("codec-sign-in")

    def nobody_answers(*_: object) -> None:
        raise ConnectionError("the table of data keys cannot be reached")

    monkeypatch.setattr("backoffice.data_keys.DataKeyBook.find", nobody_answers)
    headers = {"Cookie": said.partition(";")[0]}
    for answer in (
        await desk.call("POST", "/codec/decode", {"payloads": []}, headers=headers),
        await signed_in(desk, desk.keys["support"]),
    ):
        assert answer.status_code == 503
        assert "the table of data keys cannot be reached" in answer.json()["detail"]


async def test_only_a_support_key_signs_in_and_a_made_up_cookie_opens_nothing(desk: Desk) -> None:
    assert (await signed_in(desk, "nonsense")).status_code == 401
    assert (await signed_in(desk, desk.keys["warehouse"])).status_code == 403
    assert "set-cookie" not in (await signed_in(desk, "nonsense")).headers
    for key in ("nonsense", desk.keys["warehouse"]):
        again = (await signed_in(desk, key)).text
        assert "that key opens nothing here; it needs scope support" in again
        assert "X-API-Key" not in again
        assert "<form" in again
    for made_up in ("x", "", base64.urlsafe_b64encode(b"y" * 60).decode()):
        headers = {"Cookie": f"ordersaga_codec={made_up}"}
        answer = await desk.call("POST", "/codec/decode", {"payloads": []}, headers=headers)
        assert answer.status_code == 401


async def test_the_sign_in_page_is_there_and_loads_nothing(desk: Desk) -> None:
    page = await desk.call("GET", "/codec/sign-in")
    assert page.status_code == 200
    assert "default-src 'none'" in page.headers["content-security-policy"]


async def test_after_the_sign_in_the_way_to_the_temporal_ui_is_shown_where_it_is_known(
    desk: Desk,
) -> None:
    answer = await signed_in(desk, desk.keys["support"])
    assert "The embedded Temporal UI needs nothing more" in answer.text
    assert f'href="{UI_URL}"' in answer.text
    desk.app.state.wiring = desk.rewired(temporal_ui_url="")
    assert "href" not in (await signed_in(desk, desk.keys["support"])).text


async def test_without_encryption_everything_comes_back_as_it_was(desk: Desk) -> None:
    desk.app.state.wiring = desk.rewired(codec=None)
    for path in ("/codec/decode", "/codec/encode"):
        answer = await desk.call("POST", path, {"payloads": [PLAIN]}, key="support")
        assert answer.json() == {"payloads": [PLAIN]}
