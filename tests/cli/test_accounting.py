"""`ordersaga accounts`: the report on a terminal, and its table for a spreadsheet."""

import csv
import io
from datetime import UTC, datetime

import pytest

from backoffice.books import Books
from backoffice.database import Database
from domain.money import Money
from domain.movements import Movement, MovementKind
from tests.backoffice.samples import Trade
from tests.cli.operator import Operator

MAY = ("accounts", "--from", "2026-05-01", "--to", "2026-06-01")


def capture(name: str, amount: int, currency: str = "KWD") -> Movement:
    money = Money(amount=amount, currency=currency)
    return Movement(
        provider="stripe",
        id=name,
        kind=MovementKind.CAPTURE,
        word="charge",
        at=datetime(2026, 5, 3, tzinfo=UTC),
        money=money,
        fee=Money(amount=10, currency=currency),
        presented=money,
        subject="ch_1",
    )


@pytest.fixture
def books(database: Database) -> Books:
    Trade(database)
    opened = Books.over(database)
    opened.movements.put([capture("txn_1", 12340)])
    return opened


def test_the_report_is_for_people(operator: Operator, database_url: str, books: Books) -> None:
    sums = (Money(amount=12330, currency="KWD"),)
    books.movements.put_balance("stripe", sums, datetime.now(UTC))
    status, said = operator.run(*MAY, ORDERSAGA_DATABASE_URL=database_url)
    assert (status, said.splitlines()[-1]) == (0, "Everything ties")
    assert "12.340 KWD" in said
    assert "-0.010 KWD" in said
    assert "missing in books" in said


def test_what_does_not_tie_is_said_and_is_the_status(
    operator: Operator, database_url: str, books: Books
) -> None:
    sums = (Money(amount=12000, currency="KWD"),)
    books.movements.put_balance("stripe", sums, datetime.now(UTC))
    status, said = operator.run(*MAY, ORDERSAGA_DATABASE_URL=database_url)
    assert (status, said.splitlines()[-1]) == (1, "It does not tie: see above")
    assert "-0.330 KWD" in said


def test_the_table_is_all_that_goes_to_its_output(
    operator: Operator, database_url: str, books: Books
) -> None:
    assert books.movements.balance_at("stripe") is None
    status, said = operator.run(*MAY, "--csv", ORDERSAGA_DATABASE_URL=database_url)
    (row,) = csv.DictReader(io.StringIO(said))
    assert (status, row["id"], row["net"], row["currency"]) == (0, "txn_1", "12330", "KWD")


@pytest.mark.usefixtures("books")
@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--to", "2026-05-01"), "first day that does not count"),
        (("--time-zone", "Berlin"), "Berlin is not an IANA time zone"),
        (("--shop", "nobody"), "there is no shop nobody, only demo"),
        (("--from", "May"), "does not match the format"),
    ],
)
def test_what_cannot_be_asked_is_said(
    operator: Operator, database_url: str, more: tuple[str, ...], words: str
) -> None:
    status, said = operator.run(*MAY, *more, ORDERSAGA_DATABASE_URL=database_url)
    assert status == 2
    assert words in " ".join(said.replace("│", " ").split())


def test_a_database_that_is_not_named_is_one_line(operator: Operator) -> None:
    assert "ORDERSAGA_DATABASE_URL is not set" in operator.refused(*MAY)
