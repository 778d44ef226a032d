"""Addresses, parcels, customs and rates, as the real SDK digests them."""

from decimal import Decimal
from typing import Any

import httpx
import pytest
from shippo.models import errors

from sandbox.client import SandboxClient
from tests.sandbox.shipping import (
    ABROAD,
    CUSTOMER,
    GOODS,
    HOME,
    PARCEL,
    Shop,
    components,
    operations,
)


@pytest.fixture
def shop(sandbox: SandboxClient) -> Shop:
    return Shop(sandbox)


def validated(shop: Shop, **changes: str) -> Any:
    request = components.AddressCreateRequest(**{**CUSTOMER, **changes}, validate=True)
    return shop.sdk.addresses.create(request).validation_results


def test_a_good_address_is_valid_and_complete(shop: Shop) -> None:
    address = shop.sdk.addresses.create(components.AddressCreateRequest(**CUSTOMER))
    assert address.is_complete
    assert address.validation_results.is_valid is None
    again = shop.sdk.addresses.validate(address.object_id)
    assert again.validation_results.is_valid is True
    assert shop.sdk.addresses.get(address.object_id).validation_results.is_valid is True


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"zip": "00000"}, "postal_code_not_found"),
        ({"zip": "SW1A 1AA"}, "invalid_postal_code"),
        ({"street1": "1 Nowhere Lane"}, "unknown_street"),
        ({"state": ""}, "street_detail_missing"),
    ],
)
def test_an_address_that_does_not_exist_is_told_with_the_reason(
    shop: Shop, changes: dict[str, str], code: str
) -> None:
    for _ in range(2):
        verdict = validated(shop, **changes)
        assert verdict.is_valid is False
        assert [message.code for message in verdict.messages] == [code]


@pytest.mark.parametrize("changes", [{"country": "XX"}, {"metadata": "m" * 101}])
def test_a_malformed_address_is_refused_by_field(shop: Shop, changes: dict[str, str]) -> None:
    with pytest.raises(errors.SDKError) as refused:
        validated(shop, **changes)
    assert refused.value.status_code == 400
    assert refused.value.raw_response.json().keys() == changes.keys()


def test_a_parcel_at_home_has_four_or_more_rates_that_are_always_the_same(shop: Shop) -> None:
    first, second = shop.rated(), shop.rated()
    shown = [
        [(rate.servicelevel.token, rate.amount, rate.currency, rate.estimated_days) for rate in of]
        for of in (first.rates, second.rates)
    ]
    assert shown[0] == shown[1]
    tokens = {rate.servicelevel.token for rate in first.rates}
    assert {"usps_ground_advantage", "usps_priority", "ups_ground"} < tokens
    assert {"USPS", "UPS", "DHL Express"} <= {rate.provider for rate in first.rates}
    assert all(rate.duration_terms and rate.object_id for rate in first.rates)
    amounts = [Decimal(rate.amount) for rate in first.rates]
    assert amounts == sorted(amounts)
    assert first.rates[0].attributes[0] is components.Attributes.CHEAPEST


def test_weight_and_distance_cost_money(shop: Shop) -> None:
    near = {**CUSTOMER, "zip": "94110", "state": "CA", "city": "San Francisco"}
    light, heavy = (Decimal(shop.rated(weight=w).rates[0].amount) for w in ("400", "9000"))
    assert light < heavy
    assert Decimal(shop.rated(near).rates[0].amount) < Decimal(shop.rated().rates[0].amount)
    customs = shop.declared().object_id
    abroad = shop.rated(ABROAD, customs_declaration=customs)
    assert Decimal(abroad.rates[0].amount) > light
    assert abroad.rates[0].currency == "USD"
    assert abroad.rates[0].currency_local == "EUR"


def test_a_carrier_does_not_offer_what_it_cannot_carry(shop: Shop) -> None:
    assert "USPS" not in {rate.provider for rate in shop.rated(weight="40000").rates}
    nobody = shop.rated(weight="90000")
    assert nobody.rates == []
    assert nobody.messages[0].code == "no_rates"


