"""Money as integers: an amount in the currency's minor unit, never a float."""

from collections.abc import Sequence
from typing import Annotated, Self

from pydantic import AfterValidator, StringConstraints

from domain.model import Model


def _codes(text: str) -> frozenset[str]:
    return frozenset(text.split())


_NO_MINOR_UNIT = _codes("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF")
_THOUSANDTHS = _codes("BHD IQD JOD KWD LYD OMR TND")
_HUNDREDTHS = _codes(
    """AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD
    CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ
    GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA
    MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR
    RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD
    TWD TZS UAH USD UYU UZS VES WST XCD YER ZAR ZMW"""
)


def exponent(currency: str) -> int:
    """How many decimal places a currency's minor unit has (ISO 4217).

    Raises:
        ValueError: the code is no ISO 4217 currency that money is paid in.
    """
    if currency in _HUNDREDTHS:
        return 2
    if currency in _NO_MINOR_UNIT:
        return 0
    if currency in _THOUSANDTHS:
        return 3
    raise ValueError(f"{currency} is not an ISO 4217 currency code")


def currencies() -> frozenset[str]:
    """Every currency code that an order may be in."""
    return _HUNDREDTHS | _NO_MINOR_UNIT | _THOUSANDTHS


def _known(code: str) -> str:
    exponent(code)
    return code


Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$"), AfterValidator(_known)]
"""ISO 4217, upper case."""


class Money(Model):
    """An amount in minor units (cents for EUR, yen for JPY, fils for KWD) with its currency."""

    amount: int
    currency: Currency

    @classmethod
    def zero(cls, currency: str) -> Self:
        """Nothing, in this currency."""
        return cls(amount=0, currency=currency)

    def __add__(self, other: "Money") -> "Money":
        return Money(amount=self.amount + self._same(other), currency=self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(amount=self.amount - self._same(other), currency=self.currency)

    def _same(self, other: "Money") -> int:
        if other.currency != self.currency:
            raise ValueError(f"{other.currency} cannot be counted as {self.currency}")
        return other.amount

    def __str__(self) -> str:
        """For people: ``12.30 EUR``, ``1230 JPY``, ``1.230 KWD``."""
        places = exponent(self.currency)
        sign = "-" if self.amount < 0 else ""
        whole, part = divmod(abs(self.amount), 10**places)
        decimals = f".{part:0{places}d}" if places else ""
        return f"{sign}{whole}{decimals} {self.currency}"

    def allocate(self, weights: Sequence[int]) -> tuple["Money", ...]:
        """Split into parts in proportion to the weights, exact to the minor unit.

        The remainder goes to the largest remainders first (Hamilton's method), earlier parts
        winning a tie; weights that are all zero share evenly.

        Raises:
            ValueError: no weights, or a negative one.
        """
        if not weights or min(weights) < 0:
            raise ValueError("allocate needs at least one weight and none below zero")
        shares = list(weights) if any(weights) else [1] * len(weights)
        total = sum(shares)
        sign = -1 if self.amount < 0 else 1
        rests: list[tuple[int, int]] = []
        parts: list[int] = []
        for place, share in enumerate(shares):
            part, rest = divmod(abs(self.amount) * share, total)
            parts.append(part)
            rests.append((-rest, place))
        for _, place in sorted(rests)[: abs(self.amount) - sum(parts)]:
            parts[place] += 1
        return tuple(Money(amount=sign * part, currency=self.currency) for part in parts)
