"""A shop that ships, through the carrier broker's real SDK."""

from typing import Any

import requests
import shippo
from shippo.models import components as sdk_components
from shippo.models import operations as sdk_operations

from sandbox.client import SandboxClient

# The SDK's models say that nearly every field may be missing. Read as Any: the tests check what is
# really there.
components: Any = sdk_components
operations: Any = sdk_operations

HOME = {
    "name": "Mug & Co",
    "street1": "500 Market Street",
    "city": "San Francisco",
    "state": "CA",
    "zip": "94105",
    "country": "US",
    "phone": "+14155550100",
    "email": "post@shop.example",
}
CUSTOMER = {
    "name": "Ada Example",
    "street1": "12 Elm Street",
    "city": "Albany",
    "state": "NY",
    "zip": "12207",
    "country": "US",
    "phone": "+15185550100",
}
ABROAD = {
    "name": "Käthe Beispiel",
    "street1": "Lange Straße 12",
    "city": "Köln",
    "zip": "50667",
    "country": "DE",
    "phone": "+492215550100",
}
PARCEL = {
    "weight": "760",
    "mass_unit": "g",
    "length": "30",
    "width": "20",
    "height": "15",
    "distance_unit": "cm",
}
GOODS = {
    "description": "Mug",
    "quantity": 2,
    "net_weight": "700",
    "mass_unit": "g",
    "value_amount": "24.00",
    "value_currency": "USD",
    "origin_country": "US",
}


class Shop:
    """The SDK as the shop holds it, and the few calls that it makes."""

    def __init__(self, sandbox: SandboxClient, key: str = "shippo_test_key") -> None:
        self.session = requests.Session()
        self.sdk: Any = shippo.Shippo(
            api_key_header=key, server_url=sandbox.base("shippo"), client=self.session
        )

    def rated(self, to: dict[str, str] = CUSTOMER, weight: str = "760", **more: Any) -> Any:
        """A shipment of one parcel with its rates."""
        parcel = {**PARCEL, "weight": weight}
        return self.sdk.shipments.create(
            components.ShipmentCreateRequest(
                address_from=components.AddressCreateRequest(**HOME),
                address_to=components.AddressCreateRequest(**to),
                parcels=[components.ParcelCreateRequest(**parcel)],
                async_=False,
                **more,
            )
        )

    def buy(
        self,
        rate: str | None = None,
        metadata: str = "ord_1/s1/p1/1",
        file: str = "PDF_4x6",
        at_once: bool = True,
    ) -> Any:
        """A label for a rate, by default for the cheapest of a new shipment."""
        return self.sdk.transactions.create(
            components.TransactionCreateRequest(
                rate=rate or self.rated().rates[0].object_id,
                label_file_type=components.LabelFileTypeEnum(file),
                metadata=metadata,
                async_=not at_once,
            )
        )

    def declared(self) -> Any:
        """A customs declaration over one kind of goods."""
        return self.sdk.customs_declarations.create(
            components.CustomsDeclarationCreateRequest(
                certify=True,
                certify_signer="Mug & Co",
                contents_type=components.CustomsDeclarationContentsTypeEnum.MERCHANDISE,
                non_delivery_option=components.CustomsDeclarationNonDeliveryOptionEnum.RETURN,
                incoterm=components.CustomsDeclarationIncotermEnum.DAP,
                items=[components.CustomsItemCreateRequest(**GOODS)],
            )
        )

    def bought_for(self, rate: str) -> list[Any]:
        """Every label ever bought for a rate, newest first."""
        request = operations.ListTransactionsRequest(rate=rate)
        return self.sdk.transactions.list(request).results

    def status(self, transaction: str) -> str:
        """How a purchase stands."""
        return self.sdk.transactions.get(transaction).status.value
