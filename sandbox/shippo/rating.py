"""What each carrier asks for a parcel: the same answer for the same parcel, always."""

import hashlib
from dataclasses import dataclass
from decimal import Decimal

from sandbox.core.store import Document
from sandbox.shippo.countries import currency, near, same_territory

_EXPONENTS = {"JPY": 0}
# Units of each currency for one US dollar; only for showing an amount in the other country's.
_PER_DOLLAR = {
    "USD": Decimal(1),
    "EUR": Decimal("0.90"),
    "GBP": Decimal("0.80"),
    "CAD": Decimal("1.40"),
    "AUD": Decimal("1.50"),
    "NZD": Decimal("1.70"),
    "JPY": Decimal(150),
    "CHF": Decimal("0.90"),
    "SEK": Decimal(10),
    "DKK": Decimal("6.80"),
    "NOK": Decimal("10.50"),
    "PLN": Decimal(4),
    "CZK": Decimal(23),
    "MXN": Decimal(18),
}


@dataclass(frozen=True)
class Service:
    """A carrier's product. Prices in minor units of the sender's currency, before distance."""

    carrier: str
    token: str
    name: str
    days: int
    base: int
    per_half_kilogram: int
    limit_grams: int

    @property
    def provider(self) -> str:
        """The carrier's name as Shippo shows it."""
        return CARRIERS[self.carrier]

    @property
    def account(self) -> str:
        """The object id of the carrier account that the rate comes from."""
        return hashlib.sha256(self.carrier.encode()).hexdigest()[:32]


CARRIERS = {
    "usps": "USPS",
    "ups": "UPS",
    "dhl_express": "DHL Express",
    "royal_mail": "Royal Mail",
    "dpd_uk": "DPD UK",
    "dhl_germany": "DHL Germany",
    "dpd_de": "DPD DE",
}
"""Tracking token of a carrier -> the name it goes by."""

_US_HOME = (
    Service("usps", "usps_ground_advantage", "Ground Advantage", 5, 450, 60, 31_750),
    Service("usps", "usps_priority", "Priority Mail", 2, 890, 95, 31_750),
    Service("ups", "ups_ground", "Ground", 3, 980, 70, 68_000),
    Service("ups", "ups_next_day_air_saver", "Next Day Air Saver", 1, 3200, 310, 68_000),
    Service("dhl_express", "dhl_express_domestic_express_doc", "Domestic", 1, 3900, 350, 70_000),
)
_US_ABROAD = (
    Service(
        "usps",
        "usps_first_class_package_international_service",
        "First-Class Package International",
        14,
        1590,
        420,
        2_000,
    ),
    Service(
        "usps",
        "usps_priority_mail_international",
        "Priority Mail International",
        8,
        3900,
        390,
        31_750,
    ),
    Service("ups", "ups_standard", "Standard", 6, 4600, 410, 68_000),
    Service("ups", "ups_saver", "Worldwide Saver", 3, 7100, 640, 68_000),
    Service("dhl_express", "dhl_express_worldwide", "Express Worldwide", 2, 7600, 690, 70_000),
)
_GB_HOME = (
    Service("royal_mail", "royal_mail_48", "Royal Mail 48", 3, 365, 55, 20_000),
    Service("royal_mail", "royal_mail_24", "Royal Mail 24", 1, 480, 70, 20_000),
    Service("dpd_uk", "dpd_uk_next_day", "Next Day", 1, 690, 40, 30_000),
    Service("ups", "ups_standard", "Standard", 2, 840, 45, 68_000),
    Service("dhl_express", "dhl_express_express_12_00_nondoc", "12:00", 1, 1900, 150, 70_000),
)
_GB_ABROAD = (
    Service(
        "royal_mail",
        "royal_mail_intl_bus_parcels_tracked_country_priced",
        "International Tracked",
        7,
        1150,
        290,
        2_000,
    ),
    Service("dpd_uk", "dpd_uk_classic", "Classic", 5, 1690, 210, 30_000),
    Service("ups", "ups_standard", "Standard", 4, 1990, 230, 68_000),
    Service("ups", "ups_saver", "Worldwide Saver", 2, 3900, 420, 68_000),
    Service("dhl_express", "dhl_express_worldwide", "Express Worldwide", 2, 4200, 460, 70_000),
)
_HOME = (
    Service("dhl_germany", "dhl_germany_paket", "Paket", 2, 549, 45, 31_500),
    Service("dpd_de", "dpd_de_classic", "Classic", 2, 499, 50, 31_500),
    Service("dhl_germany", "dhl_germany_paket_connect", "Paket Connect", 5, 389, 40, 20_000),
    Service("ups", "ups_standard", "Standard", 2, 690, 55, 68_000),
    Service("ups", "ups_express", "Express", 1, 1890, 140, 68_000),
    Service("dhl_express", "dhl_express_express_12_00_nondoc", "12:00", 1, 2290, 160, 70_000),
)
_ABROAD = (
    Service(
        "dhl_germany",
        "dhl_germany_paket_international",
        "Paket International",
        9,
        1290,
        240,
        31_500,
    ),
    Service("dpd_de", "dpd_de_classic", "Classic", 4, 1390, 180, 31_500),
    Service("ups", "ups_standard", "Standard", 4, 1790, 210, 68_000),
    Service("ups", "ups_saver", "Worldwide Saver", 2, 3690, 390, 68_000),
    Service("dhl_express", "dhl_express_worldwide", "Express Worldwide", 2, 3990, 430, 70_000),
)


