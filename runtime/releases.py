"""Releases of the workers: which one orders are worked by, and how they move to the next.

Orders live for weeks, so each follows the current release (AUTO_UPGRADE) and its code says with
`workflow.patched` what differs. Source: Temporal, "Worker Versioning", "Patching".
"""

from temporalio.api.workflowservice.v1 import SetWorkerDeploymentCurrentVersionRequest
from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.service import RPCError
from temporalio.worker import WorkerDeploymentConfig


class NotPromoted(Exception):
    """The release stays without orders; the message says why."""


def release(deployment: str, build_id: str) -> WorkerDeploymentConfig | None:
    """How a worker says which release it is; None where releases are not told apart.

    ``deployment`` is the task queue's name: its workers are released together.
    """
    if not build_id:
        return None
    return WorkerDeploymentConfig(
        version=WorkerDeploymentVersion(deployment_name=deployment, build_id=build_id),
        use_worker_versioning=True,
        default_versioning_behavior=VersioningBehavior.AUTO_UPGRADE,
    )


async def promote(client: Client, deployment: str, build_id: str) -> None:
    """Let every order, new and open, go on with this release from its next task on.

    Raises:
        NotPromoted: no worker of that release is there, or the server cannot be asked.
    """
    request = SetWorkerDeploymentCurrentVersionRequest(
        namespace=client.namespace, deployment_name=deployment, build_id=build_id
    )
    try:
        await client.workflow_service.set_worker_deployment_current_version(request)
    except RPCError as error:
        raise NotPromoted(f"release {build_id} of {deployment}: {error.message}") from error
