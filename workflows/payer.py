"""The customer, as far as an order hears of them while it waits for its money."""

from domain.payment import AuthorizeMethod


class Payer:
    """The customer, as far as the order hears of them while it waits for its money."""

    def __init__(self) -> None:
        """Nothing was heard."""
        self.offer: AuthorizeMethod | None = None
        self.wanted = False
        self.too_late = False
        self.hinted = False
        self.review_hinted = False

    def hint(self) -> None:
        """The provider has news, whatever it says."""
        self.hinted = self.review_hinted = True
