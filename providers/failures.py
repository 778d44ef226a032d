"""What a provider's errors mean: one table for each vendor, and nowhere else.

NotDone and UnknownOutcome speak of the call that failed: an earlier call of the same operation
may still have had its effect, and a repeated attempt looks for it first.
"""

import http.client
import socket
import urllib.error
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum

import httpx
import requests
import stripe
import urllib3.exceptions

from domain.failures import NotDone, ProviderFailure, Refused, UnknownOutcome


class Verdict(Enum):
    """What an error says about the call that met it."""

    NOT_DONE = "certainly without effect; try again"
    UNKNOWN = "it may have been done"
    REFUSED = "it will never be done as asked"


_V = Verdict

STRIPE_ERRORS: Mapping[type[stripe.StripeError], Verdict] = {
    stripe.APIError: _V.UNKNOWN,
    stripe.APIConnectionError: _V.UNKNOWN,
    stripe.IdempotencyError: _V.UNKNOWN,
    stripe.RateLimitError: _V.NOT_DONE,
    stripe.TemporarySessionExpiredError: _V.NOT_DONE,
    stripe.CardError: _V.REFUSED,
    stripe.InvalidRequestError: _V.REFUSED,
    stripe.AuthenticationError: _V.REFUSED,
    stripe.PermissionError: _V.REFUSED,
    stripe.SignatureVerificationError: _V.REFUSED,
    stripe.AlreadyCanceledError: _V.REFUSED,
    stripe.BlockedByStripeError: _V.REFUSED,
    stripe.CannotProceedError: _V.REFUSED,
    stripe.CapabilityNotEnabledError: _V.REFUSED,
    stripe.ControlledByAlternateResourceError: _V.REFUSED,
    stripe.FeatureNotEnabledError: _V.REFUSED,
    stripe.FinancialAccountNotOpenError: _V.REFUSED,
    stripe.FxQuoteNeedsRefreshError: _V.REFUSED,
    stripe.InsufficientFundsError: _V.REFUSED,
    stripe.InvalidPaymentMethodError: _V.REFUSED,
    stripe.InvalidPayoutMethodError: _V.REFUSED,
    stripe.InvalidVaultedCredentialError: _V.REFUSED,
    stripe.NotCancelableError: _V.REFUSED,
    stripe.QuotaExceededError: _V.REFUSED,
    stripe.RecipientNotNotifiableError: _V.REFUSED,
    stripe.VerificationAttemptFailedError: _V.REFUSED,
    stripe.VerificationExpiredError: _V.REFUSED,
    stripe.VerificationNotInitiatedError: _V.REFUSED,
}
"""Stripe, "Error handling". A card error is turned into a decline before it gets here."""


def of_stripe(error: stripe.StripeError, doubtful: bool) -> ProviderFailure:
    """An SDK error as a failure.

    ``doubtful`` says that some try of this call may have reached Stripe: the SDK repeats calls by
    itself and shows the last error only, which may be the harmless one. So a key that is refused
    by now says nothing about what was done before.
    """
    words = _stripe_words(error)
    verdict = STRIPE_ERRORS.get(type(error), Verdict.UNKNOWN)
    if isinstance(error, stripe.APIConnectionError):
        verdict = Verdict.NOT_DONE
    if doubtful:
        verdict = Verdict.UNKNOWN
    return _failure("stripe", verdict, words, retry_after(error.headers))


def _stripe_words(error: stripe.StripeError) -> str:
    if isinstance(error, stripe.APIConnectionError):
        cause = error.__cause__
        return (
            of_requests("stripe", cause).reason
            if isinstance(cause, requests.RequestException)
            else "no connection"
        )
    message = error.user_message or type(error).__name__
    return f"{message} (request {error.request_id})" if error.request_id else message


STATUSES: Mapping[int, Verdict] = {
    400: _V.REFUSED,
    401: _V.REFUSED,
    402: _V.REFUSED,
    403: _V.REFUSED,
    404: _V.REFUSED,
    405: _V.REFUSED,
    408: _V.UNKNOWN,
    409: _V.REFUSED,
    410: _V.REFUSED,
    413: _V.REFUSED,
    415: _V.REFUSED,
    422: _V.REFUSED,
    425: _V.NOT_DONE,
    429: _V.NOT_DONE,
    500: _V.UNKNOWN,
    502: _V.UNKNOWN,
    503: _V.UNKNOWN,
    504: _V.UNKNOWN,
}
"""HTTP answers of Shippo, SendGrid and the warehouse. A 503 may come from a proxy in between,
after the provider has acted."""


