"""What is held of an order's money, and what each of its shipments has taken of it."""

from dataclasses import dataclass

from domain.money import Money
from domain.payment import Authorization


@dataclass(frozen=True)
class Taking:
    """What was captured for a shipment, and of which hold."""

    reference: str
    money: Money


class Purse:
    """One hold at a time. A provider that captures once lets go of what a capture leaves."""

    def __init__(self) -> None:
        """Nothing is held yet."""
        self.authorization: Authorization | None = None
        self._used: Money | None = None
        self._spent = False
        self._takings: dict[str, Taking] = {}
        self._given: dict[str, Money] = {}

    @property
    def held(self) -> bool:
        """Whether there is a hold, or was until it lapsed, of which more can be taken."""
        return self.authorization is not None and not self._spent

    @property
    def spent(self) -> bool:
        """Whether the last capture has ended the hold."""
        return self._spent

    @property
    def reference(self) -> str | None:
        """The provider's name for what is, or was last, held."""
        return None if self.authorization is None else self.authorization.reference

    @property
    def used(self) -> Money | None:
        """What was taken of the hold by now; None where nothing was."""
        return self._used

    @property
    def gave_back(self) -> bool:
        """Whether anything of what was taken was given back, or is promised."""
        return bool(self._given)

    def at_most(self, money: Money) -> Money:
        """As much of this as is left of the hold."""
        hold = self.authorization
        if hold is None:
            return money
        left = hold.money if self._used is None else hold.money - self._used
        return money if money.amount <= left.amount else left

    def beyond(self, money: Money) -> Money | None:
        """What the hold has left once this was taken of it; None where nothing."""
        hold, used = self.authorization, self._used
        if hold is None:
            return None
        left = hold.money - money if used is None else hold.money - used - money
        return left if left.amount > 0 else None

    def hold(self, authorization: Authorization) -> Authorization | None:
        """A new hold takes the old one's place; answers the old one, if it is to be let go of."""
        before = self.authorization if self.held else None
        self.authorization = authorization
        self._used, self._spent = None, False
        return before

    def put_back(self, authorization: Authorization) -> Authorization | None:
        """An earlier hold takes its place again; answers the one that had taken it."""
        return self.hold(authorization)

    def keep(self, authorization: Authorization) -> None:
        """It was not let go of after all."""
        self.authorization = authorization

    def let_go(self) -> Authorization | None:
        """Nothing is held any more; answers what was."""
        before = self.authorization if self.held else None
        self.authorization = None
        return before

    def ends_with(self, rest: Money) -> bool:
        """Whether the next capture is the hold's last, where ``rest`` is to be taken later."""
        several = self.authorization is not None and self.authorization.multicapture
        return not (several and rest.amount)

    def take(self, shipment: str, money: Money, *, last: bool) -> None:
        """A shipment's capture, once.

        Raises:
            ValueError: it was captured already, nothing is held, or less than that.
        """
        hold = self.authorization
        if shipment in self._takings:
            raise ValueError(f"{shipment} was captured already")
        if hold is None or self._spent:
            raise ValueError(f"nothing is held for {shipment}")
        used = money if self._used is None else self._used + money
        if used.amount > hold.money.amount:
            raise ValueError(f"{used} of {hold.money} would be taken")
        self._used, self._spent = used, last
        self._takings[shipment] = Taking(hold.reference, money)

    def taken(self, shipment: str) -> Taking | None:
        """What was taken for a shipment; None where nothing was, or all of it is given back."""
        left = self.left(shipment)
        return self._takings[shipment] if left is not None and left.amount else None

    def taking(self, shipment: str) -> Taking:
        """What was taken for a shipment, whatever was given back of it. Raises KeyError."""
        return self._takings[shipment]

    def left(self, shipment: str) -> Money | None:
        """What was taken for a shipment and not given back; None where nothing was taken."""
        taking = self._takings.get(shipment)
        if taking is None:
            return None
        given = self._given.get(shipment)
        return taking.money if given is None else taking.money - given

    def give_back(self, shipment: str, money: Money) -> None:
        """A part of a shipment's capture, or all of it, is given back: before it is asked for.

        Raises:
            ValueError: nothing is to be given back, or more than is left.
        """
        left = self.left(shipment)
        if left is None or not 0 < money.amount <= left.amount:
            raise ValueError(f"{money} cannot be given back of {left} for {shipment}")
        given = self._given.get(shipment)
        self._given[shipment] = money if given is None else given + money

    def put_right(self, shipment: str, asked: Money, given: Money) -> None:
        """The provider gives back less than was asked of it, to its last unit."""
        self._given[shipment] += given - asked
