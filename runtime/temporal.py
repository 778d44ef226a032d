"""The connection to Temporal, the data converter and the workflow runner that all share."""

import dataclasses
from string import whitespace
from urllib.parse import urlsplit

from temporalio.client import Client
from temporalio.converter import (
    DataConverter,
    DefaultFailureConverterWithEncodedAttributes,
    PayloadCodec,
)
from temporalio.envconfig import ClientConfig
from temporalio.runtime import PrometheusConfig, Runtime, TelemetryConfig
from temporalio.worker import WorkflowRunner
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from runtime.conversion import DATA_CONVERTER
from runtime.lean_runner import LeanRunner
from runtime.order_trace import OrderTrace
from runtime.tracing_calls import OrderTracing

PURE_PACKAGES = ("domain", "activities")
"""Imported once for all workflows where they are proved: pure, or interfaces only."""


def data_converter(codec: PayloadCodec | None) -> DataConverter:
    """With a codec everything is encrypted, the messages of failures included."""
    if codec is None:
        return DATA_CONVERTER
    return dataclasses.replace(
        DATA_CONVERTER,
        payload_codec=codec,
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
    )


class EngineUnnamed(RuntimeError):
    """Nothing says where the Temporal server is, or not as an address."""

    def __init__(self, address: str = "") -> None:
        """Name the setting; ``address`` is what it has, empty where it is not set."""
        self.address = address
        super().__init__(
            f"TEMPORAL_ADDRESS is no address: {address!r} must be a host and its port, as "
            "temporal.internal:7233 is"
            if address
            else "TEMPORAL_ADDRESS is not set: where is the Temporal server?"
        )


def engine_address() -> str:
    """Where the environment, or the profile that it names, says that the Temporal server is.

    Raises:
        EngineUnnamed: it does not, or not as a host and a port.
    """
    return _sound(ClientConfig.load_client_connect_config().get("target_host", ""))


def _sound(address: str) -> str:
    """An address as it is: one without a port would be taken for a web server's."""
    try:
        parts = urlsplit(address if "://" in address else f"//{address}")
        if parts.hostname and parts.port and not set(address) & set(whitespace):
            return address
    except ValueError:
        pass  # its port is no number
    raise EngineUnnamed(address)


async def connect(
    address: str | None = None, metrics: str | None = None, *, lazy: bool = False
) -> Client:
    """Connect by the SDK's own environment (TEMPORAL_ADDRESS, TLS, API key, profiles).

    ``address`` wins over the environment; ``metrics`` is the address for Prometheus to read.
    With ``lazy`` the first call connects, so that a process starts while the server is away.

    Raises:
        EngineUnnamed: neither says where the server is, or not as a host and a port.
        RuntimeError: it does not answer.
    """
    config = ClientConfig.load_client_connect_config()
    config["target_host"] = _sound(address or config.get("target_host", ""))
    if metrics is None:
        return await Client.connect(**config, data_converter=DATA_CONVERTER, lazy=lazy)
    telemetry = TelemetryConfig(metrics=PrometheusConfig(bind_address=metrics))
    runtime = Runtime(telemetry=telemetry)
    return await Client.connect(**config, data_converter=DATA_CONVERTER, runtime=runtime, lazy=lazy)


def encrypting(client: Client, codec: PayloadCodec | None) -> Client:
    """The same connection, with everything encrypted; without a codec the client as it is."""
    if codec is None:
        return client
    config = client.config()
    config["data_converter"] = data_converter(codec)
    return Client(**config)


def traced(client: Client, trace: OrderTrace | None) -> Client:
    """The same connection, with every call in its order's trace; without one the client as it is.

    A worker of this client traces what it runs.
    """
    if trace is None:
        return client
    config = client.config()
    config["interceptors"] = [*config["interceptors"], OrderTracing(trace)]
    return Client(**config)


def proving_runner() -> SandboxedWorkflowRunner:
    """The runner of tests and replays: it refuses what a workflow must not do, as it does it."""
    restrictions = SandboxRestrictions.default.with_passthrough_modules(*PURE_PACKAGES)
    return SandboxedWorkflowRunner(restrictions=restrictions)


def workflow_runner() -> WorkflowRunner:
    """The runner of workers. What it leaves out is proved elsewhere: see docs/decisions, page 7."""
    return LeanRunner()
