"""Stock, as it was promised then: what is on the shelf by now decides nothing again."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from activities.rerouting import Moved
from activities.substitution import Offers
from backoffice.backorders import BackorderBook
from backoffice.database import Database
from backoffice.moves import MoveBook
from backoffice.stock import StockBook
from backoffice.substitutions import SubstitutionBook
from domain.backorder import PlaceInLine, Promised
from domain.record import Commit
from domain.rerouting import Elsewhere, Move
from domain.routing import ANY, Free, Route
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


class RememberedMoves(MoveBook):
    """What was moved then is moved; whether it is there by now decides nothing again."""

    def __init__(self, database: Database, at: datetime, answer: object) -> None:
        """``answer`` is the call's; entries are dated ``at``."""
        super().__init__(database, lambda: at)
        self._answer = answer

    def elsewhere(self, shop: str, order: str, move: Move) -> Elsewhere:
        """What was found."""
        if not isinstance(self._answer, Elsewhere):
            raise TypeError("a look for another warehouse without an outcome")
        return self._answer

    def move(self, shop: str, move: Move, to: str, commit: Commit) -> bool:
        """What came of it."""
        if not isinstance(self._answer, Moved):
            raise TypeError("a move without an outcome")
        return self._answer.done and super().move(shop, move, to, commit)

    def _is_there(self, free: Free, warehouse: str, wants: Mapping[str, int]) -> bool:
        return True


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