def test_rates_and_shipments_can_be_read_again(shop: Shop) -> None:
    shipment = shop.rated(metadata="ord_1/s1")
    again = shop.sdk.shipments.get(shipment.object_id)
    assert again.rates == shipment.rates
    assert again.metadata == "ord_1/s1"
    assert shop.sdk.rates.get(shipment.rates[2].object_id) == shipment.rates[2]
    listed = shop.sdk.rates.list_shipment_rates(shipment.object_id, page=2, results=2)
    assert listed.results == shipment.rates[2:4]
    assert listed.next
    assert listed.previous
    early = operations.ListShipmentsRequest(object_created_lt="2020-01-01T00:00:00Z")
    assert shop.sdk.shipments.list(early).results == []
    assert len(shop.sdk.shipments.list(operations.ListShipmentsRequest()).results) == 1


def test_rates_of_an_asynchronous_shipment_come_with_the_next_look(shop: Shop) -> None:
    request = components.ShipmentCreateRequest(
        address_from=components.AddressCreateRequest(**HOME),
        address_to=components.AddressCreateRequest(**CUSTOMER),
        parcels=[components.ParcelCreateRequest(**PARCEL)],
        async_=True,
    )
    shipment = shop.sdk.shipments.create(request)
    assert (shipment.status.value, shipment.rates) == ("QUEUED", [])
    assert len(shop.sdk.shipments.get(shipment.object_id).rates) >= 4


def test_abroad_there_are_no_rates_without_a_customs_declaration(shop: Shop) -> None:
    bare = shop.rated(ABROAD)
    assert bare.rates == []
    assert bare.messages[0].code == "customs_declaration_required"
    declaration = shop.declared()
    rated = shop.rated(ABROAD, customs_declaration=declaration.object_id)
    assert len(rated.rates) >= 4
    assert rated.customs_declaration.object_id == declaration.object_id
    item = shop.sdk.customs_items.get(declaration.items[0])
    assert (item.description, item.quantity) == ("Mug", 2)
    assert shop.sdk.customs_declarations.get(declaration.object_id).incoterm == "DAP"


def test_within_the_european_union_no_declaration_is_needed(sandbox: SandboxClient) -> None:
    paris = {
        "name": "P",
        "street1": "1 Rue A",
        "city": "Paris",
        "zip": "75001",
        "country": "FR",
    }
    body = {"address_from": ABROAD, "address_to": paris, "parcels": [PARCEL]}
    answer = post(sandbox, "shipments", body)
    assert answer.status_code == 201
    assert {rate["currency"] for rate in answer.json()["rates"]} == {"EUR"}


@pytest.mark.parametrize(
    ("path", "body", "fields"),
    [
        ("shipments", {"address_from": HOME, "address_to": CUSTOMER}, {"parcels"}),
        ("shipments", {"address_from": HOME, "parcels": [PARCEL]}, {"address_to"}),
        (
            "shipments",
            {"address_from": "gone", "address_to": CUSTOMER, "parcels": [PARCEL]},
            {"address_from"},
        ),
        ("parcels", {**PARCEL, "weight": "0"}, {"weight"}),
        ("parcels", {**PARCEL, "weight": "1.23456", "mass_unit": "st"}, {"weight", "mass_unit"}),
        ("customs/items", {**GOODS, "quantity": 0, "origin_country": "QQ"}, None),
        ("customs/declarations", {"certify": False}, None),
    ],
)
def test_malformed_requests_are_refused_by_field(
    sandbox: SandboxClient, path: str, body: object, fields: set[str] | None
) -> None:
    answer = post(sandbox, path, body)
    assert answer.status_code == 400
    expected = (
        fields
        or {
            "customs/items": {"quantity", "origin_country"},
            "customs/declarations": {
                "certify",
                "certify_signer",
                "contents_type",
                "non_delivery_option",
                "items",
            },
        }[path]
    )
    assert answer.json().keys() == expected


def test_nobody_is_served_without_a_token(sandbox: SandboxClient) -> None:
    answer = post(sandbox, "parcels", PARCEL, key=None)
    assert answer.status_code == 401
    with pytest.raises(errors.SDKError) as refused:
        Shop(sandbox, key="not a token of theirs").rated()
    assert refused.value.status_code == 401


def test_what_is_not_there_is_answered_with_404(shop: Shop) -> None:
    with pytest.raises(errors.SDKError) as missing:
        shop.sdk.shipments.get("0" * 32)
    assert missing.value.status_code == 404


def post(
    sandbox: SandboxClient, path: str, body: object, key: str | None = "ShippoToken shippo_test_x"
) -> httpx.Response:
    headers = {} if key is None else {"authorization": key}
    return httpx.post(f"{sandbox.base('shippo')}/{path}", json=body, headers=headers)
