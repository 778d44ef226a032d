"""Holding money at Stripe, once per operation, whatever became of earlier attempts."""

from collections.abc import Callable

import stripe

from domain.address import Customer
from domain.attempt import Attempt
from domain.failures import Mismatch, Refused, UnknownOutcome
from domain.money import Money
from domain.payment import (
    Authorization,
    AuthorizeMethod,
    ConfirmationNeeded,
    Decline,
    DeclineKind,
    Payer,
)
from providers.stripe_calls import StripeTurn
from providers.stripe_fence import check_not_given_up
from providers.stripe_lookup import customers_of, intent_of, mark, retrieve
from providers.stripe_units import from_stripe, to_stripe
from providers.stripe_words import (
    ABANDONED,
    AMOUNT_DECLINES,
    authorization,
    decline_of,
    decline_of_intent,
    refusal,
)

_NAME_LENGTH = 250
_USED_UP = "It may not be used again"
"""What Stripe says of a method that was taken off file: no code and no parameter go with it."""


def authorize(
    turn: StripeTurn,
    attempt: Attempt,
    order_id: str,
    money: Money,
    method: AuthorizeMethod,
    payer: Payer,
    *,
    parts: bool = False,
) -> Authorization | Decline | ConfirmationNeeded:
    """Hold ``money``, or say why not, or that the customer has to confirm it first.

    A repeated attempt lists what earlier ones made, and else sends the very same request under
    the same key: within a day Stripe answers it with what was done, or is still being done; after
    that it has forgotten the key, and the list alone tells.
    """

    def known() -> stripe.PaymentIntent | None:
        return _look_up(turn, attempt, order_id, method, payer.customer)

    def params() -> stripe.params.PaymentIntentCreateParams:
        account = method.customer or _customer(turn, attempt, order_id, payer.customer)
        wanted = params_of(attempt, order_id, money, method.payment_method, account)
        if method.consent is not None:
            wanted["setup_future_usage"] = "off_session"
        if payer.waits and payer.back_to:
            wanted["return_url"] = payer.back_to
        return in_parts(wanted) if parts else wanted

    intent = hold(turn, attempt, order_id, params, known)
    if isinstance(intent, Decline):
        return intent
    if intent.status == "requires_action" and not payer.waits:
        intent = _give_up(turn, attempt, intent)
    return outcome_of(money, intent, attempt.repeated)


def hold(
    turn: StripeTurn,
    attempt: Attempt,
    order_id: str,
    params: Callable[[], stripe.params.PaymentIntentCreateParams],
    known: Callable[[], stripe.PaymentIntent | None],
) -> stripe.PaymentIntent | Decline:
    """The intent that an operation makes, once; ``known`` is what it made at an earlier attempt."""

    def known_or_given_up() -> stripe.PaymentIntent | None:
        found = known()
        if found is None:
            check_not_given_up(turn, attempt, order_id)
        return found

    try:
        intent = known() if attempt.repeated else None
        if intent is None:
            wanted = params()
            intent = turn.write(
                attempt.key,
                lambda options: turn.v1.payment_intents.create(wanted, options),
                known_or_given_up,
                attempt.repeated,
            )
    except stripe.CardError as error:
        return decline_of(error)
    except stripe.InvalidRequestError as error:
        if error.code in AMOUNT_DECLINES:
            return _beyond_limits(error)
        if _USED_UP in str(error):
            return _method_gone()
        raise refusal(error) from error
    return intent


def look(
    turn: StripeTurn, order_id: str, reference: str, money: Money
) -> Authorization | Decline | ConfirmationNeeded:
    """What an intent that waited for the customer has come to.

    Raises:
        Mismatch: it is another order's, or holds another amount.
    """
    intent = retrieve(turn, reference)
    if mark(intent, "order") != order_id:
        raise Mismatch("stripe", f"{reference} does not bear the mark of {order_id}")
    return outcome_of(money, intent)


def _look_up(
    turn: StripeTurn,
    attempt: Attempt,
    order_id: str,
    method: AuthorizeMethod,
    customer: Customer,
) -> stripe.PaymentIntent | None:
    """What this operation made at any of its attempts, whichever customer it was made for."""
    since = attempt.first_at
    accounts = (
        customers_of(turn, order_id, customer.email, since)
        if method.customer is None
        else [method.customer]
    )
    for account in accounts:
        found = intent_of(turn, order_id, attempt.key, since, account)
        if found is not None:
            return found
    return None


