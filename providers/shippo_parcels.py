"""What Shippo is told of a parcel: where from, where to, how heavy, and what customs want."""

from shippo.models.components import (
    AddressCreateRequest,
    CustomsDeclarationContentsTypeEnum,
    CustomsDeclarationCreateRequest,
    CustomsDeclarationEelPfcEnum,
    CustomsDeclarationIncotermEnum,
    CustomsDeclarationNonDeliveryOptionEnum,
    CustomsExporterIdentification,
    CustomsItemCreateRequest,
    DistanceUnitEnum,
    ParcelCreateRequest,
    ShipmentCreateRequest,
    WeightUnitEnum,
)

from domain.address import Address, Incoterm, Seller
from domain.money import Money
from domain.shipping import PlannedParcel
from domain.warehouse import CustomsLine
from providers.carrier_text import NAME, carrier_address, carrier_text
from providers.shippo_words import decimal_text

_DESCRIPTION = 50
"""Characters of a customs description that every carrier prints."""
_TARIFF = 12

INCOTERMS = {
    Incoterm.DDP: CustomsDeclarationIncotermEnum.DDP,
    Incoterm.DDU: CustomsDeclarationIncotermEnum.DDU,
    Incoterm.FCA: CustomsDeclarationIncotermEnum.FCA,
    Incoterm.DAP: CustomsDeclarationIncotermEnum.DAP,
    Incoterm.EDAP: CustomsDeclarationIncotermEnum.E_DAP,
}
"""Our words for who pays duties, and Shippo's."""


def shipment_request(
    order_id: str,
    parcel: PlannedParcel,
    box_mm: tuple[int, int, int],
    sender: Seller,
    to: Address,
    currency: str,
    customs: tuple[CustomsLine, ...],
) -> ShipmentCreateRequest:
    """A request for rates for one parcel; it asks for an answer with the rates in it."""
    remark = f"{order_id}/{parcel.id}"
    return ShipmentCreateRequest(
        address_from=_address(sender.address, to.country, sender.email),
        address_to=_address(to, sender.address.country, None),
        parcels=[_parcel(parcel, box_mm, remark)],
        metadata=remark,
        customs_declaration=_declaration(parcel, sender, to, currency, customs),
        async_=False,
    )


def _address(address: Address, other_country: str, email: str | None) -> AddressCreateRequest:
    printed = carrier_address(address, other_country)
    return AddressCreateRequest(
        name=printed.name,
        company=printed.company or None,
        street1=printed.street1,
        street2=printed.street2 or None,
        street3=printed.street3 or None,
        city=printed.city,
        state=printed.state or None,
        zip=printed.zip or None,
        country=printed.country,
        phone=printed.phone or None,
        email=email,
    )


def _parcel(
    parcel: PlannedParcel, box_mm: tuple[int, int, int], remark: str
) -> ParcelCreateRequest:
    length, width, height = parcel.size_mm or box_mm
    return ParcelCreateRequest(
        weight=str(parcel.weight_grams),
        mass_unit=WeightUnitEnum.G,
        length=str(length),
        width=str(width),
        height=str(height),
        distance_unit=DistanceUnitEnum.MM,
        metadata=remark,
    )


def _declaration(
    parcel: PlannedParcel,
    sender: Seller,
    to: Address,
    currency: str,
    customs: tuple[CustomsLine, ...],
) -> CustomsDeclarationCreateRequest | None:
    """The declaration for what lies in this parcel; None within a customs territory."""
    lines = {line.line: line for line in customs}
    items = [
        _item(lines[portion.line], portion.quantity, currency)
        for portion in parcel.contents
        if portion.line in lines
    ]
    if not items:
        return None
    return CustomsDeclarationCreateRequest(
        contents_type=CustomsDeclarationContentsTypeEnum.MERCHANDISE,
        non_delivery_option=CustomsDeclarationNonDeliveryOptionEnum.RETURN,
        certify=True,
        certify_signer=carrier_text(sender.name, NAME, or_else="Sender", plain=True),
        eel_pfc=_export_clause(sender.address.country, to.country),
        items=items,
        incoterm=None if sender.incoterm is None else INCOTERMS[sender.incoterm],
        exporter_identification=(
            CustomsExporterIdentification(eori_number=sender.eori) if sender.eori else None
        ),
        importer_reference=to.tax_id or None,
    )


def _item(line: CustomsLine, quantity: int, currency: str) -> CustomsItemCreateRequest:
    """Weight and value are those of all pieces together, as Shippo wants them."""
    share = Money(amount=line.value, currency=currency).allocate(
        (quantity, max(line.quantity - quantity, 0))
    )[0]
    return CustomsItemCreateRequest(
        description=carrier_text(line.name, _DESCRIPTION, or_else=line.hs_code, plain=True),
        quantity=quantity,
        net_weight=str(line.weight_grams * quantity),
        mass_unit=WeightUnitEnum.G,
        # Free goods have a value at customs too; nothing below the smallest coin can be declared.
        value_amount=decimal_text(Money(amount=max(share.amount, 1), currency=currency)),
        value_currency=currency,
        origin_country=line.origin,
        tariff_number=line.hs_code[:_TARIFF],
        hs_code=line.hs_code,
    )


def _export_clause(origin: str, destination: str) -> CustomsDeclarationEelPfcEnum | None:
    """The US Census Bureau's exemption from electronic export filing (15 CFR 30.36, 30.37(a))."""
    if origin != "US":
        return None
    if destination == "CA":
        return CustomsDeclarationEelPfcEnum.NOEEI_30_36
    return CustomsDeclarationEelPfcEnum.NOEEI_30_37_A
