"""A fence: the keys of an authorization in doubt are occupied, so that it cannot come any more.

Under one idempotency key Stripe acts on one request, ever. An intent that asks no bank for
anything, created under the very key of the authorization, either is that request - then no try of
the authorization that is still on its way will hold money - or is answered that another one was.

Source: Stripe, "Idempotent requests".
"""

import stripe

from domain.attempt import Attempt
from domain.failures import Refused
from domain.payment import InDoubt
from providers.stripe_calls import StoredFailure, StripeTurn, with_follow_ups
from providers.stripe_lookup import FENCE, intents_of, mark
from providers.stripe_units import to_stripe
from providers.stripe_words import AMOUNT_DECLINES, refusal


def occupy(turn: StripeTurn, order_id: str, in_doubt: InDoubt) -> int:
    """Occupy the first key of the authorization that nothing was done under; how many came before.

    The intent that occupies it bears the order's mark, and is found and canceled with its others.
    Authorizing goes on to a follow-up key only where it finds neither its outcome nor a fence
    under the one before. After a day Stripe may have forgotten what was done under a key: then it
    looks unused, and the order's intents alone tell.

    Raises:
        UnknownOutcome: a try at authorizing is being worked on at this moment.
    """
    try:
        params = _params(order_id, in_doubt)
    except ValueError:  # an amount that Stripe has no units for: nothing was ever sent
        return 0
    used = 0
    for key in with_follow_ups(in_doubt.key):
        try:
            turn.once(key, lambda options: turn.v1.payment_intents.create(params, options))
        except StoredFailure:
            used += 1
        except stripe.InvalidRequestError as error:
            if error.code in AMOUNT_DECLINES:  # as it refuses the authorization itself
                return used
            raise refusal(error) from error
        else:
            return used
    return used


def check_not_given_up(turn: StripeTurn, attempt: Attempt, order_id: str) -> None:
    """Go no further where the key of an authorization turned out to be occupied by a fence.

    Raises:
        Refused: the order was let go of while this try was held up.
    """
    for intent in intents_of(turn, order_id, attempt.first_at):
        if mark(intent, FENCE) is not None and mark(intent, "operation") == attempt.key:
            raise Refused("stripe", f"{attempt.key} was given up: the order lets go of its money")


def _params(order_id: str, in_doubt: InDoubt) -> stripe.params.PaymentIntentCreateParams:
    return {
        "amount": to_stripe(in_doubt.money),
        "currency": in_doubt.money.currency.lower(),
        "capture_method": "manual",
        "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
        "description": f"Order {order_id}: not to be paid",
        "metadata": {"order": order_id, "operation": in_doubt.key, FENCE: "yes"},
    }
