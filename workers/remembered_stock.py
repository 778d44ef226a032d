"""Stock, as it was promised then: what is on the shelf by now decides nothing again."""

from collections.abc import Sequence
from datetime import datetime

from activities.substitution import Offers
from backoffice.backorders import BackorderBook
from backoffice.database import Database
from backoffice.stock import StockBook
from backoffice.substitutions import SubstitutionBook
from domain.backorder import PlaceInLine, Promised
from domain.record import Commit
from domain.routing import ANY, Route
from domain.stock import MAIN, Want, Wanted
from domain.substitution import Offer


class RememberedStock(StockBook):
    """Reserves where that was answered, and nothing where it was not."""

    def __init__(self, database: Database, at: datetime, answer: object) -> None:
        """``answer`` is the call's; entries are dated ``at``."""
        super().__init__(database, lambda: at)
        self._line = RememberedLine(database, at, answer)

    def reserve(
        self,
        shop: str,
        wants: tuple[Want, ...],
        key: str,
        commit: Commit,
        route: Route = ANY,
    ) -> Promised:
        """What came of it."""
        place = PlaceInLine(since=self._clock(), firm_from=self._clock())
        return self._line.reserve_or_leave(shop, wants, key, commit, place, route)


class RememberedLine(BackorderBook):
    """Who stood in line stands there again, and who was served is served."""

    def __init__(self, database: Database, at: datetime, answer: object) -> None:
        """``answer`` is the call's; entries are dated ``at``."""
        super().__init__(database, lambda: at)
        self._answer = answer

    def reserve_or_wait(
        self,
        shop: str,
        wants: tuple[Want, ...],
        key: str,
        commit: Commit,
        place: PlaceInLine,
        route: Route = ANY,
        shipment: str | None = None,
    ) -> Promised:
        """What came of it."""
        if not isinstance(self._answer, Promised):
            raise TypeError("a reservation without an outcome")
        return self.bring_back(shop, wants, key, commit, place, self._answer, route)

    reserve_or_leave = reserve_or_wait

    def reserve_what_is_there(
        self,
        shop: str,
        lines: tuple[Wanted, ...],
        keys: tuple[str, str],
        commit: Commit,
        place: PlaceInLine | None,
        *,
        whole_lines: bool,
        route: Route = ANY,
    ) -> Promised:
        """What came of it."""
        if not isinstance(self._answer, Promised):
            raise TypeError("a reservation without an outcome")
        return self.bring_back_part(shop, lines, keys, commit, place, self._answer, route)


class RememberedOffers(SubstitutionBook):
    """Offers what was offered then, behind the same links."""

    def __init__(self, database: Database, at: datetime, answer: object) -> None:
        """``answer`` is the call's; entries are dated ``at``."""
        super().__init__(database, lambda: at)
        self._answer = answer

    def offer(
        self,
        shop: str,
        choices: Sequence[Sequence[Offer]],
        commit: Commit,
        warehouse: str = MAIN,
    ) -> tuple[Offer, ...]:
        """What came of it."""
        if not isinstance(self._answer, Offers):
            raise TypeError("an offer without an outcome")
        return super().offer(shop, [[one] for one in self._answer.offers], commit, warehouse)
