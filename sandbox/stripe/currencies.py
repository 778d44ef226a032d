"""What Stripe charges in which currency (Stripe docs: Supported currencies, Minor units)."""

from sandbox.stripe.errors import invalid


def _codes(text: str) -> frozenset[str]:
    return frozenset(text.split())


ZERO_DECIMAL = _codes("bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf")
THREE_DECIMAL = _codes("bhd jod kwd omr tnd")
WHOLE_UNITS_ONLY = frozenset({"isk", "ugx"})
"""Written with two decimals for old times' sake, which must be 00."""
TWO_DECIMAL = _codes(
    """usd aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bmd bnd bob brl bsd bwp byn
    bzd cad cdf chf cny cop crc cve czk dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gtq gyd
    hkd hnl htg huf idr ils inr jmd kes kgs khr kyd kzt lak lbp lkr lrd lsl mad mdl mkd mmk mnt
    mop mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd pab pen pgk php pkr pln qar ron rsd rub
    sar sbd scr sek sgd shp sle sos srd std szl thb tjs top try ttd twd tzs uah uyu uzs wst xcd
    yer zar zmw"""
)
SUPPORTED = ZERO_DECIMAL | THREE_DECIMAL | WHOLE_UNITS_ONLY | TWO_DECIMAL
MINIMUM = {
    "usd": 50, "aed": 200, "aud": 50, "bgn": 100, "brl": 50, "cad": 50, "chf": 50, "czk": 1500,
    "dkk": 250, "eur": 50, "gbp": 30, "hkd": 400, "huf": 17500, "inr": 50, "jpy": 50,
    "mxn": 1000, "myr": 200, "nok": 300, "nzd": 50, "pln": 200, "ron": 200, "sek": 300,
    "sgd": 50, "thb": 1000,
}  # fmt: skip
"""Least charge in minor units; other currencies are measured against 0.50 USD, not here."""
MAXIMUM = 99_999_999


def check_currency(code: str) -> str:
    """The currency in lower case. Raises StripeError for one that Stripe does not charge in."""
    lower = code.lower()
    if lower not in SUPPORTED:
        raise invalid(f"Invalid currency: {lower}. Stripe does not support it.", param="currency")
    return lower


def check_units(amount: int, currency: str, param: str = "amount") -> None:
    """Refuse fractions that the currency's card networks do not have."""
    if currency in THREE_DECIMAL and amount % 10:
        raise invalid(
            f"Invalid amount: {currency} has three decimals, the last of which must be 0.",
            param=param,
        )
    if currency in WHOLE_UNITS_ONLY and amount % 100:
        raise invalid(
            f"Invalid amount: {currency} cannot be charged in fractions; its two decimals are 00.",
            param=param,
        )


def check_charge(amount: int, currency: str) -> None:
    """Refuse an amount (minor units) that no charge can have."""
    if amount < 1:
        raise invalid("Invalid positive integer", "parameter_invalid_integer", "amount")
    if amount > MAXIMUM:
        raise invalid(
            f"Amount must be no more than {MAXIMUM} in minor units.", "amount_too_large", "amount"
        )
    check_units(amount, currency)
    least = MINIMUM.get(currency, 1)
    if amount < least:
        raise invalid(
            f"Amount must be at least {least} {currency} in minor units.",
            "amount_too_small",
            "amount",
        )
