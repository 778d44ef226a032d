"""Workflows that hold each thing once, and nothing of what is done with.

A protobuf message lives as long as any part of it. The SDK keeps parts of a workflow's first and
newest message, mostly empty ones, for as long as the workflow is in memory: and with them its
input a second and a third time, and what was last asked for and answered. For a plain order that
is 25 KiB.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

from temporalio.api.common.v1 import Payload, Payloads
from temporalio.bridge.proto.workflow_activation import WorkflowActivation
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion
from temporalio.converter import SerializationContext, StorageDriverStoreContext
from temporalio.worker import (
    ExecuteWorkflowInput,
    UnsandboxedWorkflowRunner,
    WorkflowInboundInterceptor,
    WorkflowInstance,
    WorkflowInstanceDetails,
)
from temporalio.workflow import Info

_SPENT = (
    "_current_completion",
    "_current_internal_flags",
    "_deployment_version_for_current_task",
)
"""What an instance sets anew at the beginning of each activation, and keeps after its end."""


class LeanRunner(UnsandboxedWorkflowRunner):
    """Runs workflows as they are, each with copies of what it keeps."""

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        """Make a workflow that holds nothing of the message that it is made from."""
        last = Payloads()
        last.CopyFrom(det.last_completion_result)
        info = dataclasses.replace(
            det.info, headers=_own(det.info.headers), raw_memo=_own(det.info.raw_memo)
        )
        own = dataclasses.replace(
            det,
            info=info,
            last_completion_result=last,
            interceptor_classes=[*det.interceptor_classes, _OwnHeaders],
        )
        return _Lean(super().create_instance(own))


class _Lean(WorkflowInstance):
    """An instance that drops its messages as soon as they are answered."""

    def __init__(self, instance: WorkflowInstance) -> None:
        self._instance = instance

    def activate(self, act: WorkflowActivation) -> WorkflowActivationCompletion:
        completion = self._instance.activate(act)
        if not any(job.HasField("remove_from_cache") for job in act.jobs):
            for name in _SPENT:
                setattr(self._instance, name, None)
        return completion

    def get_serialization_context(self, command_info: Any) -> SerializationContext | None:
        return self._instance.get_serialization_context(command_info)

    def get_external_store_context(self, command_info: Any) -> StorageDriverStoreContext:
        return self._instance.get_external_store_context(command_info)

    def get_info(self) -> Info:
        return self._instance.get_info()

    def get_thread_id(self) -> int | None:
        return self._instance.get_thread_id()


class _OwnHeaders(WorkflowInboundInterceptor):
    async def execute_workflow(self, input: ExecuteWorkflowInput) -> Any:
        input.headers = _own(input.headers)
        return await super().execute_workflow(input)


def _own(payloads: Mapping[str, Payload]) -> dict[str, Payload]:
    return {
        name: Payload(metadata=payload.metadata, data=payload.data)
        for name, payload in payloads.items()
    }
