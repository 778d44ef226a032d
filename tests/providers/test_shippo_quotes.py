"""Rates by Shippo, with addresses and customs data that carriers understand."""

from typing import Any

import httpx
import pytest
from pydantic import ValidationError
from shippo.models.components import CustomsDeclarationIncotermEnum

from domain.address import Address, Incoterm, Seller
from domain.failures import NotDone, Refused
from domain.money import Money
from domain.shipping import PlannedParcel, Portion, Quote
from domain.warehouse import CustomsLine
from providers.shippo_parcels import INCOTERMS
from providers.shippo_shipping import ShippoCourier
from providers.shippo_words import decimal_text
from sandbox.client import Json, SandboxClient
from tests.providers.attempts import GENERAL, Trouble, first, named, until_done
from tests.providers.samples import NEW_YORK, ORDER, PARCEL, SELLER, VIENNA, eur

MUGS = CustomsLine(
    line="1",
    name="Tasse aus Steinzeug – blau",
    hs_code="691200",
    origin="DE",
    quantity=3,
    value=1000,
    weight_grams=350,
)


def quotes(
    courier: ShippoCourier,
    to: Address = VIENNA,
    customs: tuple[CustomsLine, ...] = (),
    parcel: PlannedParcel = PARCEL,
) -> tuple[Quote, ...]:
    return courier.quotes(ORDER, parcel, SELLER, to, "EUR", customs)


def kept(sandbox: SandboxClient, what: str) -> list[Json]:
    """Objects as Shippo has them."""
    answer = httpx.get(
        f"{sandbox.base('shippo')}/{what}", headers={"authorization": "ShippoToken x"}
    )
    return answer.json()["results"]


def test_every_service_of_every_carrier_is_quoted(courier: ShippoCourier) -> None:
    found = quotes(courier)
    assert len({(quote.carrier, quote.service) for quote in found}) == len(found) == 5
    for quote in found:
        assert quote.parcel == PARCEL.id
        assert quote.cost.currency == "EUR"
        assert quote.cost.amount > 0
        assert quote.transit_days
        assert quote.name


def test_prices_are_exact_to_the_minor_unit(sandbox: SandboxClient, courier: ShippoCourier) -> None:
    by_rate = {quote.rate: quote.cost for quote in quotes(courier)}
    [shipment] = kept(sandbox, "shipments")
    assert {rate["object_id"]: rate["amount"] for rate in shipment["rates"]} == {
        rate: decimal_text(cost) for rate, cost in by_rate.items()
    }


@pytest.mark.parametrize(
    ("money", "text"),
    [(eur(549), "5.49"), (Money(amount=1230, currency="JPY"), "1230"), (eur(500), "5.00")],
)
def test_money_is_written_as_shippo_writes_it(money: Money, text: str) -> None:
    assert decimal_text(money) == text


def test_addresses_are_written_so_that_carriers_can_print_them(
    sandbox: SandboxClient, courier: ShippoCourier
) -> None:
    athens = Address(
        name="Ελένη Παπαδοπούλου",
        line1="Λεωφόρος Βασιλίσσης Σοφίας 123, τρίτος όροφος",
        city="Αθήνα",
        postal_code="10674",
        country="GR",
        phone="+30 210 1234567",
    )
    assert quotes(courier, athens)
    [shipment] = kept(sandbox, "shipments")
    assert shipment["metadata"] == f"{ORDER}/{PARCEL.id}"
    assert shipment["address_from"]["street1"] == "Torstraße 1"
    assert shipment["address_from"]["email"] == SELLER.email
    to = shipment["address_to"]
    assert (to["name"], to["city"], to["phone"]) == (
        "Eleni Papadopoyloy",
        "Athina",
        "+302101234567",
    )
    assert (to["street1"], to["street2"]) == ("Leoforos Vasilissis Sofias 123,", "tritos orofos")


def test_a_parcel_abroad_carries_a_declaration_for_what_lies_in_it(
    sandbox: SandboxClient, courier: ShippoCourier
) -> None:
    assert quotes(courier, NEW_YORK, (MUGS,))
    [item] = kept(sandbox, "customs/items")
    assert item["quantity"] == 2
    assert item["net_weight"] == "700"
    assert item["value_amount"] == "6.67"
    assert item["value_currency"] == "EUR"
    assert item["description"] == "Tasse aus Steinzeug - blau"
    assert (item["origin_country"], item["tariff_number"]) == ("DE", "691200")
    [declaration] = kept(sandbox, "customs/declarations")
    assert declaration["certify_signer"] == "Mugs & More"
    assert declaration["contents_type"] == "MERCHANDISE"


def test_goods_for_nothing_still_have_a_value_at_customs(
    sandbox: SandboxClient, courier: ShippoCourier
) -> None:
    assert quotes(courier, NEW_YORK, (MUGS.model_copy(update={"value": 0}),))
    assert kept(sandbox, "customs/items")[0]["value_amount"] == "0.01"


def test_without_customs_data_there_is_no_rate_across_a_customs_border(
    courier: ShippoCourier,
) -> None:
    assert quotes(courier, NEW_YORK) == ()


def test_a_parcel_that_no_carrier_takes_has_no_rate(courier: ShippoCourier) -> None:
    heavy = PlannedParcel(
        id=PARCEL.id, weight_grams=90_000, contents=(Portion(line="1", quantity=1),)
    )
    assert quotes(courier, parcel=heavy) == ()


