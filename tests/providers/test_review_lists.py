"""What providers hold for orders is listed whole, and with what an order's mark says."""

from datetime import UTC, datetime, timedelta

from domain.attempt import Attempt
from domain.payment import Authorization
from domain.review import LabelSeen
from domain.shipping import Label, Quote
from providers.shippo_review import ShippoReview
from providers.shippo_shipping import ShippoCourier
from providers.stripe_payment import StripePayment
from providers.stripe_review import StripeReview
from sandbox.client import SandboxClient
from tests.providers.attempts import first, until_done
from tests.providers.samples import LABEL, ORDER, eur
from tests.providers.shippo_looks import KEY, ZPL
from tests.providers.stripe_looks import authorize, sdk


def since() -> datetime:
    return datetime.now(UTC) - timedelta(hours=1)


def test_money_is_listed_as_it_stands(sandbox: SandboxClient, payment: StripePayment) -> None:
    held = authorize(payment)
    assert isinstance(held, Authorization)
    sdk(sandbox).v1.payment_intents.create({"amount": 700, "currency": "eur"})
    review = StripeReview(sandbox.base("stripe"), "sk_test_sandbox")
    (seen,) = review.since(since())
    assert (seen.reference, seen.order) == (held.reference, ORDER)
    assert (seen.held, seen.captured, seen.refunded) == (eur(2500), eur(0), eur(0))
    payment.capture(first(f"{ORDER}-s1:capture:1"), held.reference, eur(2500))
    payment.refund(first(f"{ORDER}-s1:refund:1"), held.reference, eur(600))
    (seen,) = review.since(since())
    assert (seen.held, seen.captured, seen.refunded) == (eur(0), eur(2500), eur(600))
    assert list(review.since(datetime.now(UTC) + timedelta(hours=1))) == []
    review.close()


def test_money_that_was_let_go_is_not_listed_as_refunded(
    sandbox: SandboxClient, payment: StripePayment
) -> None:
    held = authorize(payment)
    assert isinstance(held, Authorization)
    payment.void(first(f"{ORDER}:void:1"), ORDER, held.reference)
    review = StripeReview(sandbox.base("stripe"), "sk_test_sandbox")
    (seen,) = review.since(since())
    assert (seen.held, seen.captured, seen.refunded) == (eur(0), eur(0), eur(0))
    review.close()


def test_live_labels_are_listed_on_every_page_and_void_ones_are_not(
    sandbox: SandboxClient, courier: ShippoCourier, quote: Quote
) -> None:
    def buy(attempt: Attempt) -> Label:
        label = courier.buy(attempt, LABEL, quote, ZPL)
        assert isinstance(label, Label)
        return label

    one, other = (until_done(buy, first(KEY))[0] for _ in range(2))
    review = ShippoReview(sandbox.base("shippo"), "shippo_test_sandbox")
    found = {seen.transaction: seen for seen in review.since(since())}
    assert found.keys() == {one.transaction, other.transaction}
    assert found[one.transaction] == LabelSeen(
        transaction=one.transaction,
        order=ORDER,
        label=LABEL,
        tracking_number=one.tracking_number,
        created_at=found[one.transaction].created_at,
    )
    courier.void(first("void"), one.transaction)
    assert [seen.transaction for seen in review.since(since())] == [other.transaction]
    review.close()
