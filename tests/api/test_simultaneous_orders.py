"""The same order submitted a hundred times at once is one order, one workflow, one answer."""

import asyncio

from temporalio.api.workflowservice.v1 import ListWorkflowExecutionsRequest

from tests.api.desk import Desk, order

CROWD = 100


async def workflows_on(desk: Desk, order_id: str) -> int:
    """Runs that the engine has under this id, open and closed."""
    request = ListWorkflowExecutionsRequest(
        namespace=desk.engine.namespace, query=f"WorkflowId = '{order_id}'"
    )
    deadline = asyncio.get_running_loop().time() + 10
    while True:
        found = await desk.engine.workflow_service.list_workflow_executions(request)
        # Visibility lags behind a little.
        if found.executions or asyncio.get_running_loop().time() > deadline:
            return len(found.executions)
        await asyncio.sleep(0.05)


async def test_a_hundred_at_once_are_one_order_and_one_workflow(desk: Desk) -> None:
    answers = await asyncio.gather(
        *(desk.call("POST", "/orders", order(), key="shop") for _ in range(CROWD))
    )
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.content for answer in answers}) == 1
    assert await workflows_on(desk, answers[0].json()["order"]) == 1
    assert len(desk.books.search.search(desk.shop, "", 10)) == 1


async def test_of_two_bodies_at_once_one_wins_and_the_other_is_told(desk: Desk) -> None:
    bodies = [order(), order(notes="Mind the dog")]
    answers = await asyncio.gather(
        *(desk.call("POST", "/orders", bodies[n % 2], key="shop") for n in range(CROWD))
    )
    by_body = [{one.status_code for one in answers[half::2]} for half in (0, 1)]
    assert sorted(by_body, key=str) == [{202}, {409}]
    refused = next(one for one in answers if one.status_code == 409)
    assert [one["field"] for one in refused.json()["problems"]] == ["notes"]
    accepted = next(one for one in answers if one.status_code == 202)
    assert await workflows_on(desk, accepted.json()["order"]) == 1
