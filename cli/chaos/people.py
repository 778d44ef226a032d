"""Customers as shops meet them: names and addresses in many scripts, at home and abroad."""

from random import Random
from typing import Any

Json = dict[str, Any]

_NAMES = (
    "Jürgen Groß",
    "Zoë O’Neill-Ångström",
    "佐藤 花子",
    "Мария Ивановна Кузнецова",
    "محمد بن عبد الله",
    "שרה כהן",
    "สมชาย ใจดี",
    "Nguyễn Thị Minh Khai",
    "Ольга 🎁 Петрова",
    "<b>Bobby</b>'); DROP TABLE orders;--",
    "Ana  María \t de la Cruz",
    'Ωmega & Söhne "Quoted" GmbH',
    "👩‍👩‍👧‍👦 Familie Ünlü",
    "i",
    "Wolfeschlegelsteinhausenbergerdorff " * 6,
    "김민준",
    "#set text(red) $x^2$ *Typst*",
)
_STREETS = (
    "Schloßstraße 3",
    "18 rue de la Forêt",
    "神宮前1-2-3",
    "улица Ленина, дом 5, квартира 17",
    "شارع الملك فهد ١٢",
    "Calle de la Constitución 1812, Escalera B, 3º Izquierda, Puerta 4, Buzón azul",
    "Flat ½, 221b Baker St. 🏠",
    "Kungsgatan 1\\2",
    "%s %d {0} ${HOME}",
)
_TOWNS: tuple[tuple[str, str, str, str], ...] = (
    ("DE", "Dresden", "", "01067"),
    ("DE", "München", "", "80331"),
    ("FR", "Orléans", "", "45000"),
    ("AT", "Wien", "", "1010"),
    ("NL", "’s-Hertogenbosch", "", "5211 AB"),
    ("GB", "London", "", "NW1 6XE"),
    ("CH", "Zürich", "", "8001"),
    ("US", "Portland", "OR", "97201"),
    ("JP", "渋谷区", "東京都", "150-0001"),
)
HOME = "DE"
_LANGUAGES = ("en", "de", "fr", "ja", "ar", "")


def customer(rng: Random, number: str) -> tuple[Json, Json]:
    """Somebody, and an address where parcels reach them; abroad one time in three."""
    home = rng.random() < 0.66
    towns = [town for town in _TOWNS if (town[0] == HOME) == home]
    country, city, region, postal_code = rng.choice(towns)
    name = rng.choice(_NAMES)[:250]
    address: Json = {
        "name": name,
        "company": rng.choice(("", "", "Tante Emma 雑貨店")),
        "line1": rng.choice(_STREETS),
        "line2": rng.choice(("", "", "bei Müller, 2. OG", "受付 🛎")),
        "city": city,
        "region": region,
        "postal_code": postal_code,
        "country": country,
        "phone": "+49 351 5550100" if country == HOME else "+1 503 5550100",
    }
    person = {
        "name": name,
        "email": f"customer-{number}@mail.example",
        "language": rng.choice(_LANGUAGES),
    }
    return person, address
