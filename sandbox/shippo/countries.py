"""What a courier knows of countries."""

_ALL = """
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR
BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ
EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW
GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY
KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV
MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY
QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG
TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM
ZW
"""
_UNION = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"
_BESIDE_THE_UNION = "CH GB GG IM IS JE LI MC NO SM VA"
_FAR_EAST = "CN HK JP KR MO SG TH TW VN MY ID PH"
_WITHOUT_POSTAL_CODE = """
AE AG AO AW BF BI BJ BO BS BW BZ CD CF CG CI CK CM DJ DM ER FJ GA GD GH GM GN GQ GY HK JM KI
KM KN KP LC LY ML MO MR MW NA NR NU PA QA RW SB SC SL SR ST SY TD TF TG TK TL TO TV UG VU WS
YE ZW
"""

ALL = frozenset(_ALL.split())
"""ISO 3166-1, two letters."""

EUROPEAN_UNION = frozenset(_UNION.split())
"""One customs territory."""

WITH_STATE = frozenset({"US", "CA", "AU"})
"""Where no label is printed without a state or province."""

WITHOUT_POSTAL_CODE = frozenset(_WITHOUT_POSTAL_CODE.split())
"""Where addresses have none."""

_NEIGHBOURS = (
    EUROPEAN_UNION | frozenset(_BESIDE_THE_UNION.split()),
    frozenset({"US", "CA", "MX", "PR"}),
    frozenset(_FAR_EAST.split()),
    frozenset({"AU", "NZ"}),
)
_CURRENCIES = {
    "US": "USD",
    "PR": "USD",
    "GB": "GBP",
    "CA": "CAD",
    "AU": "AUD",
    "NZ": "NZD",
    "JP": "JPY",
    "CH": "CHF",
    "LI": "CHF",
    "SE": "SEK",
    "DK": "DKK",
    "NO": "NOK",
    "PL": "PLN",
    "CZ": "CZK",
    "MX": "MXN",
}


def same_territory(one: str, other: str) -> bool:
    """Whether goods pass between them without a customs declaration."""
    return one == other or {one, other} <= EUROPEAN_UNION


def near(one: str, other: str) -> bool:
    """Whether both lie in the same part of the world."""
    return one == other or any({one, other} <= region for region in _NEIGHBOURS)


def currency(country: str) -> str:
    """What a courier of this country charges in; euros in the Union, else US dollars."""
    return _CURRENCIES.get(country, "EUR" if country in EUROPEAN_UNION else "USD")
