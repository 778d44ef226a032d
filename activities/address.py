"""The customer moves: the new address goes on record, and everything that is done next reads it."""

from temporalio import activity

from activities.operations import operation
from activities.step import Records, Request, step_run
from domain.record import Commit, NewAddress
from domain.status import Step


class Readdress(Request):
    """Put a new shipping address on record; ``sequence`` is the change's number."""

    change: NewAddress


class AddressActivities:
    """What an order asks of our own books when its parcels shall go elsewhere."""

    def __init__(self, records: Records) -> None:
        """Wire the back office."""
        self._records = records

    @activity.defn(name="readdress", no_thread_cancel_exception=True)
    @operation("readdress")
    def readdress(self, request: Readdress) -> None:
        """Every call after this one is made for the new address."""
        with step_run(self._records, request, Step.RECORDS, self.readdress) as run:
            run.commit(Commit(order=request.order_id, address=request.change))
