"""What all inbound webhooks have in common: a refusal that says why, and times in UTC."""

from datetime import UTC, datetime


class WebhookRefused(Exception):
    """A webhook that is not what it should be. Nothing of it may be stored or acted upon.

    ``authentic`` is False where it may come from anybody (answer 401), True where the provider
    sent something that cannot be read (answer 422). ``reason`` holds nothing of the body.
    """

    def __init__(self, provider: str, reason: str, authentic: bool = False) -> None:
        super().__init__(f"{provider} webhook: {reason}")
        self.provider = provider
        self.reason = reason
        self.authentic = authentic


def from_epoch(seconds: float) -> datetime:
    """A Unix time as an aware UTC datetime. Raises ValueError for one that is no date."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError) as error:
        raise ValueError(f"{seconds} is no time") from error


def utc_now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)
