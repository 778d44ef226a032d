"""While an order is amended, what would rest on its lines waits."""

from temporalio import workflow

from workflows.desk import Desk


async def until_nothing_is_amended(desk: Desk) -> None:
    """Wait until an amendment that is under way has been made or refused."""
    if desk.amending:
        await workflow.wait_condition(lambda: not desk.amending)
