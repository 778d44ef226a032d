"""Which payment provider an order's money is at: by card at one, by transfer at another."""

from dataclasses import dataclass

from domain.failures import Refused
from domain.payment import PaymentWay
from providers.bank_calls import BANK
from workers.activities import PaysAndGivesBack


@dataclass(frozen=True)
class PaymentWays:
    """The payment providers of this installation; None where one is not set up."""

    card: PaysAndGivesBack
    transfer: PaysAndGivesBack | None = None

    def __call__(self, way: PaymentWay) -> PaysAndGivesBack:
        """The provider for one way.

        Raises:
            Refused: it is not set up.
        """
        match way:
            case PaymentWay.CARD:
                return self.card
            case PaymentWay.TRANSFER if self.transfer is not None:
                return self.transfer
            case PaymentWay.TRANSFER:
                raise Refused(BANK, "no bank is set up: see ORDERSAGA_BANK_URL")
