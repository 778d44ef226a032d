"""An activity joins what is known of all activities by being written: nobody keeps a list."""

import inspect
import pkgutil
from collections import Counter
from collections.abc import Callable, Generator
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

import pytest
from temporalio import activity
from temporalio.testing import ActivityEnvironment

import activities
from activities.operations import operation, operation_of
from activities.step import Request, step_run
from activities.stock import StockActivities
from backoffice.books import Books
from backoffice.database import Database
from backoffice.restores import Progress
from domain.journal import Journal
from domain.mail import MailKind
from domain.status import OrderStatus, Step
from runtime.settings import Settings
from workers import wiring
from workers.activities import name_of
from workers.memory import Call
from workers.on_record import is_on_record
from workers.remembered import Reenactment
from workers.wiring import Vendors

_DEFINITION = "__temporal_activity_definition"


@pytest.fixture
def books() -> Generator[Books]:
    """Never asked for anything."""
    database = Database("postgresql://nobody@127.0.0.1:9/nothing")
    yield Books.over(database)
    database.close()


@pytest.fixture
def vendors(books: Books) -> Generator[Vendors]:
    made = Vendors.of(Settings.model_validate({"wms_url": "http://127.0.0.1:9"}), books)
    yield made
    made.close()


def written() -> set[str]:
    """The engine's name for every activity that the room holds."""
    modules = [
        import_module(f"activities.{one.name}") for one in pkgutil.iter_modules(activities.__path__)
    ]
    classes = {one for module in modules for _, one in inspect.getmembers(module, inspect.isclass)}
    methods = [method for one in classes for method in vars(one).values()]
    return {name_of(method) for method in methods if hasattr(method, _DEFINITION)}


class NoEngine:
    """Nobody asks it."""

    def runs(self, order_id: str) -> bool:
        raise AssertionError(order_id)


def wired(books: Books, vendors: Vendors) -> dict[str, Callable[..., Any]]:
    settings = Settings.model_validate({})
    known = wiring.activities(settings, books, vendors, NoEngine())
    return {name_of(one): one for one in known}


def remembering(books: Books, vendors: Vendors) -> Reenactment:
    return Reenactment(books, vendors.courier, vendors.printer, "stripe")


def call(name: str, request: Request) -> Call:
    return Call(name, request, datetime.now(UTC), local=False, answer_type=None)


class AnyRequest(Request):
    """Enough of a request to ask any activity what it carries out."""

    kind: MailKind = MailKind.CONFIRMATION


def test_every_activity_is_served_and_every_one_can_be_done_again_from_memory(
    books: Books, vendors: Vendors
) -> None:
    served = wired(books, vendors)
    assert served.keys() == written()
    again, request = remembering(books, vendors), AnyRequest(order_id="ord_1", shop="tea")
    assert {name: again.operation(call(name, request)) for name in served} == {
        name: operation_of(one, request) for name, one in served.items()
    }


def test_no_two_activities_carry_out_the_same_under_one_key(books: Books, vendors: Vendors) -> None:
    request = AnyRequest(order_id="ord_1", shop="tea")
    named = Counter(operation_of(one, request) for one in wired(books, vendors).values())
    del named[None]
    assert [name for name, count in named.items() if count > 1] == []


def test_a_new_activity_is_served_and_known_to_a_restore_without_a_list(
    books: Books, vendors: Vendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    @activity.defn(name="count_stock")
    @operation("count")
    def count(self: StockActivities, request: Request) -> None:
        """Count the pieces on the shelf."""

    monkeypatch.setattr(StockActivities, "count", count, raising=False)
    assert "count_stock" in wired(books, vendors)
    asked = call("count_stock", Request(order_id="ord_1", shop="tea"))
    carried_out = remembering(books, vendors).operation(asked)
    nothing = Progress(OrderStatus.RESERVED, frozenset(), frozenset(), frozenset())
    counted = Progress(OrderStatus.RESERVED, frozenset(), frozenset({"ord_1:count:1"}), frozenset())
    assert not is_on_record(asked, carried_out, nothing)
    assert is_on_record(asked, carried_out, counted)


def test_a_step_that_does_not_say_what_it_carries_out_does_not_begin(books: Books) -> None:
    def quiet() -> None: ...

    request = Request(order_id="ord_1", shop="tea")
    with (
        pytest.raises(TypeError, match="does not say what it carries out"),
        step_run(books.records, request, Step.STOCK, quiet),
    ):
        pass


def test_whatever_an_order_has_decided_is_written_by_the_call_that_carries_it(books: Books) -> None:
    decided = {name: (name,) for name in Journal.model_fields}
    request = Request(order_id="ord_1", shop="tea").model_copy(
        update={"journal": Journal.model_construct(**decided)}  # pyright: ignore[reportArgumentType] # what they hold is nobody's business here
    )

    @operation("reserve")
    def reserve() -> dict[str, object]:
        with step_run(books.records, request, Step.STOCK, reserve) as run:
            return dict(run.entries().journal)

    written = ActivityEnvironment().run(reserve)
    assert {name for name, words in decided.items() if words[0] in str(written[name])} == set(
        decided
    )