def test_an_address_that_is_not_taken_is_refused_in_words(courier: ShippoCourier) -> None:
    nowhere = VIENNA.model_copy(update={"country": "XX"})
    with pytest.raises(Refused, match="400: country: XX"):
        quotes(courier, nowhere)


def test_rates_that_are_still_being_asked_for_are_waited_for(
    sandbox: SandboxClient, courier: ShippoCourier
) -> None:
    sandbox.fault(
        "shippo", "create_shipment", "malformed_after", replace={"status": "QUEUED", "rates": []}
    )
    with pytest.raises(NotDone, match="still") as waiting:
        quotes(courier)
    assert waiting.value.retry_after == 2.0
    assert len(quotes(courier)) == 5


@pytest.mark.parametrize(
    "strange",
    [
        {"address_from": {"country": "DE", "object_created": "soon"}},
        {"customs_declaration": "cd_1"},
        {"parcels": ["p_1"], "extra": {"dry_ice": True}},
        {"messages": [7]},
    ],
)
def test_what_the_sdk_cannot_digest_and_nobody_looks_at_does_no_harm(
    sandbox: SandboxClient, courier: ShippoCourier, strange: dict[str, Any]
) -> None:
    sandbox.fault("shippo", "create_shipment", "malformed_after", replace=strange)
    assert len(quotes(courier)) == 5


@pytest.mark.parametrize(
    ("change", "left"),
    [
        ({"amount": "5.495"}, 0),
        ({"amount": "many"}, 0),
        ({"amount": "NaN"}, 0),
        ({"currency": "XXX"}, 0),
        ({"servicelevel": {"name": "Nameless"}}, 0),
        ({"attributes": ["LUCKY"]}, 1),
        ({"estimated_days": None}, 1),
    ],
)
def test_a_rate_that_cannot_be_chosen_is_left_out(
    sandbox: SandboxClient, courier: ShippoCourier, change: dict[str, object], left: int
) -> None:
    quotes(courier)
    [shipment] = kept(sandbox, "shipments")
    rate = shipment["rates"][0] | change
    sandbox.fault("shippo", "create_shipment", "malformed_after", replace={"rates": [rate]})
    assert len(quotes(courier)) == left


@pytest.mark.parametrize("trouble", GENERAL, ids=named)
def test_rates_come_in_the_end_whatever_goes_wrong(
    sandbox: SandboxClient, courier: ShippoCourier, trouble: Trouble
) -> None:
    sandbox.fault("shippo", "create_shipment", trouble.kind, times=2, **trouble.params)
    found, failures = until_done(lambda _: quotes(courier), first(f"{ORDER}-s1:quote:1"))
    assert len(found) == 5
    # Asking twice costs nothing, so nothing that goes wrong here leaves a doubt.
    assert all(isinstance(failure, NotDone) for failure in failures)
    assert len(failures) == (0 if trouble.kind == "delay" else 2)
    if trouble.kind == "rate_limit":
        assert [one.retry_after for one in failures if isinstance(one, NotDone)] == [7.0, 7.0]


def test_a_wrong_key_is_refused_in_shippos_words(
    sandbox: SandboxClient, courier: ShippoCourier
) -> None:
    said = {"detail": "Invalid token."}
    sandbox.fault("shippo", "create_shipment", "http_error", status=401, body=said)
    with pytest.raises(Refused, match="401: Invalid token"):
        quotes(courier)


def test_a_declaration_says_who_exports_who_imports_and_who_pays_duties(
    sandbox: SandboxClient, courier: ShippoCourier
) -> None:
    seller = SELLER.model_copy(update={"eori": "DE1234567", "incoterm": Incoterm.DDP})
    to = NEW_YORK.model_copy(update={"tax_id": "12-3456789"})
    assert courier.quotes(ORDER, PARCEL, seller, to, "EUR", (MUGS,))
    [declaration] = kept(sandbox, "customs/declarations")
    assert declaration["exporter_identification"] == {"eori_number": "DE1234567"}
    assert declaration["incoterm"] == "DDP"
    assert declaration["importer_reference"] == "12-3456789"


def test_what_nobody_said_is_not_declared(sandbox: SandboxClient, courier: ShippoCourier) -> None:
    assert quotes(courier, NEW_YORK, (MUGS,))
    [declaration] = kept(sandbox, "customs/declarations")
    assert not {"incoterm", "importer_reference"} & declaration.keys()
    assert not declaration["exporter_identification"]


def test_every_incoterm_of_ours_is_one_of_shippo_s() -> None:
    assert INCOTERMS.keys() == set(Incoterm)
    assert set(INCOTERMS.values()) == set(CustomsDeclarationIncotermEnum)
    assert all(INCOTERMS[one].value == one.value for one in Incoterm)


@pytest.mark.parametrize(
    ("model", "field", "value"),
    [
        (Seller, "eori", "1234567"),
        (Seller, "eori", "DE12"),
        (Seller, "incoterm", "CIF"),
        (Address, "tax_id", "one two"),
    ],
)
def test_numbers_that_customs_cannot_read_are_refused(
    model: type[Seller | Address], field: str, value: str
) -> None:
    whole = (SELLER if model is Seller else NEW_YORK).model_dump(mode="json")
    with pytest.raises(ValidationError, match=field):
        model.model_validate(whole | {field: value})
