"""One try at a provider call: what a provider needs to know to do it exactly once."""

from datetime import datetime

from domain.model import Model


class Attempt(Model):
    """The idempotency key, when it was first tried, and the how-manieth try this is.

    A repeated attempt may have had its effect before: look it up, or replay the key while the
    provider still keeps it, before anything is done again.
    """

    key: str
    first_at: datetime
    number: int = 1

    @property
    def repeated(self) -> bool:
        """Whether an earlier try may have had an effect."""
        return self.number > 1
