"""Letting go of held money at Stripe, also where nobody heard whether any is held.

Source: Stripe, "Cancel a PaymentIntent", "Idempotent requests".
"""

import stripe

from domain.attempt import Attempt
from domain.failures import Mismatch, UnknownOutcome
from domain.payment import Authorization, InDoubt
from providers.stripe_calls import StripeTurn
from providers.stripe_fence import occupy
from providers.stripe_lookup import intents_of, is_outcome, mark, retrieve
from providers.stripe_units import from_stripe
from providers.stripe_words import refusal, was_held


def void(
    turn: StripeTurn,
    attempt: Attempt,
    order_id: str,
    reference: str | None,
    in_doubt: InDoubt | None,
    taken: int = 0,
) -> Authorization | None:
    """Let go of what is held under ``reference``, else of everything held for the order.

    ``taken`` units of it were captured, and stay so. What was let go of before an authorization
    that is in doubt is not counted as its own.

    A look that finds nothing is believed only when nothing can come after it: the keys of the
    authorization are occupied before the look, and whoever used one of them has left a trace.
    """
    used = 0
    if reference is not None:
        intents = [retrieve(turn, reference)]
    else:
        used = 0 if in_doubt is None else occupy(turn, order_id, in_doubt)
        intents = intents_of(turn, order_id, attempt.first_at)
        if in_doubt is not None and taken:
            # The order's other intents have paid for what has shipped.
            intents, taken = [one for one in intents if mark(one, "operation") == in_doubt.key], 0
    let_go = [
        (intent, _let_go(turn, attempt, intent, taken))
        for intent in sorted(intents, key=lambda one: one.status == "succeeded")
        if in_doubt is None or intent.status != "canceled" or is_outcome(intent, in_doubt.key)
    ]
    if in_doubt is not None and not in_doubt.settled:
        traces = sum(is_outcome(intent, in_doubt.key) for intent in intents)
        if traces < used:
            raise UnknownOutcome("stripe", f"{in_doubt.key} was sent and has no outcome yet")
    held = [(intent, units) for intent, units in let_go if units]
    if not held:
        return None
    intent, _ = held[0]
    money = from_stripe(sum(units for _, units in held), intent.currency)
    return Authorization(reference=intent.id, money=money)


def _let_go(turn: StripeTurn, attempt: Attempt, intent: stripe.PaymentIntent, taken: int) -> int:
    """Cancel an intent; what is not held any more because of that, in Stripe's units.

    Also what the bank let go by itself, when the authorization lapsed: our books have it as held.
    """
    if intent.status in ("canceled", "succeeded"):
        return _was_let_go(intent, taken)

    def ended() -> stripe.PaymentIntent | None:
        now = retrieve(turn, intent.id)
        return now if now.status in ("canceled", "succeeded") else None

    try:
        after = turn.write(
            f"{attempt.key}:{intent.id}",
            lambda options: turn.v1.payment_intents.cancel(
                intent.id,
                {"cancellation_reason": "requested_by_customer", "expand": ["latest_charge"]},
                options,
            ),
            ended,
            attempt.repeated,
        )
    except (stripe.CardError, stripe.InvalidRequestError) as error:
        after = ended()
        if after is None:
            raise refusal(error) from error
    except UnknownOutcome:
        after = ended()
        if after is None:
            raise
    # What it held when it was canceled, which may be more than when it was listed.
    return _was_let_go(after, taken)


def _was_let_go(intent: stripe.PaymentIntent, taken: int) -> int:
    """What an intent that has ended held beyond what was taken of it."""
    if intent.amount_received != taken or (intent.status == "succeeded" and not taken):
        raise Mismatch("stripe", f"{intent.id} was captured and cannot be let go, only refunded")
    return was_held(intent)
