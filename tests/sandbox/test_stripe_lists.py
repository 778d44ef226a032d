"""Finding things again: lists, pages, search with its lag."""

from datetime import timedelta

import pytest
import stripe

from sandbox.client import SandboxClient
from tests.sandbox.payments import authorize


def test_intents_are_listed_by_customer_newest_first(gateway: stripe.StripeClient) -> None:
    one, other = (gateway.v1.customers.create({"name": name}).id for name in "AB")
    mine = [authorize(gateway, customer=one).id for _ in range(3)]
    authorize(gateway, customer=other)
    listed = gateway.v1.payment_intents.list({"customer": one}).data
    assert [intent.id for intent in listed] == mine[::-1]


def test_intents_are_listed_by_creation_time(
    sandbox: SandboxClient, gateway: stripe.StripeClient
) -> None:
    customer = gateway.v1.customers.create({"name": "A"}).id
    early = authorize(gateway, customer=customer)
    sandbox.advance(timedelta(hours=30))
    late = authorize(gateway, customer=customer)
    since = gateway.v1.payment_intents.list(
        {"customer": customer, "created": {"gte": late.created - 5}}
    )
    until = gateway.v1.payment_intents.list(
        {"customer": customer, "created": {"lt": late.created - 5}}
    )
    assert [intent.id for intent in since.data] == [late.id]
    assert [intent.id for intent in until.data] == [early.id]


def test_the_sdk_pages_through_everything(gateway: stripe.StripeClient) -> None:
    made = [authorize(gateway).id for _ in range(7)]
    page = gateway.v1.payment_intents.list({"limit": 3})
    assert (len(page.data), page.has_more) == (3, True)
    assert [intent.id for intent in page.auto_paging_iter()] == made[::-1]
    newer = gateway.v1.payment_intents.list({"limit": 2, "ending_before": made[2]})
    assert [intent.id for intent in newer.data] == [made[4], made[3]]


def test_lists_cannot_filter_by_metadata(gateway: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        gateway.v1.payment_intents.list({"metadata": {"order": "x"}})  # pyright: ignore[reportArgumentType] - the SDK's types forbid it, too
    assert refused.value.code == "parameter_unknown"


def test_search_finds_by_metadata_but_a_minute_late(
    sandbox: SandboxClient, gateway: stripe.StripeClient
) -> None:
    intent = authorize(gateway, metadata={"order": "ord_7"})
    authorize(gateway, metadata={"order": "ord_8"})
    query = "metadata['order']:'ord_7'"
    assert gateway.v1.payment_intents.search({"query": query}).data == []
    sandbox.advance(60)
    found = gateway.v1.payment_intents.search({"query": query}).data
    assert [one.id for one in found] == [intent.id]


def test_search_sees_the_status_of_a_minute_ago(
    sandbox: SandboxClient, gateway: stripe.StripeClient
) -> None:
    intent = authorize(gateway)
    sandbox.advance(60)
    gateway.v1.payment_intents.capture(intent.id)
    held = 'status:"requires_capture" AND amount>1000'
    assert len(gateway.v1.payment_intents.search({"query": held}).data) == 1
    sandbox.advance(60)
    assert gateway.v1.payment_intents.search({"query": held}).data == []
    either = "status:'succeeded' OR status:'canceled'"
    assert len(gateway.v1.payment_intents.search({"query": either}).data) == 1
    assert len(gateway.v1.payment_intents.search({"query": "-status:'canceled'"}).data) == 1


@pytest.mark.parametrize("query", ["", "metadata:'x'", "colour:'red'", "status:", "amount>'x'"])
def test_a_query_that_makes_no_sense_is_refused(
    sandbox: SandboxClient, gateway: stripe.StripeClient, query: str
) -> None:
    authorize(gateway)
    sandbox.advance(60)
    with pytest.raises(stripe.InvalidRequestError):
        gateway.v1.payment_intents.search({"query": query})


def test_search_pages(sandbox: SandboxClient, gateway: stripe.StripeClient) -> None:
    made = {authorize(gateway).id for _ in range(5)}
    sandbox.advance(60)
    page = gateway.v1.payment_intents.search({"query": "currency:'eur'", "limit": 2})
    assert page.has_more
    assert {intent.id for intent in page.auto_paging_iter()} == made


def test_objects_are_expanded_where_asked(gateway: stripe.StripeClient) -> None:
    customer = gateway.v1.customers.create({"name": "A", "email": "a@example.org"}).id
    made = authorize(gateway, customer=customer, capture_method="automatic")
    intent = gateway.v1.payment_intents.retrieve(
        made.id,
        {"expand": ["customer", "payment_method", "latest_charge.balance_transaction"]},
    )
    assert isinstance(intent.customer, stripe.Customer)
    assert intent.customer.email == "a@example.org"
    assert isinstance(intent.payment_method, stripe.PaymentMethod)
    listed = gateway.v1.payment_intents.list({"expand": ["data.latest_charge"]}).data[0]
    assert isinstance(listed.latest_charge, stripe.Charge)


def test_what_cannot_be_expanded_is_refused_and_leaves_nothing_behind(
    sandbox: SandboxClient, gateway: stripe.StripeClient
) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="cannot be expanded"):
        gateway.v1.customers.create({"name": "A", "expand": ["shoe_size"]})
    assert gateway.v1.customers.list().data == []
    assert sandbox.errors() == []


def test_customers_are_listed_by_email(gateway: stripe.StripeClient) -> None:
    made = gateway.v1.customers.create(
        {
            "email": "zoe@example.org",
            "name": "Zoë 李 🎁",
            "address": {"line1": "1 & 2 = 3", "country": "DE"},
        }
    )
    gateway.v1.customers.create({"email": "other@example.org"})
    [found] = gateway.v1.customers.list({"email": "zoe@example.org"}).data
    assert (found.id, found.name) == (made.id, "Zoë 李 🎁")
    assert found.address is not None
    assert found.address.line1 == "1 & 2 = 3"
    assert gateway.v1.customers.retrieve(made.id).email == "zoe@example.org"
