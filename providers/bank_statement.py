"""What the bank's statement says of money that was sent back (docs/bank.md)."""

from pydantic import AwareDatetime, BaseModel, Field

from domain.money import Currency, Money
from domain.movements import Movement, MovementKind

BANK = "bank"
REFUND = "refund"
"""The purpose of a transfer that gives back what was settled for goods."""
_WORD_LENGTH = 100


class _Entry(BaseModel):
    id: str = Field(min_length=1, max_length=100)
    position: int = Field(ge=1)
    booking: str
    amount: int = Field(gt=0)
    currency: Currency
    operation: str
    purpose: str = Field(max_length=_WORD_LENGTH)
    reference: str = ""
    sent_at: AwareDatetime

    def told(self) -> tuple[int, Movement]:
        """With its position. A refund is known by our operation, anything else by its booking."""
        money = Money(amount=-self.amount, currency=self.currency)
        refund = self.purpose == REFUND
        return self.position, Movement(
            provider=BANK,
            id=self.id,
            kind=MovementKind.REFUND if refund else MovementKind.SENT_BACK,
            word=self.purpose,
            at=self.sent_at,
            money=money,
            fee=Money.zero(self.currency),
            presented=money,
            subject=self.operation if refund else self.booking,
            payment=self.reference,
        )


class Entries(BaseModel):
    """Transfers that went out, in the order of their positions."""

    transfers: tuple[_Entry, ...]

    def told(self) -> tuple[tuple[int, Movement], ...]:
        """As movements of the account."""
        return tuple(one.told() for one in self.transfers)
