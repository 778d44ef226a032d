"""The accountant's report over HTTP: its days, its form, and whose money it shows."""

import csv
import io
from datetime import UTC, datetime
from typing import Any

import pytest

from domain.money import Money
from domain.movements import Movement, MovementKind
from domain.payment import PaymentEvent, PaymentEventKind
from domain.record import Commit
from tests.api.desk import Desk, order

AT = datetime(2026, 5, 31, 22, 30, tzinfo=UTC)
MAY = {"from": "2026-05-01", "to": "2026-06-01"}
PATH = "/reports/accounts"


def capture(desk: Desk, name: str, amount: int = 4270, number: str = "1") -> None:
    """A capture in our books, and at the provider."""
    money, reference = Money(amount=amount, currency="EUR"), f"pi_{name}"
    event = PaymentEvent(
        key=f"{name}-s1:capture:{number}",
        kind=PaymentEventKind.CAPTURE,
        money=money,
        provider="stripe",
        reference=reference,
        at=AT,
    )
    desk.books.claims.claim("stripe", reference, name)
    desk.books.records.commit(Commit(name, payments=(event,)))
    movement(desk, f"txn_{name}", MovementKind.CAPTURE, amount, payment=reference)


def movement(desk: Desk, name: str, kind: MovementKind, amount: int, **more: Any) -> None:
    money = Money(amount=amount, currency="EUR")
    fee = Money(amount=100, currency="EUR")
    values = {"provider": "stripe", "id": name, "kind": kind, "word": "charge", "at": AT}
    sums = {"money": money, "presented": money, "fee": fee}
    desk.books.movements.put([Movement.model_validate(values | sums | more)])


async def ask(desk: Desk, path: str = PATH, key: str = "shop", **query: str) -> Any:
    answer = await desk.call("GET", path, key=key, params=MAY | query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def rows(desk: Desk, key: str = "shop", **query: str) -> list[dict[str, str]]:
    params = MAY | {"format": "csv"} | query
    answer = await desk.call("GET", PATH, key=key, params=params)
    assert answer.headers["content-type"].startswith("text/csv"), answer.text
    return list(csv.DictReader(io.StringIO(answer.text)))


@pytest.mark.parametrize("key", ["shop", "support"])
async def test_a_shop_reads_its_accounts(desk: Desk, key: str) -> None:
    name = await desk.place(order())
    capture(desk, name)
    found = await ask(desk, key=key)
    assert found["shop"] == desk.shop
    assert [one["captured"] for one in found["booked"]] == [4270]
    (statement,) = found["statements"]
    assert (statement["captured"], statement["fees"], statement["closing"]) == (4270, -100, 4170)
    assert (found["matched"], found["unmatched"], found["ties"]) == (1, [], True)


async def test_another_shop_s_money_does_not_exist(desk: Desk) -> None:
    capture(desk, await desk.place(order()))
    movement(desk, "txn_nobody", MovementKind.REFUND, -500, subject="re_1")
    found = await ask(desk, key="other")
    empty = ("booked", "statements", "payouts", "unmatched", "open_items", "taxes")
    assert {name: found[name] for name in empty} == {name: [] for name in empty}
    assert await rows(desk, key="other") == []
    mine = await rows(desk)
    assert [one["kind"] for one in mine] == ["capture"], "what is nobody's is not this shop's"


async def test_the_admin_sees_all_shops_and_what_is_nobody_s(desk: Desk) -> None:
    name = await desk.place(order())
    capture(desk, name)
    movement(desk, "txn_nobody", MovementKind.REFUND, -500, subject="re_1")
    found = await ask(desk, f"{PATH}/all", key="admin")
    assert (found["shop"], found["whole"]) == (None, True)
    (line,) = found["unmatched"]
    assert (line["result"], line["reference"]) == ("missing_in_books", "re_1")


async def test_movements_come_as_a_table_by_query_or_by_accept(desk: Desk) -> None:
    name = await desk.place(order("=1+1"))
    capture(desk, name)
    (row,) = await rows(desk)
    assert (row["order"], row["amount"], row["fee"], row["net"]) == (name, "4270", "100", "4170")
    assert row["number"] == "'=1+1", "no formula to a spreadsheet"
    (late,) = await rows(desk, time_zone="Asia/Tokyo", to="2026-06-02")
    assert late["at"] == "2026-06-01T07:30:00+09:00"
    headers = {"accept": "text/csv"}
    other = await desk.call("GET", PATH, key="shop", params=MAY, headers=headers)
    assert other.text.splitlines()[0].startswith("provider,id,kind")
    assert "movements-2026-05-01-2026-06-01.csv" in other.headers["content-disposition"]
    plain = await desk.call(
        "GET", PATH, key="shop", params=MAY | {"format": "json"}, headers=headers
    )
    assert plain.json()["shop"] == desk.shop


async def test_days_end_where_the_time_zone_says(desk: Desk) -> None:
    capture(desk, await desk.place(order()))
    assert [one["captured"] for one in (await ask(desk))["booked"]] == [4270]
    assert (await ask(desk, time_zone="Europe/Berlin"))["booked"] == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"to": "2026-05-01"}, "query.to"),
        ({"to": "2028-05-01"}, "query.to"),
        ({"from": "1999-05-01"}, "query.from"),
        ({"from": "yesterday"}, "query.from"),
        ({"time_zone": "Mars/Olympus"}, "query.time_zone"),
        ({"format": "pdf"}, "query.format"),
        ({"until": "2026-05-01"}, "query.until"),
    ],
)
async def test_what_cannot_be_asked_is_named(desk: Desk, query: dict[str, str], field: str) -> None:
    answer = await desk.call("GET", PATH, key="shop", params=MAY | query)
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["problems"]] == [field], answer.text


async def test_the_days_must_be_said(desk: Desk) -> None:
    answer = await desk.call("GET", PATH, key="shop")
    fields = [one["field"] for one in answer.json()["problems"]]
    assert (answer.status_code, fields) == (422, ["query.from", "query.to"])


async def test_more_movements_than_a_table_holds_are_asked_for_in_parts(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.accounts.MOST_MOVEMENTS", 1)
    for number in ("1", "2"):
        movement(desk, f"txn_{number}", MovementKind.FEE, -1)
    answer = await desk.call("GET", PATH, key="shop", params=MAY)
    assert answer.status_code == 422
    assert "ask for a shorter period" in answer.text
