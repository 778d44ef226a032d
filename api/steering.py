"""What the engine says to an update, as an answer."""

from collections.abc import Generator
from contextlib import contextmanager

from api.problems import ProblemError, away
from api.settling import closed_words
from api.starter import EngineAway, NotOpen, UpdateRefused
from backoffice.views import OrderView


@contextmanager
def steering(view: OrderView) -> Generator[None]:
    """Turn what the engine says to an update into an answer.

    Raises:
        ProblemError: 409 where the order refuses it or has ended, 503 where nobody can be asked.
    """
    try:
        yield
    except EngineAway as error:
        raise away("the order") from error
    except NotOpen as error:
        raise _not_open(view) from error
    except UpdateRefused as refused:
        raise ProblemError(409, str(refused)) from refused


def _not_open(view: OrderView) -> ProblemError:
    if view.ended_at is not None:
        return ProblemError(409, f"the order has ended: {view.status.value}")
    if view.started_at is not None:
        return ProblemError(409, closed_words(view.order_id, view.status.value))
    return away("the order, which has not been started yet,")
