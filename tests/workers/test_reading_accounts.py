"""The provider's account is read whole, and each entry once: whoever dies, whoever comes too."""

import asyncio

import pytest
from sqlalchemy import text

from backoffice.movements import Reading
from domain.movements import PayoutStatus
from tests.backoffice.samples import at_once
from tests.workers.till import Till, period

LISTS = "list_balance_transactions"


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a few movements are several pages."""
    monkeypatch.setattr("providers.stripe_payouts._PAGE", 2)


def on_record(till: Till) -> list[str]:
    return sorted(one.movement.id for one in till.books.accounts.movements(period()))


def at_provider(till: Till) -> list[str]:
    found = till.dashboard.v1.balance_transactions.list({"limit": 100})
    return sorted(one.id for one in found.auto_paging_iter())


def sell(till: Till, count: int) -> None:
    for place in range(count):
        till.sell(1000 + place)


@pytest.mark.usefixtures("small_pages")
def test_everything_is_read_from_the_first_page_to_the_last_and_what_comes_later_too(
    till: Till,
) -> None:
    sell(till, 5)
    till.read()
    assert on_record(till) == at_provider(till)
    sell(till, 5)
    till.read()
    assert on_record(till) == at_provider(till)


@pytest.mark.usefixtures("small_pages")
def test_what_is_new_is_read_to_its_last_page_without_reading_the_last_days_anew(
    till: Till,
) -> None:
    sell(till, 3)
    till.read()
    sell(till, 5)
    due(till, "stripe movements")
    asyncio.run(till.accounts.read())
    assert on_record(till) == at_provider(till)


def due(till: Till, *names: str) -> None:
    """These lists are due by now, and no other."""
    with till.database.transaction() as connection:
        statement = text(
            "UPDATE readings SET due_at = CASE WHEN name = ANY(:names) THEN now()"
            " ELSE now() + interval '1 day' END"
        )
        connection.execute(statement, {"names": list(names)})


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize("page", range(1, 6))
def test_who_dies_at_a_page_is_followed_by_somebody_who_goes_on_there(
    till: Till, page: int
) -> None:
    sell(till, 9)
    rule = till.sandbox.fault("stripe", LISTS, "http_error", nth=page, times=None, status=503)
    asyncio.run(till.accounts.read())
    kept = on_record(till)
    assert len(kept) == min(2 * (page - 1), 9)
    till.sandbox.clear_faults(rule)
    counted = till.sandbox.fault("stripe", LISTS, "http_error", nth=1000)
    till.read()
    assert on_record(till) == at_provider(till)
    (seen,) = [one["seen"] for one in till.sandbox.faults() if one["id"] == counted]
    # What is on record is not asked for again, but for the last days, which are read anew, and for
    # a look whether anything has come meanwhile.
    left = 5 - (page - 1)
    assert seen <= left + 5 + 3


@pytest.mark.usefixtures("small_pages")
def test_who_comes_back_from_the_dead_moves_nothing_that_others_have_read_since(
    till: Till,
) -> None:
    sell(till, 4)
    late = till.account.movements()
    till.read()
    first = late.movements[0].id
    zombie = Reading("stripe movements", newest=first, oldest=late.oldest, complete=False)
    assert till.books.movements.put(late.movements, zombie) == 0
    sell(till, 2)
    till.read()
    assert on_record(till) == at_provider(till)


@pytest.mark.usefixtures("small_pages")
def test_two_workers_that_read_at_once_put_each_movement_on_record_once(till: Till) -> None:
    sell(till, 7)
    till.pay_out()
    till.books.movements.ring()
    at_once([till.read] * 4)
    assert on_record(till) == at_provider(till)
    (payout,) = till.report().payouts
    assert (payout.difference, payout.payout.status) == (0, PayoutStatus.PAID)


def test_a_lease_that_a_dead_process_left_ends(till: Till) -> None:
    movements = till.books.movements
    assert movements.claim("stripe movements") is not None
    assert movements.claim("stripe movements") is None
    with till.database.transaction() as connection:
        connection.execute(text("UPDATE readings SET leased_until = now() - interval '1 second'"))
    assert movements.claim("stripe movements") is not None


def test_what_the_list_showed_late_is_found_by_reading_the_last_days_anew(till: Till) -> None:
    sell(till, 3)
    till.read()
    (hidden, *_) = on_record(till)
    with till.database.transaction() as connection:
        statement = text("DELETE FROM provider_movements WHERE id = :id")
        connection.execute(statement, {"id": hidden})
    assert hidden not in on_record(till)
    till.read()
    assert on_record(till) == at_provider(till)


def test_a_quiet_account_costs_three_requests(till: Till) -> None:
    sell(till, 2)
    till.read()
    rules = [
        till.sandbox.fault("stripe", name, "http_error", nth=1000)
        for name in (LISTS, "list_payouts", "retrieve_balance")
    ]
    due(till, "stripe movements", "stripe payouts")
    asyncio.run(till.accounts.read())
    seen = [one["seen"] for rule in rules for one in till.sandbox.faults() if one["id"] == rule]
    assert seen == [1, 1, 0]


def test_an_account_that_cannot_be_read_is_read_later(till: Till) -> None:
    sell(till, 1)
    till.sandbox.fault("stripe", LISTS, "http_error", times=20, status=503)
    asyncio.run(till.accounts.read())
    assert on_record(till) == []
    assert till.report().read_to == {}
    till.sandbox.clear_faults()
    till.read()
    assert len(on_record(till)) == 1