def services(origin: str, destination: str) -> tuple[Service, ...]:
    """What carriers offer between two countries."""
    home = origin == destination
    if origin == "US":
        return _US_HOME if home else _US_ABROAD
    if origin == "GB":
        return _GB_HOME if home else _GB_ABROAD
    return _HOME if home else _ABROAD


def zone(origin: Document, destination: Document) -> int:
    """How far it is: 1 to 8 at home, by the postal codes' first character; 9 near, 10 far."""
    if origin["country"] == destination["country"]:
        first, second = ((address["zip"] or "0")[0].upper() for address in (origin, destination))
        return 1 + min(abs(ord(first) - ord(second)), 7)
    return 9 if near(origin["country"], destination["country"]) else 10


def price(service: Service, grams: int, distance: int) -> int:
    """Minor units of the sender's currency: a base, and each half kilogram begun."""
    halves = -(-grams // 500)
    percent = {9: 100, 10: 145}.get(distance, 100 + 5 * (distance - 1))
    return (service.base + service.per_half_kilogram * halves) * percent // 100


def days(service: Service, distance: int) -> int:
    """Working days on the way; slow services take longer over a distance."""
    slow = service.days >= 3
    return service.days + (2 if distance == 10 else 1 if 5 <= distance <= 8 else 0) * slow


def decimal(minor: int, code: str) -> str:
    """An amount as Shippo writes it: 1234 USD -> 12.34, 1234 JPY -> 1234."""
    digits = _EXPONENTS.get(code, 2)
    return f"{Decimal(minor).scaleb(-digits):.{digits}f}"


def exchanged(minor: int, one: str, other: str) -> str:
    """An amount in the other country's currency, at the sandbox's own unchanging rate."""
    amount = Decimal(decimal(minor, one)) * _PER_DOLLAR[other] / _PER_DOLLAR[one]
    return f"{amount:.{_EXPONENTS.get(other, 2)}f}"


def quote(origin: Document, destination: Document, grams: int) -> list[Document]:
    """Rates without identity, cheapest first, with Shippo's CHEAPEST, FASTEST and BESTVALUE."""
    distance = zone(origin, destination)
    paid, local = currency(origin["country"]), currency(destination["country"])
    factor = 150 if paid == "JPY" else 100
    quotes: list[Document] = []
    for service in services(origin["country"], destination["country"]):
        if grams > service.limit_grams:
            continue
        minor = price(service, grams, distance) * factor // 100
        quotes.append(_rate(service, minor, days(service, distance), paid, local, distance))
    quotes.sort(key=lambda rate: (rate["amount_minor"], rate["estimated_days"]))
    if quotes:
        fastest = min(quotes, key=lambda rate: rate["estimated_days"])
        value = min(quotes, key=lambda rate: rate["amount_minor"] * rate["estimated_days"])
        quotes[0]["attributes"].append("CHEAPEST")
        fastest["attributes"].append("FASTEST")
        value["attributes"].append("BESTVALUE")
    return quotes


def needs_customs(origin: Document, destination: Document) -> bool:
    """Whether the parcel crosses a customs border."""
    return not same_territory(origin["country"], destination["country"])


def _rate(
    service: Service, minor: int, in_days: int, paid: str, local: str, distance: int
) -> Document:
    plural = "s" if in_days > 1 else ""
    return {
        "amount": decimal(minor, paid),
        "amount_minor": minor,
        "currency": paid,
        "amount_local": exchanged(minor, paid, local),
        "currency_local": local,
        "attributes": [],
        "provider": service.provider,
        "carrier": service.carrier,
        "carrier_account": service.account,
        "servicelevel": {
            "name": service.name,
            "token": service.token,
            "terms": "",
            "extended_token": service.token,
            "parent_servicelevel": None,
        },
        "estimated_days": in_days,
        "duration_terms": f"Delivered within {in_days} working day{plural}.",
        "arrives_by": None,
        "zone": str(distance),
        "messages": [],
    }
