"""The API put together from the environment's settings."""

from dataclasses import dataclass

from fastapi import FastAPI
from temporalio.client import Client

from api.app import create_app
from api.temporal_orders import TemporalOrders
from api.wiring import Webhooks, Wiring
from backoffice.books import Books
from backoffice.database import AddressMalformed, Database
from providers.bank_events import BankWebhooks
from providers.postal_address import country_codes
from providers.sendgrid_events import SendGridWebhooks, WebhookKeyMalformed
from providers.shippo_events import ShippoWebhooks
from providers.stripe_events import StripeWebhooks
from providers.stripe_units import problem_with, problem_with_refund
from runtime.codec import OrderCodec
from runtime.master_keys import KeysMalformed
from runtime.settings import Settings, admin_key_problem
from runtime.temporal import encrypting, traced
from runtime.tracing import OFF, Tracing


class CannotServe(ValueError):
    """A setting keeps the API from starting; the message names it, and holds no secret."""


@dataclass(frozen=True)
class Serving:
    """An application, and what has to be closed after it."""

    app: FastAPI
    database: Database


def put_together(
    settings: Settings, client: Client, database_url: str, tracing: Tracing = OFF
) -> Serving:
    """The application for these settings, on a connected engine and a migrated database.

    Raises:
        CannotServe: one of the settings must be mended first.
    """
    unsafe = admin_key_problem(settings)
    if unsafe:
        raise CannotServe(unsafe)
    try:
        return _put_together(settings, client, database_url, tracing)
    except AddressMalformed as wrong:
        raise CannotServe(f"ORDERSAGA_DATABASE_URL cannot be used: {wrong}") from wrong
    except KeysMalformed as wrong:
        raise CannotServe(f"ORDERSAGA_CODEC_KEYS cannot be used: {wrong}") from wrong
    except WebhookKeyMalformed as wrong:
        raise CannotServe(f"ORDERSAGA_SENDGRID_WEBHOOK_KEY cannot be used: {wrong}") from wrong


def _put_together(
    settings: Settings, client: Client, database_url: str, tracing: Tracing
) -> Serving:
    database = Database(database_url, settings.database_pool)
    books = Books.over(database)
    codec = OrderCodec.of(settings.codec_keys.get_secret_value(), books.data_keys)
    own_client = traced(encrypting(client, codec), tracing.trace)
    wiring = Wiring(
        books=books,
        starter=TemporalOrders(own_client, settings.task_queue),
        payment_problem=problem_with,
        refund_problem=problem_with_refund,
        countries=country_codes(),
        webhooks=webhooks(settings),
        takes_transfers=settings.takes_transfers,
        admin_key=settings.admin_key.get_secret_value(),
        public_url=settings.public_url,
        codec=codec,
        tracing=tracing,
        temporal_ui_url=settings.temporal_ui_url,
    )
    return Serving(create_app(wiring), database)


def webhooks(settings: Settings) -> Webhooks:
    """The ears whose secret is set; the others refuse every call."""
    stripe = settings.stripe_webhook_secret.get_secret_value()
    shippo = settings.shippo_webhook_token.get_secret_value()
    sendgrid = settings.sendgrid_webhook_key
    bank = settings.bank_webhook_secret.get_secret_value()
    return Webhooks(
        stripe=StripeWebhooks(stripe) if stripe else None,
        shippo=ShippoWebhooks(shippo) if shippo else None,
        sendgrid=SendGridWebhooks(sendgrid) if sendgrid else None,
        bank=BankWebhooks(bank) if bank else None,
    )
