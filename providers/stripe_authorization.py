"""Holding money at Stripe, once per operation, whatever became of earlier attempts."""

import stripe

from domain.address import Customer
from domain.attempt import Attempt
from domain.failures import Mismatch, Refused, UnknownOutcome
from domain.money import Money
from domain.payment import Authorization, AuthorizeMethod, Decline, DeclineKind
from providers.stripe_calls import StripeTurn
from providers.stripe_fence import check_not_given_up
from providers.stripe_lookup import customers_of, intent_of
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


def authorize(
    turn: StripeTurn,
    attempt: Attempt,
    order_id: str,
    money: Money,
    method: AuthorizeMethod,
    customer: Customer,
) -> Authorization | Decline:
    """Hold ``money``, or say why not.

    A repeated attempt lists what earlier ones made, and else sends the very same request under
    the same key: within a day Stripe answers it with what was done, or is still being done; after
    that it has forgotten the key, and the list alone tells.
    """

    def known() -> stripe.PaymentIntent | None:
        return _look_up(turn, attempt, order_id, method, customer)

    def known_or_given_up() -> stripe.PaymentIntent | None:
        found = known()
        if found is None:
            check_not_given_up(turn, attempt, order_id)
        return found

    try:
        intent = known() if attempt.repeated else None
        if intent is None:
            payer = method.customer or _customer(turn, attempt, order_id, customer)
            params = _params(attempt, order_id, money, method, payer)
            intent = turn.write(
                attempt.key,
                lambda options: turn.v1.payment_intents.create(params, options),
                known_or_given_up,
                attempt.repeated,
            )
    except stripe.CardError as error:
        return decline_of(error)
    except stripe.InvalidRequestError as error:
        if error.code in AMOUNT_DECLINES:
            return _beyond_limits(error)
        raise refusal(error) from error
    return _outcome(turn, attempt, money, intent)


def _look_up(
    turn: StripeTurn,
    attempt: Attempt,
    order_id: str,
    method: AuthorizeMethod,
    customer: Customer,
) -> stripe.PaymentIntent | None:
    """What this operation made at any of its attempts, whichever customer it was made for."""
    since = attempt.first_at
    payers = (
        customers_of(turn, order_id, customer.email, since)
        if method.customer is None
        else [method.customer]
    )
    for payer in payers:
        found = intent_of(turn, order_id, attempt.key, since, payer)
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


def _params(
    attempt: Attempt, order_id: str, money: Money, method: AuthorizeMethod, payer: str
) -> stripe.params.PaymentIntentCreateParams:
    try:
        units = to_stripe(money)
    except ValueError as error:
        raise Refused("stripe", str(error)) from error
    params: stripe.params.PaymentIntentCreateParams = {
        "amount": units,
        "currency": money.currency.lower(),
        "customer": payer,
        "payment_method": method.payment_method,
        "confirm": True,
        "capture_method": "manual",
        "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
        "description": f"Order {order_id}",
        "metadata": {"order": order_id, "operation": attempt.key},
        "expand": ["latest_charge"],
    }
    if method.consent is not None:
        params["setup_future_usage"] = "off_session"
    return params


def _outcome(
    turn: StripeTurn, attempt: Attempt, money: Money, intent: stripe.PaymentIntent
) -> Authorization | Decline:
    match intent.status:
        case "requires_capture":
            held = from_stripe(intent.amount_capturable, intent.currency)
            if held != money:
                raise Mismatch("stripe", f"{intent.id} holds {held}, not {money}")
            return authorization(intent)
        case "requires_action" | "requires_confirmation":
            return _give_up(turn, attempt, money, intent)
        case "succeeded" if attempt.repeated and intent.amount == to_stripe(money):
            # An earlier run of the order has captured it: the capture will find that it has.
            return Authorization(reference=intent.id, money=money)
        case "succeeded":
            raise Mismatch("stripe", f"{intent.id} was captured before it was to be")
        case "processing":
            raise UnknownOutcome("stripe", f"{intent.id} is still being processed")
        case _:
            return decline_of_intent(intent)


def _give_up(
    turn: StripeTurn, attempt: Attempt, money: Money, intent: stripe.PaymentIntent
) -> Authorization | Decline:
    """Cancel an intent that waits for a customer who is not there to pass 3-D Secure."""

    def ended() -> stripe.PaymentIntent | None:
        now = turn.read(
            lambda options: turn.v1.payment_intents.retrieve(
                intent.id, {"expand": ["latest_charge"]}, options
            )
        )
        return None if now.status == intent.status else now

    try:
        after = turn.write(
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
    return _outcome(turn, attempt, money, after)


def _beyond_limits(error: stripe.InvalidRequestError) -> Decline:
    return Decline(
        kind=DeclineKind.HARD,
        code=error.code or "",
        message="This amount cannot be paid with this method.",
    )
