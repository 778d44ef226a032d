"""Every live label at Shippo that bears a label id of ours, for reviews.

Source: Shippo, "Transactions": lists go by page, newest first, and hold the metadata.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

from shippo.models.components import Transaction
from shippo.models.operations import ListTransactionsRequest

from domain.review import LabelSeen
from providers.shippo_calls import CONNECT_SECONDS, READ_SECONDS, ShippoCalls
from providers.shippo_words import Fate, fate

_PAGE = 100
_OUR_MARK = "ord_"


class ShippoReview:
    """Reads lists, on a connection of its own; it changes nothing."""

    def __init__(
        self,
        url: str | None,
        key: str,
        timeout: tuple[float, float] = (CONNECT_SECONDS, READ_SECONDS),
    ) -> None:
        """Like `ShippoCourier`."""
        self._calls = ShippoCalls(url, key, timeout)

    def close(self) -> None:
        """Let go of all connections."""
        self._calls.close()

    def since(self, moment: datetime) -> Iterator[LabelSeen]:
        """Live labels that were bought since then and bear a label id of ours, newest first.

        Raises:
            NotDone, Refused: the list cannot be read (further) now.
        """
        number = 1
        while True:
            request = ListTransactionsRequest(page=number, results=_PAGE)
            page = self._calls.read(lambda asked=request: self._calls.sdk.transactions.list(asked))
            results = page.results or []
            for transaction in results:
                seen = _seen(transaction)
                if seen is not None and seen.created_at >= moment:
                    yield seen
            older = all(_created(one) < moment for one in results)
            if older or not page.next:
                return
            number += 1


def _seen(transaction: Transaction) -> LabelSeen | None:
    order, _, label = (transaction.metadata or "").partition("/")
    live = fate(transaction) is Fate.LIVE
    if not live or not order.startswith(_OUR_MARK) or not label.startswith(f"{order}-"):
        return None
    return LabelSeen(
        transaction=transaction.object_id or "",
        order=order,
        label=label,
        tracking_number=transaction.tracking_number or "",
        created_at=_created(transaction),
    )


def _created(transaction: Transaction) -> datetime:
    return transaction.object_created or datetime.max.replace(tzinfo=UTC)