def _customer(turn: StripeTurn, attempt: Attempt, order_id: str, customer: Customer) -> str:
    """A customer of the order's own: methods are kept with it, and its intents can be listed."""
    params: stripe.params.CustomerCreateParams = {
        "name": customer.name[:_NAME_LENGTH],
        "email": customer.email,
        "metadata": {"order": order_id, "operation": attempt.key},
    }
    made = turn.write(
        f"{attempt.key}:customer",
        lambda options: turn.v1.customers.create(params, options),
        # A second customer holds no money and costs nothing: no need to look for the first.
        known=lambda: None,
        repeated=True,
    )
    return made.id


def params_of(
    attempt: Attempt, order_id: str, money: Money, method: str, account: str
) -> stripe.params.PaymentIntentCreateParams:
    """What every hold is asked with: confirmed at once, captured by hand, marked as the order's.

    Raises:
        Refused: Stripe has no units for this amount.
    """
    try:
        units = to_stripe(money)
    except ValueError as error:
        raise Refused("stripe", str(error)) from error
    return {
        "amount": units,
        "currency": money.currency.lower(),
        "customer": account,
        "payment_method": method,
        "confirm": True,
        "capture_method": "manual",
        "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
        "description": f"Order {order_id}",
        "metadata": {"order": order_id, "operation": attempt.key},
        "expand": ["latest_charge"],
    }


def in_parts(
    params: stripe.params.PaymentIntentCreateParams,
) -> stripe.params.PaymentIntentCreateParams:
    """The same, to be captured in several parts where card and account allow it.

    Source: Stripe, "Capture a payment multiple times".
    """
    params["payment_method_options"] = {"card": {"request_multicapture": "if_available"}}
    return params


def outcome_of(
    money: Money, intent: stripe.PaymentIntent, repeated: bool = False
) -> Authorization | Decline | ConfirmationNeeded:
    """What an intent that was to hold ``money`` has come to.

    One that a ``repeated`` attempt finds captured was captured by an earlier run of the order: the
    capture will find that it was.

    Raises:
        Mismatch: it holds another amount, or was captured.
        UnknownOutcome: the bank has not said yet.
    """
    match intent.status:
        case "requires_capture":
            # A repeated attempt may find that a part was captured since.
            held = from_stripe(intent.amount_capturable + intent.amount_received, intent.currency)
            if held != money:
                raise Mismatch("stripe", f"{intent.id} holds {held}, not {money}")
            return authorization(intent)
        case "requires_action":
            return ConfirmationNeeded(reference=intent.id, url=_bank_page(intent))
        case "succeeded" if repeated and intent.amount == to_stripe(money):
            return Authorization(reference=intent.id, money=money)
        case "succeeded":
            raise Mismatch("stripe", f"{intent.id} was captured before it was to be")
        case "processing":
            raise UnknownOutcome("stripe", f"{intent.id} is still being processed")
        case _:
            return decline_of_intent(intent)


def _bank_page(intent: stripe.PaymentIntent) -> str:
    action = intent.next_action
    redirect = None if action is None else getattr(action, "redirect_to_url", None)
    return "" if redirect is None else str(redirect.url or "")


def _give_up(
    turn: StripeTurn, attempt: Attempt, intent: stripe.PaymentIntent
) -> stripe.PaymentIntent:
    """Cancel an intent that waits for a customer who is not there to pass 3-D Secure."""

    def ended() -> stripe.PaymentIntent | None:
        now = turn.read(
            lambda options: turn.v1.payment_intents.retrieve(
                intent.id, {"expand": ["latest_charge"]}, options
            )
        )
        return None if now.status == intent.status else now

    try:
        return turn.write(
            f"{attempt.key}:give-up",
            lambda options: turn.v1.payment_intents.cancel(
                intent.id, {"cancellation_reason": ABANDONED}, options
            ),
            ended,
            attempt.repeated,
        )
    except (stripe.CardError, stripe.InvalidRequestError) as error:
        after = ended()
        if after is None:
            raise refusal(error) from error
        return after


def _beyond_limits(error: stripe.InvalidRequestError) -> Decline:
    return Decline(
        kind=DeclineKind.HARD,
        code=error.code or "",
        message="This amount cannot be paid with this method.",
    )


def _method_gone() -> Decline:
    """The customer took the method off file, say."""
    return Decline(
        kind=DeclineKind.CARD,
        code="payment_method_unusable",
        message="This payment method cannot be used any more.",
    )
