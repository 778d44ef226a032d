"""What the API is put together from: the books, the engine, and the ears for webhooks."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from api.channels.adapter import ChannelAdapter
from api.channels.shopify import ShopifyOrders
from api.order_checks import PaymentProblem
from api.starter import Starter
from backoffice.books import Books
from domain.model import Country
from providers.bank_events import BankWebhooks
from providers.sendgrid_events import SendGridWebhooks
from providers.shippo_events import ShippoWebhooks
from providers.stripe_events import StripeWebhooks
from runtime.codec import OrderCodec
from runtime.tracing import OFF, Tracing


def _adapters() -> dict[str, ChannelAdapter]:
    return {ShopifyOrders.name: ShopifyOrders()}


@dataclass(frozen=True)
class Webhooks:
    """The ears for each provider; None where its secret is not set, which refuses every call."""

    stripe: StripeWebhooks | None = None
    shippo: ShippoWebhooks | None = None
    sendgrid: SendGridWebhooks | None = None
    bank: BankWebhooks | None = None


@dataclass(frozen=True)
class Wiring:
    """Everything that a route can reach. ``public_url`` stands before links in answers.

    Without ``takes_transfers`` an order by bank transfer is refused. An empty ``admin_key`` locks
    set-up for everybody. Without a ``codec`` nothing is encrypted; pages of ``temporal_ui_url`` may
    call the codec endpoint.
    """

    books: Books
    starter: Starter
    payment_problem: PaymentProblem
    refund_problem: PaymentProblem
    countries: frozenset[Country]
    webhooks: Webhooks = Webhooks()
    takes_transfers: bool = False
    admin_key: str = ""
    public_url: str = ""
    codec: OrderCodec | None = None
    temporal_ui_url: str = ""
    tracing: Tracing = OFF
    channels: Mapping[str, ChannelAdapter] = field(default_factory=_adapters)
