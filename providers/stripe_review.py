"""Every payment at Stripe that bears an order's mark, for reviews.

Source: Stripe, "List all PaymentIntents": by time of creation, which is exact; Search lags behind.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

import stripe

from domain.review import MoneySeen
from providers.stripe_calls import CONNECT_SECONDS, READ_SECONDS, StripeCalls
from providers.stripe_lookup import intent_page, mark
from providers.stripe_units import from_stripe

_OUR_MARK = "ord_"


class StripeReview:
    """Reads lists, on a connection of its own; it changes nothing."""

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

    def since(self, moment: datetime) -> Iterator[MoneySeen]:
        """Payments that were made since then and bear an order's mark, newest first.

        Raises:
            NotDone, Refused: the list cannot be read (further) now.
        """
        after: str | None = None
        while True:
            page = intent_page(self._calls.turn(), moment, None, after)
            for intent in page.data:
                order = mark(intent, "order") or ""
                if order.startswith(_OUR_MARK):
                    yield _seen(intent, order)
            if not page.has_more or not page.data:
                return
            after = page.data[-1].id


def _seen(intent: stripe.PaymentIntent, order: str) -> MoneySeen:
    charge = intent.latest_charge
    refunded = charge.amount_refunded if isinstance(charge, stripe.Charge) else 0
    # An authorization that was let go counts as refunded at Stripe, and was never captured.
    captured = intent.amount_received
    return MoneySeen(
        reference=intent.id,
        order=order,
        created_at=datetime.fromtimestamp(intent.created, UTC),
        held=from_stripe(intent.amount_capturable, intent.currency),
        captured=from_stripe(captured, intent.currency),
        refunded=from_stripe(min(refunded, captured), intent.currency),
    )
