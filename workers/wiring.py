"""Where everything is put together: settings, vendors' clients, activities, the Worker."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

from temporalio.client import Client
from temporalio.worker import Interceptor, PollerBehaviorAutoscaling, Worker, WorkflowRunner

from activities.settling import Engine
from backoffice.books import Books
from providers.bank_transfer import BankTransfer
from providers.mail_texts import MailTexts
from providers.sendgrid_mail import SendGridMail
from providers.shippo_review import ShippoReview
from providers.shippo_shipping import ShippoCourier
from providers.stripe_disputes import StripeDisputes
from providers.stripe_payment import StripePayment
from providers.stripe_payouts import StripePayouts
from providers.stripe_review import StripeReview
from providers.typst_documents import TypstPrinter
from providers.wms_clients import WmsClients
from runtime.releases import release
from runtime.settings import Settings
from runtime.temporal import workflow_runner
from workers.activities import Activity, Outside, Patience, put_together
from workers.engine import EngineLook
from workers.payment_ways import PaymentWays
from workers.settling_guard import SettlingGuard
from workers.warehouses import Directory, WmsWarehouses
from workflows.aftermath import AftermathWorkflow
from workflows.one_payload import OnePayload
from workflows.order import OrderWorkflow

GRACE = timedelta(seconds=20)
"""How long a stopping worker lets its activities finish."""


@dataclass(frozen=True)
class Vendors:
    """The providers' clients of one process."""

    payment: StripePayment
    courier: ShippoCourier
    mail: SendGridMail
    warehouses: WmsClients
    printer: TypstPrinter
    payments_seen: StripeReview
    labels_seen: ShippoReview
    disputes: StripeDisputes
    account: StripePayouts
    bank: BankTransfer | None

    @classmethod
    def of(cls, settings: Settings, books: Books) -> "Vendors":
        """The official SDKs everywhere; only their base address differs."""
        return cls(
            payment=StripePayment(
                settings.stripe_url or None, settings.stripe_key.get_secret_value()
            ),
            courier=ShippoCourier(
                settings.shippo_url or None, settings.shippo_key.get_secret_value()
            ),
            mail=SendGridMail(
                settings.sendgrid_url or None,
                settings.sendgrid_key.get_secret_value(),
                texts=MailTexts(public_url=settings.public_url),
            ),
            warehouses=WmsClients(settings.wms_url, settings.wms_key.get_secret_value()),
            printer=TypstPrinter(),
            payments_seen=StripeReview(
                settings.stripe_url or None, settings.stripe_key.get_secret_value()
            ),
            labels_seen=ShippoReview(
                settings.shippo_url or None, settings.shippo_key.get_secret_value()
            ),
            disputes=StripeDisputes(
                settings.stripe_url or None, settings.stripe_key.get_secret_value()
            ),
            account=StripePayouts(
                settings.stripe_url or None, settings.stripe_key.get_secret_value()
            ),
            bank=(
                BankTransfer(
                    settings.bank_url, settings.bank_key.get_secret_value(), books.bookings
                )
                if settings.takes_transfers
                else None
            ),
        )

    def close(self) -> None:
        """Close the connections that the clients keep."""
        self.payment.close()
        self.courier.close()
        self.warehouses.close()
        self.payments_seen.close()
        self.labels_seen.close()
        self.disputes.close()
        self.account.close()
        if self.bank is not None:
            self.bank.close()


def activities(
    settings: Settings, books: Books, vendors: Vendors, engine: Engine
) -> list[Activity]:
    """Every activity, wired."""
    directory = Directory(books.warehouses)
    outside = Outside(
        payment=PaymentWays(vendors.payment, vendors.bank),
        warehouses=WmsWarehouses(vendors.warehouses, directory),
        courier=vendors.courier,
        files=vendors.courier,
        mail=vendors.mail,
        printer=vendors.printer,
        engine=engine,
        sites=directory,
    )
    patience = Patience(
        in_doubt_for=timedelta(seconds=settings.in_doubt_seconds),
        mail_ambiguity=timedelta(seconds=settings.mail_ambiguity_seconds),
    )
    known = put_together(outside, books, books.records, books.paperwork, patience)
    return list(known.values())


def activity_threads(settings: Settings) -> ThreadPoolExecutor:
    """Where activities run, local ones too. Leave it before what they use is closed."""
    return ThreadPoolExecutor(settings.activity_threads * 2, thread_name_prefix="activity")


def build_worker(
    client: Client,
    settings: Settings,
    books: Books,
    vendors: Vendors,
    executor: ThreadPoolExecutor,
    interceptors: Sequence[Interceptor] = (),
    runner: WorkflowRunner | None = None,
) -> Worker:
    """A worker for orders and their activities, on one task queue.

    ``interceptors`` see every call; the first is the outermost. Call it on the client's loop.
    """
    threads = settings.activity_threads
    engine = EngineLook(client)
    return Worker(
        client,
        task_queue=settings.task_queue,
        workflows=[OrderWorkflow, AftermathWorkflow],
        activities=activities(settings, books, vendors, engine),
        activity_executor=executor,
        max_concurrent_activities=threads,
        max_concurrent_local_activities=threads,
        max_cached_workflows=settings.cached_workflows,
        workflow_runner=runner or workflow_runner(),
        interceptors=[*interceptors, SettlingGuard(engine), OnePayload()],
        workflow_task_poller_behavior=PollerBehaviorAutoscaling(),
        activity_task_poller_behavior=PollerBehaviorAutoscaling(),
        graceful_shutdown_timeout=GRACE,
        deployment_config=release(settings.task_queue, settings.build_id),
    )
