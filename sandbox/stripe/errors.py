"""Stripe's errors: their types, codes and bodies (Stripe docs: Errors, Error codes, Declines)."""

from sandbox.core.store import Document

_DOCS = "https://stripe.com/docs/error-codes/"

DECLINES: dict[str, tuple[str, str]] = {
    "generic_decline": ("card_declined", "Your card was declined."),
    "insufficient_funds": ("card_declined", "Your card has insufficient funds."),
    "do_not_honor": ("card_declined", "Your card was declined."),
    "lost_card": ("card_declined", "Your card was declined."),
    "stolen_card": ("card_declined", "Your card was declined."),
    "fraudulent": ("card_declined", "Your card was declined."),
    "card_velocity_exceeded": (
        "card_declined",
        "Your card was declined for making repeated attempts too frequently.",
    ),
    "expired_card": ("expired_card", "Your card has expired."),
    "incorrect_cvc": ("incorrect_cvc", "Your card's security code is incorrect."),
    "processing_error": (
        "processing_error",
        "An error occurred while processing your card. Try again in a little bit.",
    ),
    "authentication_required": (
        "authentication_required",
        "Your card was declined. This transaction requires authentication.",
    ),
}
"""Decline code -> (error code, message). A code not listed is a plain `card_declined`."""


class StripeError(Exception):
    """An answer that is an error.

    `saved` says whether an Idempotency-Key keeps it: only what failed once execution had begun.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        kind: str = "invalid_request_error",
        saved: bool = True,
        **more: object,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.saved = saved
        error: Document = {"message": message, "type": kind}
        if code is not None:
            error |= {"code": code, "doc_url": _DOCS + code.replace("_", "-")}
        if param is not None:
            error["param"] = param
        self.body: Document = {"error": error | more}


def invalid(message: str, code: str | None = None, param: str | None = None) -> StripeError:
    """400 for parameters that fail validation, before anything is executed."""
    return StripeError(400, message, code=code, param=param, saved=False)


def missing(param: str) -> StripeError:
    """400 for a parameter that must be there."""
    return invalid(f"Missing required param: {param}.", "parameter_missing", param)


def unknown_id(what: str, key: str, param: str = "id", status: int = 400) -> StripeError:
    """No such object; 404 when it is the one in the path."""
    message = f"No such {what}: '{key}'"
    return StripeError(status, message, code="resource_missing", param=param, saved=False)


def unexpected_state(message: str, intent: Document) -> StripeError:
    """400 for what the intent's status does not allow; carries the intent as it is."""
    return StripeError(400, message, code="payment_intent_unexpected_state", payment_intent=intent)


def card_error(decline: str, intent: Document, method: Document, charge: str | None) -> StripeError:
    """402 as the bank's refusal, with the intent that now waits for another method."""
    code, message = DECLINES.get(decline, ("card_declined", "Your card was declined."))
    more: Document = {"payment_intent": intent, "payment_method": method}
    if charge is not None:
        more["charge"] = charge
    return StripeError(402, message, code=code, kind="card_error", decline_code=decline, **more)


def general(status: int, message: str) -> Document:
    """The body of a failure that is not about the request."""
    if status == 429:
        error = {"message": message, "type": "invalid_request_error", "code": "rate_limit"}
        return {"error": error}
    kind = "api_error" if status >= 500 else "invalid_request_error"
    return {"error": {"message": message, "type": kind}}
