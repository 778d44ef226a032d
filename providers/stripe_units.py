"""Between our minor units (ISO 4217) and the units that Stripe counts in.

Source of every rule: Stripe, "Supported currencies" (zero-decimal currencies, special cases,
minimum and maximum charge amounts). Where Stripe and ISO 4217 disagree, it is named here.
"""

from domain.money import Money, exponent


def _codes(text: str) -> frozenset[str]:
    return frozenset(text.split())


_NO_DECIMALS = _codes("BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF")
"""Stripe counts whole units. Of MGA it does so although ISO 4217 has two decimals."""

_WRITTEN_WITH_HUNDREDTHS = _codes("ISK UGX")
"""ISO 4217 has no decimals; Stripe wants two, which are always 00 (special cases)."""

_LAST_DIGIT_ZERO = _codes("BHD JOD KWD OMR TND")
"""Three decimals, the last of which must be 0: card networks carry two."""

_TWO_DECIMALS = _codes(
    """AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BWP BYN BZD CAD
    CDF CHF CNY COP CRC CVE CZK DKK DOP DZD EGP ETB EUR FJD FKP GBP GEL GIP GMD GTQ GYD HKD HNL HTG
    HUF IDR ILS INR JMD KES KGS KHR KYD KZT LAK LBP LKR LRD LSL MAD MDL MKD MMK MNT MOP MUR MVR MWK
    MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SEK SGD
    SHP SLE SOS SRD SZL THB TJS TOP TRY TTD TWD TZS UAH USD UYU UZS WST XCD YER ZAR ZMW"""
)
SUPPORTED = _NO_DECIMALS | _WRITTEN_WITH_HUNDREDTHS | _LAST_DIGIT_ZERO | _TWO_DECIMALS
"""Currencies that Stripe charges in (presentment currencies)."""

MINIMUM = {
    "AED": 200, "ARS": 50, "AUD": 50, "BGN": 100, "BRL": 50, "CAD": 50, "CHF": 50, "COP": 50,
    "CZK": 1500, "DKK": 250, "EUR": 50, "GBP": 30, "HKD": 400, "HUF": 17_500, "IDR": 50,
    "ILS": 50, "INR": 50, "JPY": 50, "KRW": 50, "MXN": 1000, "MYR": 200, "NOK": 300, "NZD": 50,
    "PHP": 50, "PLN": 200, "RON": 200, "RUB": 50, "SEK": 300, "SGD": 50, "THB": 1000, "USD": 50,
    "ZAR": 50,
}  # fmt: skip
"""Least charge in Stripe's units, where the account settles in the same currency. For any other
it is one that converts to the settlement currency's minimum, which only Stripe can tell."""

MAXIMUM = 999_999_999_999
"""Most that a card payment can be: 12 digits in Stripe's units. A card network may stop earlier,
which is a decline when it does."""

_STEP = 10
_HUNDRED = 100


def to_stripe(money: Money) -> int:
    """The amount in Stripe's units: 500 for 5 ISK or 5.00 EUR, 5 for 5 JPY or 5.00 MGA.

    Raises:
        ValueError: Stripe does not charge in this currency, or cannot express the amount.
    """
    code = money.currency
    if code not in SUPPORTED:
        raise ValueError(f"Stripe does not charge in {code}")
    if code in _WRITTEN_WITH_HUNDREDTHS:
        return money.amount * _HUNDRED
    if code in _NO_DECIMALS:
        units, rest = divmod(money.amount, 10 ** exponent(code))
        if rest:
            raise ValueError(f"Stripe charges whole {code} only, not {money}")
        return units
    if code in _LAST_DIGIT_ZERO and money.amount % _STEP:
        raise ValueError(f"Stripe charges {code} with a last digit of 0 only, not {money}")
    return money.amount


def chargeable(money: Money) -> Money:
    """The most that Stripe can charge of an amount: 12.340 of 12.345 KWD, 5.00 of 5.40 MGA."""
    code = money.currency
    step = 1
    if code in _LAST_DIGIT_ZERO:
        step = _STEP
    elif code in _NO_DECIMALS:
        step = 10 ** exponent(code)
    return Money(amount=money.amount - money.amount % step, currency=code)


def problem_with_refund(money: Money) -> str | None:
    """Why Stripe could not give this back to its last unit, in words; None if it could."""
    whole = chargeable(money)
    if money.currency not in SUPPORTED or whole == money:
        return None
    return f"Stripe gives back {whole} or less of {money}, but no part of its last unit"


def from_stripe(amount: int, currency: str) -> Money:
    """An amount in Stripe's units, with its currency in lower or upper case, as Money.

    Raises:
        ValueError: the amount is a fraction that the currency does not have.
    """
    code = currency.upper()
    if code in _WRITTEN_WITH_HUNDREDTHS:
        whole, rest = divmod(amount, _HUNDRED)
        if rest:
            raise ValueError(f"{amount} is no whole amount of {code}")
        return Money(amount=whole, currency=code)
    if code in _NO_DECIMALS:
        return Money(amount=amount * 10 ** exponent(code), currency=code)
    return Money(amount=amount, currency=code)


def problem_with(money: Money) -> str | None:
    """Why Stripe could not charge this, in words for whoever sent the order; None if it could."""
    try:
        units = to_stripe(money)
    except ValueError as error:
        return str(error)
    least = MINIMUM.get(money.currency) or _smallest(money.currency)
    if units < least:
        return f"Stripe charges {from_stripe(least, money.currency)} at least, not {money}"
    if units > MAXIMUM:
        return f"Stripe charges amounts of 12 digits at most, not {money}"
    return None


def _smallest(code: str) -> int:
    if code in _WRITTEN_WITH_HUNDREDTHS:
        return _HUNDRED
    return _STEP if code in _LAST_DIGIT_ZERO else 1
