"""Step 4 and everything an order decides: its own word, put on record."""

from temporalio import activity

from activities.step import Records, Request
from domain.record import Commit


class RecordActivities:
    """Writes what the workflow decided where no provider's activity is next door to carry it."""

    def __init__(self, records: Records) -> None:
        """Wire the back office."""
        self._records = records

    @activity.defn(name="record", no_thread_cancel_exception=True)
    def record(self, request: Request) -> None:
        """Write the journal, and ``then``, in one transaction."""
        journal = request.journal
        if request.then is not None:
            journal = journal.model_copy(
                update={"transitions": (*journal.transitions, request.then)}
            )
        self._records.commit(Commit(order=request.order_id, journal=journal))