def of_status(
    provider: str, status: int, words: str, headers: Mapping[str, str] | None = None
) -> ProviderFailure:
    """An HTTP error answer as a failure; a status that is not in the table is an unknown outcome
    (or, from 400 to 499, a refusal)."""
    other = Verdict.REFUSED if 400 <= status < 500 else Verdict.UNKNOWN
    verdict = STATUSES.get(status, other)
    said = f"{status}: {words}" if words else f"answered {status}"
    return _failure(provider, verdict, said, retry_after(headers))


NEVER_SENT = (
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.ConnectTimeoutError,
    urllib3.exceptions.NameResolutionError,
)


def never_sent(error: BaseException | None) -> bool:
    """Whether a `requests` error, or what is behind it, means that no byte of it was sent."""
    while error is not None:
        if isinstance(error, (requests.ConnectTimeout, *NEVER_SENT)):
            return True
        reason: object = error.args[0] if error.args else None
        if isinstance(error, urllib3.exceptions.MaxRetryError):
            reason = error.reason
        error = reason if isinstance(reason, BaseException) else None
    return False


def of_requests(provider: str, error: requests.RequestException) -> ProviderFailure:
    """A failed exchange over `requests`. The error's own text may hold a URL: it is left out."""
    if never_sent(error):
        return NotDone(provider, "no connection could be made")
    if isinstance(error, requests.Timeout):
        return UnknownOutcome(provider, "no answer in time")
    return UnknownOutcome(provider, f"the answer was lost ({type(error).__name__})")


HTTPX_ERRORS: Mapping[type[httpx.TransportError], Verdict] = {
    httpx.ConnectError: _V.NOT_DONE,
    httpx.ConnectTimeout: _V.NOT_DONE,
    httpx.PoolTimeout: _V.NOT_DONE,
    httpx.ProxyError: _V.NOT_DONE,
    httpx.UnsupportedProtocol: _V.REFUSED,
    httpx.ReadTimeout: _V.UNKNOWN,
    httpx.WriteTimeout: _V.UNKNOWN,
    httpx.ReadError: _V.UNKNOWN,
    httpx.WriteError: _V.UNKNOWN,
    httpx.CloseError: _V.UNKNOWN,
    httpx.LocalProtocolError: _V.UNKNOWN,
    httpx.RemoteProtocolError: _V.UNKNOWN,
}


def of_httpx(provider: str, error: httpx.TransportError) -> ProviderFailure:
    """A failed exchange over httpx."""
    verdict = HTTPX_ERRORS.get(type(error), Verdict.UNKNOWN)
    words = "no connection could be made" if verdict is Verdict.NOT_DONE else "the answer was lost"
    return _failure(provider, verdict, f"{words} ({type(error).__name__})", None)


def of_urllib(provider: str, error: OSError | http.client.HTTPException) -> ProviderFailure:
    """A failed exchange over urllib: only a connection that was refused, or a name that does not
    resolve, is certainly without effect."""
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(cause, ConnectionRefusedError | socket.gaierror):
        return NotDone(provider, "no connection could be made")
    return UnknownOutcome(provider, f"the answer was lost ({type(cause).__name__})")


def retry_after(headers: Mapping[str, str] | None) -> float | None:
    """Seconds from a Retry-After header: a number, or an HTTP date (RFC 9110)."""
    if not headers:
        return None
    text = next((value for name, value in headers.items() if name.lower() == "retry-after"), "")
    try:
        return max(float(text), 0.0)
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max((moment - datetime.now(UTC)).total_seconds(), 0.0)


def _failure(provider: str, verdict: Verdict, words: str, seconds: float | None) -> ProviderFailure:
    match verdict:
        case Verdict.NOT_DONE:
            return NotDone(provider, words, seconds)
        case Verdict.UNKNOWN:
            return UnknownOutcome(provider, words)
        case Verdict.REFUSED:
            return Refused(provider, words)
