"""What a payment provider thinks of a payment: a hint at fraud, and what a review there came to."""

from enum import StrEnum

from domain.model import Model


class RiskLevel(StrEnum):
    """How risky the provider's own model finds a payment."""

    UNKNOWN = "unknown"
    NORMAL = "normal"
    ELEVATED = "elevated"
    HIGHEST = "highest"


class ProviderReview(StrEnum):
    """A review by people at the provider. One that ended without a decision counts as none."""

    NONE = "none"
    OPEN = "open"
    APPROVED = "approved"
    REJECTED = "rejected"


class Assessment(Model):
    """The provider's word on one payment."""

    risk: RiskLevel = RiskLevel.UNKNOWN
    review: ProviderReview = ProviderReview.NONE

    @property
    def risky(self) -> bool:
        """Whether the provider's model warns of the payment, and no person there approved it."""
        warned = self.risk in (RiskLevel.ELEVATED, RiskLevel.HIGHEST)
        return warned and self.review is not ProviderReview.APPROVED

    @property
    def disputed_by_people(self) -> bool:
        """Whether people at the provider have not approved what they look at, or have looked at."""
        return self.review in (ProviderReview.OPEN, ProviderReview.REJECTED)
