"""Settings from the environment, prefix ORDERSAGA_. TEMPORAL_* is read by Temporal's own SDK."""

import logging
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

TASK_QUEUE = "ordersaga"
"""Where orders and their activities are worked."""

SHORTEST_SECRET = 16
"""Characters. What is drawn at random has more of them, and a word has fewer."""


def _level(name: str) -> str:
    if name.upper() not in logging.getLevelNamesMapping():
        raise ValueError("must be DEBUG, INFO, WARNING, ERROR or CRITICAL")
    return name


class Settings(BaseSettings):
    """What an installation is told. Unset vendor addresses mean the vendor's real ones."""

    model_config = SettingsConfigDict(env_prefix="ORDERSAGA_", extra="ignore")

    database_url: str = Field(
        default="", description="Postgres 15 or later; empty means the embedded one"
    )
    database_pool: int = Field(default=12, ge=1, description="connections for each process")

    stripe_url: str = Field(default="", description="Stripe's API; empty means the real one")
    stripe_key: SecretStr = Field(default=SecretStr(""), description="Stripe's secret key")
    stripe_webhook_secret: SecretStr = Field(
        default=SecretStr(""), description="whsec_..., of the endpoint /webhooks/stripe"
    )

    shippo_url: str = Field(default="", description="Shippo's API; empty means the real one")
    shippo_key: SecretStr = Field(default=SecretStr(""), description="Shippo's API token")
    shippo_webhook_token: SecretStr = Field(
        default=SecretStr(""), description="the secret part of /webhooks/shippo/{token}"
    )

    sendgrid_url: str = Field(default="", description="SendGrid's API; empty means the real one")
    sendgrid_key: SecretStr = Field(default=SecretStr(""), description="SendGrid's API key")
    sendgrid_webhook_key: str = Field(
        default="", description="the public key of SendGrid's signed event webhook"
    )

    wms_url: str = Field(default="", description="the warehouse system's address")
    wms_key: SecretStr = Field(default=SecretStr(""), description="the warehouse system's key")

    bank_url: str = Field(
        default="", description="the bank protocol's address; empty: no orders by bank transfer"
    )
    bank_key: SecretStr = Field(default=SecretStr(""), description="the bank protocol's key")
    bank_webhook_secret: SecretStr = Field(
        default=SecretStr(""), description="of the endpoint /webhooks/bank"
    )

    admin_key: SecretStr = Field(default=SecretStr(""), description="for set-up calls")
    codec_keys: SecretStr = Field(
        default=SecretStr(""),
        description="master keys as id:base64,id:base64, the first encrypts; empty: no encryption",
    )
    temporal_ui_url: str = Field(
        default="http://127.0.0.1:8233",
        description="the Temporal UI, whose pages may call the codec endpoint",
    )
    erase_after_days: int = Field(
        default=3 * 365, ge=1, description="how old an order is when its personal data is erased"
    )
    public_url: str = Field(default="", description="where callers reach this API, for links")
    task_queue: str = Field(default=TASK_QUEUE, description="where orders are worked")

    build_id: str = Field(
        default="",
        description="the workers' release: they get orders once `ordersaga promote` says so",
    )

    activity_threads: int = Field(default=32, ge=4, description="activities at once, per process")
    cached_workflows: int = Field(default=1000, ge=0, description="orders kept warm, per process")
    mail_ambiguity_seconds: int = Field(
        default=600, ge=1, description="how long an unknown send waits for the provider's word"
    )
    in_doubt_seconds: int = Field(
        default=120, ge=1, description="how long a call without an answer may still have its effect"
    )
    log_level: Annotated[str, AfterValidator(_level)] = Field(
        default="INFO", description="of the JSON log on standard error"
    )

    @property
    def takes_transfers(self) -> bool:
        """Whether a bank account is set up that customers can pay to."""
        return bool(self.bank_url and self.bank_key.get_secret_value())


def complaints(error: ValidationError) -> dict[str, str]:
    """What is wrong with each field of `Settings`, in words that begin with the setting's name.

    Values are left out, for they may be secret.
    """
    return {
        str(one["loc"][0]): f"ORDERSAGA_{str(one['loc'][0]).upper()}: "
        + one["msg"].removeprefix("Value error, ")
        for one in error.errors(include_input=False, include_url=False)
    }


def admin_key_problem(settings: Settings) -> str:
    """Why an API must not run with its admin key, which can do everything; empty where it may."""
    length = len(settings.admin_key.get_secret_value())
    if length == 0 or length >= SHORTEST_SECRET:
        return ""
    return (
        f"ORDERSAGA_ADMIN_KEY can be guessed, and it opens set-up: it has {length} of the "
        f"{SHORTEST_SECRET} characters that it needs; the API does not start with it"
    )


def missing(settings: Settings) -> tuple[str, ...]:
    """What an installation cannot run without, each with what it is for."""
    needed = {
        "ORDERSAGA_STRIPE_KEY": settings.stripe_key.get_secret_value(),
        "ORDERSAGA_STRIPE_WEBHOOK_SECRET": settings.stripe_webhook_secret.get_secret_value(),
        "ORDERSAGA_SHIPPO_KEY": settings.shippo_key.get_secret_value(),
        "ORDERSAGA_SHIPPO_WEBHOOK_TOKEN": settings.shippo_webhook_token.get_secret_value(),
        "ORDERSAGA_SENDGRID_KEY": settings.sendgrid_key.get_secret_value(),
        "ORDERSAGA_SENDGRID_WEBHOOK_KEY": settings.sendgrid_webhook_key,
        "ORDERSAGA_WMS_URL": settings.wms_url,
        "ORDERSAGA_ADMIN_KEY": settings.admin_key.get_secret_value(),
    }
    return tuple(name for name, value in needed.items() if not value)
