"""Stripe's balance: every movement of money, payouts, and which movements are in which payout.

Sources: Stripe, "Balance transaction types", "Reporting categories", "Payout reconciliation". Lists
run from the newest to the oldest; names never vanish from them, so a page can be asked for by the
name before or after it.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import cast

import stripe

from domain.failures import Refused
from domain.money import Money
from domain.movements import (
    Movement,
    MovementPage,
    Payout,
    PayoutPage,
    PayoutStatus,
)
from providers.stripe_calls import CONNECT_SECONDS, READ_SECONDS, StripeCalls
from providers.stripe_movement_words import STATUSES, kind_of
from providers.stripe_units import from_stripe
from providers.stripe_words import refusal

NAME = "stripe"
_PAGE = 100
_PAYMENTS = "payments"
"""Reserves, card issuing and prefunding are balances of their own, which no payout is made of."""
_COMPLETED = "completed"
_OURS, _OUR_MARK = "order", "ord_"


class StripePayouts:
    """Reads the account, on a connection of its own; it changes nothing.

    Every method raises NotDone or Refused of `domain.failures`.
    """

    name = NAME

    def __init__(
        self,
        url: str | None,
        key: str,
        timeout: tuple[float, float] = (CONNECT_SECONDS, READ_SECONDS),
    ) -> None:
        """Like `StripePayment`."""
        self._calls = StripeCalls(url, key, timeout)

    def close(self) -> None:
        """Let go of all connections."""
        self._calls.close()

    def movements(
        self, *, newer_than: str = "", older_than: str = "", since: datetime | None = None
    ) -> MovementPage:
        """Movements next to a name of the list, or the newest; those alone that are so new."""
        params: stripe.params.BalanceTransactionListParams = {}
        if since is not None:
            params["created"] = {"gte": int(since.timestamp())}
        return self._page(params, newer_than, older_than)

    def movements_of(self, payout: str, *, older_than: str = "") -> MovementPage:
        """Movements that a payout pays out, its own among them."""
        return self._page({"payout": payout}, "", older_than)

    def _page(
        self,
        params: stripe.params.BalanceTransactionListParams,
        newer_than: str,
        older_than: str,
    ) -> MovementPage:
        params = {**params, "limit": _PAGE, "expand": ["data.source"]}
        if newer_than:
            params["ending_before"] = newer_than
        if older_than:
            params["starting_after"] = older_than
        turn = self._calls.turn()
        try:
            page = turn.read(lambda options: turn.v1.balance_transactions.list(params, options))
        except stripe.InvalidRequestError as error:
            raise refusal(error) from error
        found = page.data
        return MovementPage(
            movements=tuple(_movement(one) for one in found if one.balance_type == _PAYMENTS),
            newest=found[0].id if found else "",
            oldest=found[-1].id if found else "",
            more=page.has_more,
        )

    def payouts(
        self, *, newer_than: str = "", older_than: str = "", since: datetime | None = None
    ) -> PayoutPage:
        """Payouts next to a name of the list, or the newest; those alone that are so new."""
        params: stripe.params.PayoutListParams = {"limit": _PAGE}
        if since is not None:
            params["created"] = {"gte": int(since.timestamp())}
        if newer_than:
            params["ending_before"] = newer_than
        if older_than:
            params["starting_after"] = older_than
        turn = self._calls.turn()
        try:
            page = turn.read(lambda options: turn.v1.payouts.list(params, options))
        except stripe.InvalidRequestError as error:
            raise refusal(error) from error
        found = page.data
        return PayoutPage(
            payouts=tuple(_payout(one) for one in found),
            newest=found[0].id if found else "",
            oldest=found[-1].id if found else "",
            more=page.has_more,
        )

    def balance(self) -> tuple[Money, ...]:
        """What is there by now, available or not yet, each currency by itself."""
        turn = self._calls.turn()
        try:
            found = turn.read(lambda options: turn.v1.balance.retrieve({}, options))
        except stripe.InvalidRequestError as error:
            raise refusal(error) from error
        sums: dict[str, int] = {}
        for part in (*found.available, *found.pending):
            sums[part.currency] = sums.get(part.currency, 0) + part.amount
        return tuple(_units(amount, currency) for currency, amount in sorted(sums.items()))


def _movement(one: stripe.BalanceTransaction) -> Movement:
    source: Mapping[str, object] = {}
    if isinstance(one.source, stripe.StripeObject):
        source = one.source.to_dict()
    kind = kind_of(one.type, one.reporting_category)
    money = _units(one.amount, one.currency)
    subject = str(source.get("id") or one.source or "")
    return Movement(
        provider=NAME,
        id=one.id,
        kind=kind,
        word=one.type,
        at=datetime.fromtimestamp(one.created, UTC),
        available_at=datetime.fromtimestamp(one.available_on, UTC),
        money=money,
        fee=_units(one.fee, one.currency),
        presented=_presented(one, source) if one.exchange_rate else money,
        subject=subject,
        payment=_text(source, "payment_intent"),
        mark=_mark(source),
    )


def _presented(one: stripe.BalanceTransaction, source: Mapping[str, object]) -> Money:
    """What the customer paid or got, of a movement that was exchanged on its way.

    The source says its own amount. A charge that was captured in parts has a movement for each:
    what does not come to its amount is worked back by the rate, to the nearest minor unit.
    """
    rate = one.exchange_rate or 1.0
    amount, currency = source.get("amount"), source.get("currency")
    captured = source.get("amount_captured")
    whole = captured if one.type in ("charge", "payment") else amount
    if not isinstance(whole, int) or not isinstance(currency, str):
        return _units(one.amount, one.currency)
    if abs(whole * rate - abs(one.amount)) > 1:
        whole = round(abs(one.amount) / rate)
    return _units(-whole if one.amount < 0 else whole, currency)


def _payout(one: stripe.Payout) -> Payout:
    status = STATUSES.get(one.status)
    if status is None:
        raise Refused(NAME, f"payout {one.id} is {one.status}, which nobody here knows")
    return Payout(
        provider=NAME,
        id=one.id,
        money=_units(one.amount, one.currency),
        status=status,
        created_at=datetime.fromtimestamp(one.created, UTC),
        arrives_on=datetime.fromtimestamp(one.arrival_date, UTC).date(),
        automatic=one.automatic,
        listed=one.reconciliation_status == _COMPLETED,
        reason=_reason(one) if status in (PayoutStatus.FAILED, PayoutStatus.CANCELED) else "",
    )


def _reason(one: stripe.Payout) -> str:
    return (one.failure_message or one.failure_code or one.status)[:250]


def _units(amount: int, currency: str) -> Money:
    """Raises Refused for what no money of ours can be: nothing is left out in silence."""
    try:
        return from_stripe(amount, currency)
    except ValueError as error:
        raise Refused(
            NAME, f"{amount} {currency} in the account cannot be read: {error}"
        ) from error


def _text(source: Mapping[str, object], name: str) -> str:
    found = source.get(name)
    return found if isinstance(found, str) else ""


def _mark(source: Mapping[str, object]) -> str:
    metadata = source.get("metadata")
    if not isinstance(metadata, dict):
        return ""
    found = cast("dict[str, object]", metadata).get(_OURS)
    # What other systems write there may be a customer's name: it is not kept.
    return found[:100] if isinstance(found, str) and found.startswith(_OUR_MARK) else ""
