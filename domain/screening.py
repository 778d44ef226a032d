"""Whether an order is looked at by a person before the warehouse hears of it."""

from domain.money import Money
from domain.order import Order
from domain.policy import Policy
from domain.risk import Assessment


def reasons_to_review(order: Order, policy: Policy, assessment: Assessment) -> tuple[str, ...]:
    """Why this order is held, in words for staff; nothing where it goes on by itself."""
    reasons: list[str] = []
    limit = policy.review_above.get(order.currency)
    if limit is not None and order.due.amount > limit:
        most = Money(amount=limit, currency=order.currency)
        reasons.append(f"the total of {order.due} is above {most}")
    billed, shipped = order.billing_address.country, order.shipping_address.country
    if policy.review_when_countries_differ and billed != shipped:
        reasons.append(f"it is billed to {billed} and shipped to {shipped}")
    if assessment.risky:
        reasons.append(f"the payment provider sees risk: {assessment.risk.value}")
    if assessment.disputed_by_people:
        reasons.append(f"the payment provider's own review is {assessment.review.value}")
    return tuple(reasons)
