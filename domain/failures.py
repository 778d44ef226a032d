"""How a call to the outside can fail. A decline is no failure: it is an outcome."""


class ProviderFailure(Exception):
    """A provider did not do what was asked; the message says which and why, without secrets."""

    def __init__(self, provider: str, reason: str) -> None:
        """Name the provider (``stripe``) and say what happened in words for an operator."""
        super().__init__(f"{provider}: {reason}")
        self.provider = provider
        self.reason = reason


class NotDone(ProviderFailure):
    """Certainly without effect (429, connection refused): try again, later if it says when."""

    def __init__(self, provider: str, reason: str, retry_after: float | None = None) -> None:
        """``retry_after`` is in seconds, as the provider's Retry-After header gave it."""
        super().__init__(provider, reason)
        self.retry_after = retry_after


class BeingMade(NotDone):
    """What was asked for is being made, and nobody knows how long that takes: ask again."""


class UnknownOutcome(ProviderFailure):
    """It may have been done (time-out, 5xx, answer lost): look it up before anything else."""


class Refused(ProviderFailure):
    """The provider will never do this as asked: our request or our settings are wrong."""


class Disputed(Refused):
    """Nothing is given back of a payment that the customer's bank has taken, or may take, back."""


class Mismatch(ProviderFailure):
    """What the provider holds is not what the order says; a person must look at it."""
