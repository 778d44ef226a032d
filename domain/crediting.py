"""What a credit note takes off an invoice, in net and tax by rate, when only a part is given back.

However an invoice is credited, in whatever sequence, its credit notes never come to more than it,
at no rate, and together with the last one they come to just that.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from domain.invoicing import Credit, Invoice, IssuedInvoice, TaxTotal, invoice_for
from domain.model import Model
from domain.money import Money
from domain.order import Order, Sums
from domain.shipping import Portion


class ToCredit(Model):
    """What is to be credited: a sum, the pieces and the fee that it is for where it is for some.

    ``earlier`` are the pieces before these in the order's division; ``last`` takes all that is
    left of the invoice.
    """

    money: Money
    portions: tuple[Portion, ...] = ()
    earlier: tuple[Portion, ...] = ()
    shipping: bool = False
    last: bool = False


def left_of(invoice: Invoice, credited: Iterable[TaxTotal]) -> tuple[TaxTotal, ...]:
    """What is left of an invoice at each rate, once these are taken off it."""
    return left_at(invoice.by_rate, credited)


def left_at(rates: Iterable[TaxTotal], credited: Iterable[TaxTotal]) -> tuple[TaxTotal, ...]:
    """What is left of sums by rate, once these are taken off them."""
    left = {Decimal(one.rate): one for one in rates}
    for one in credited:
        left[Decimal(one.rate)] = _less(left[Decimal(one.rate)], one)
    return tuple(left.values())


def rest_of_invoice(left: Sequence[TaxTotal]) -> Credit:
    """All that is left of it."""
    return Credit(by_rate=tuple(one for one in left if one.gross or one.net), total=_sum(left))


def credit_for(
    order: Order, invoice: IssuedInvoice, wanted: ToCredit, credited: Iterable[TaxTotal]
) -> Credit | None:
    """What to take off an invoice of which these are credited already; None where nothing is left.

    Pieces and fee are credited at their own rates, as far as those have something left; a sum, and
    what does not fit there, at all rates in proportion to what is left at each.
    """
    whole = invoice_for(
        order, invoice.portions, invoice.part.earlier, shipping=invoice.part.shipping
    )
    left = left_of(whole, credited)
    if not sum(one.gross for one in left):
        return None
    goods = None
    if wanted.portions:
        goods = invoice_for(order, wanted.portions, wanted.earlier, shipping=False)
    fee = order.shipping if wanted.shipping else None
    own = [*(goods.lines if goods else ()), *((fee,) if fee else ())]
    exact = sum(one.gross for one in own)
    if wanted.last:
        credit = rest_of_invoice(left)
    else:
        rated = [(one.line.tax_rate, one) for one in (goods.lines if goods else ())]
        rated += [(fee.tax_rate, fee)] if fee else []
        credit = _credit(left, rated, exact or wanted.money.amount, order.currency)
    if own and _sum(own) == credit.total:
        return credit.model_copy(update={"lines": goods.lines if goods else (), "shipping": fee})
    return credit


def _credit(
    left: Sequence[TaxTotal], own: Sequence[tuple[str, Sums]], amount: int, currency: str
) -> Credit:
    """``amount`` off what is left: first at the rates of its own pieces, then everywhere."""
    wanted = {Decimal(one.rate): 0 for one in left}
    tax: dict[Decimal, int] = {}
    for rate, one in own:
        if Decimal(rate) in wanted:
            wanted[Decimal(rate)] += one.gross
            tax[Decimal(rate)] = tax.get(Decimal(rate), 0) + one.tax
    taken = {Decimal(one.rate): min(wanted[Decimal(one.rate)], one.gross) for one in left}
    rest = min(amount, sum(one.gross for one in left)) - sum(taken.values())
    weights = [one.gross - taken[Decimal(one.rate)] for one in left]
    if rest > 0 and any(weights):
        # Where a rest is at most all weights, no share exceeds its own.
        shares = Money(amount=rest, currency=currency).allocate(weights)
        for one, more in zip(left, shares, strict=True):
            taken[Decimal(one.rate)] += more.amount
    parts = [
        _off(one, taken[rate], tax.get(rate) if taken[rate] == wanted[rate] else None)
        for one in left
        if taken[rate := Decimal(one.rate)]
    ]
    return Credit(by_rate=tuple(parts), total=_sum(parts))


def _off(left: TaxTotal, gross: int, tax: int | None) -> TaxTotal:
    """A gross sum off what is left at a rate, with its own tax, or its share of what is left."""
    share = (2 * left.tax * gross + left.gross) // (2 * left.gross) if tax is None else tax
    least, most = gross - left.net, min(left.tax, gross)
    part = max(least, min(share, most))
    return TaxTotal(rate=left.rate, net=gross - part, tax=part, gross=gross)


def _less(one: TaxTotal, other: TaxTotal) -> TaxTotal:
    return TaxTotal(
        rate=one.rate,
        net=one.net - other.net,
        tax=one.tax - other.tax,
        gross=one.gross - other.gross,
    )


def _sum(parts: Iterable[Sums]) -> Sums:
    known = list(parts)
    net, tax = sum(one.net for one in known), sum(one.tax for one in known)
    return Sums(net=net, tax=tax, gross=net + tax)
