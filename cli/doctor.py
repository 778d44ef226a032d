"""What is missing or unsafe here, said in words."""

import asyncio
import shutil
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal
from urllib.parse import urlsplit, urlunsplit

from pydantic import ValidationError
from temporalio.service import RPCError

from backoffice.database import UNREACHABLE, AddressMalformed, Database
from backoffice.migrating import behind
from cli.locked_keys import locked_keys
from cli.modes import mixed, unusable, without_bank
from cli.surroundings import no_answer, reason
from cli.weak_secrets import RANDOM, guessable
from providers.fonts import missing_scripts
from providers.sendgrid_events import SendGridWebhooks, WebhookKeyMalformed
from runtime.devserver_build import cached_build
from runtime.master_keys import KeysMalformed, MasterKeys
from runtime.settings import Settings, admin_key_problem, complaints, missing
from runtime.temporal import EngineUnnamed, connect, engine_address
from runtime.tracing import TracingUnusable, collector

_NEED_IT = "API, workers and `migrate` do not start without it"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    ``missing`` and ``error`` mean that an installation cannot run: something is not there, or is
    there and cannot be used.
    """

    level: Literal["ok", "warning", "missing", "error"]
    text: str


def examine() -> list[Finding]:
    """Look at the environment: settings, engine, database, fonts."""
    settings, unreadable = _read()
    return [
        *unreadable,
        *_settings(settings),
        *_encryption(settings),
        _tracing(),
        *_database(settings),
        _engine(),
        _fonts(),
    ]


def _read() -> tuple[Settings, list[Finding]]:
    """The settings, those that cannot be read as if they were not set, and a finding for each."""
    try:
        return Settings(), []
    except ValidationError as error:
        wrong = complaints(error)
    unset = {name: Settings.model_fields[name].get_default() for name in wrong}
    return Settings(**unset), [Finding("error", words) for words in wrong.values()]


def _settings(settings: Settings) -> list[Finding]:
    findings = [
        Finding("missing", f"{name} is not set (`ordersaga demo` and `up` bring their own)")
        for name in missing(settings)
    ]
    findings += [Finding("error", words) for words in unusable(settings)]
    short = admin_key_problem(settings)
    if short:
        findings.append(Finding("error", f"{short}; set {RANDOM}"))
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
    findings += [Finding("warning", words) for words in without_bank(settings)]
    if settings.sendgrid_webhook_key:
        try:
            SendGridWebhooks(settings.sendgrid_webhook_key)
        except WebhookKeyMalformed as wrong:
            text = f"ORDERSAGA_SENDGRID_WEBHOOK_KEY cannot be used: {wrong}"
            findings.append(Finding("error", text))
    return findings or [Finding("ok", "every key and address is there")]


def _encryption(settings: Settings) -> list[Finding]:
    try:
        masters = MasterKeys.read(settings.codec_keys.get_secret_value())
    except KeysMalformed as wrong:
        return [Finding("error", f"ORDERSAGA_CODEC_KEYS cannot be used: {wrong}")]
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


def _database(settings: Settings) -> list[Finding]:
    if not settings.database_url:
        text = (
            f"ORDERSAGA_DATABASE_URL is not set: {_NEED_IT}; `ordersaga demo` and `up` start the "
            "embedded Postgres"
        )
        return [Finding("missing", text)]
    try:
        database = Database(
            settings.database_url, pool_size=1, statement_timeout=timedelta(seconds=5)
        )
    except AddressMalformed as wrong:
        return [Finding("error", f"ORDERSAGA_DATABASE_URL cannot be used: {wrong}")]
    try:
        database.ping()
        late = behind(database)
        missing_keys = [] if late else locked_keys(database, settings.codec_keys.get_secret_value())
    except UNREACHABLE as error:
        return [Finding("error", f"the database does not answer: {reason(error)}")]
    finally:
        database.close()
    if late:
        return [Finding("error", f"the database is {late}: run `ordersaga migrate`")]
    well = Finding("ok", "the database answers, and its tables are this release's")
    return [well, *(Finding("error", words) for words in missing_keys)]


def _engine() -> Finding:
    try:
        address = engine_address()
    except EngineUnnamed as wrong:
        if wrong.address:
            return Finding("error", str(wrong))
        text = f"TEMPORAL_ADDRESS is not set: {_NEED_IT}; `ordersaga demo` and `up` {_embedded()}"
        return Finding("missing", text)
    try:
        asyncio.run(connect())
    except (RPCError, RuntimeError) as error:
        return Finding("error", f"Temporal at {address} does not answer: {no_answer(error)}")
    return Finding("ok", f"Temporal at {address} answers")


def _embedded() -> str:
    """What the commands that bring an engine of their own do without the setting."""
    if cached_build().exists():
        return "start the embedded Temporal server, which is built"
    if shutil.which("go") or shutil.which("temporal"):
        return "start the embedded Temporal server, and build it at first use"
    return "cannot start one either: Go is needed to build it"


def _fonts() -> Finding:
    scripts = missing_scripts()
    if scripts:
        return Finding(
            "warning",
            f"no font for {', '.join(scripts)}: such names print transliterated; install "
            "fonts-noto-core and fonts-noto-cjk",
        )
    return Finding("ok", "there is a font for every script")
