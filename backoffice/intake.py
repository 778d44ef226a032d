"""How an order comes on record: once, under its channel's number, whoever sends it how often."""

import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection, Text, cast, func, select, update
from sqlalchemy.dialects.postgresql import insert

from backoffice.amendments import amendments_of, as_it_came
from backoffice.canonical import differences, digest
from backoffice.database import Database
from backoffice.refusals import NotOnRecord
from backoffice.shops import keep_policy
from backoffice.tables.base import table
from backoffice.tables.orders import OrderRow, RefusalRow
from backoffice.tables.shops import PolicyRow, ShopRow
from backoffice.terms import terms_of, write_terms
from backoffice.zones import clocks_of
from domain.ids import order_id
from domain.order import Order, OrderInput, Replaces
from domain.policy import Policy
from domain.promise import first_promise
from domain.record import Shop
from domain.status import OrderStatus

_PAGE_BYTES = 16
"""Of the secret in the address of a customer's page."""

_ORDERS, _SHOPS, _POLICIES = table(OrderRow), table(ShopRow), table(PolicyRow)
_NEW_ORDER = insert(_ORDERS).on_conflict_do_nothing().returning(_ORDERS.c.id)
_INPUT = select(
    _ORDERS.c.id,
    _ORDERS.c.shop,
    cast(_ORDERS.c.body, Text),
    _ORDERS.c.accepted_at,
    cast(_POLICIES.c.body, Text),
    _ORDERS.c.promised_by,
    _ORDERS.c.page,
    _ORDERS.c.replaces,
    _ORDERS.c.replaces_complaint,
    _ORDERS.c.replaces_offer,
).join(_POLICIES, _POLICIES.c.digest == _ORDERS.c.policy)


class Intake(StrEnum):
    """What an order is to those that came before."""

    NEW = "new"
    SAME = "same"
    DIFFERENT = "different"


@dataclass(frozen=True)
class Accepted:
    """How an order was taken in; ``differences`` names fields by their path.

    ``given`` is what its workflow is started with: the first body's order, whoever sent it again.
    It is None where the workflow is known to run, and where the body was different.
    """

    order_id: str
    state: Intake
    given: OrderInput | None = None
    differences: tuple[str, ...] = ()


class IntakeBook:
    """Takes orders in, and knows which of them have not been started."""

    def __init__(
        self, database: Database, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        """``clock`` dates orders."""
        self._database = database
        self._clock = clock

    def accept(self, shop: Shop, order: Order, body: Mapping[str, object]) -> Accepted:
        """Take an order in. ``body`` is what the channel sent, as JSON values.

        The same again is ``same`` (also where only the spelling of the body differs, so that it
        means the same order); anything else under its number is ``different``, and is not kept.

        Raises:
            NotOnRecord: there is no such shop.
        """
        sent = digest(body)
        with self._database.transaction() as connection:
            rules, policy = policy_of(connection, shop.id)
            given = input_of(shop.id, order, policy, self._clock())
            if not take_in(connection, given, rules, sent):
                return _again(connection, given.order_id, order, sent)
        return Accepted(given.order_id, Intake.NEW, given)

    def started(self, order_id: str) -> None:
        """Note that the order's workflow runs; a second time changes nothing."""
        with self._database.transaction() as connection:
            connection.execute(
                update(_ORDERS)
                .where(_ORDERS.c.id == order_id, _ORDERS.c.started_at.is_(None))
                .values(started_at=func.now())
            )

    def unstarted(
        self, older_than: timedelta, limit: int = 100, skip: int = 0
    ) -> tuple[OrderInput, ...]:
        """Orders that were accepted so long ago and not started, oldest first but for ``skip``."""
        before = self._clock() - older_than
        with self._database.reading() as connection:
            rows = connection.execute(
                _INPUT.where(_ORDERS.c.started_at.is_(None), _ORDERS.c.accepted_at <= before)
                .order_by(_ORDERS.c.accepted_at, _ORDERS.c.id)
                .limit(limit)
                .offset(skip)
            ).all()
        return tuple(_input(*row) for row in rows)

    def given(self, order_id: str) -> OrderInput:
        """What an order on record is started with, and how it was amended since.

        Raises:
            NotOnRecord: there is no such order.
        """
        with self._database.reading() as connection:
            row = connection.execute(_INPUT.where(_ORDERS.c.id == order_id)).one_or_none()
            if row is None:
                raise NotOnRecord("order", order_id)
            tried = amendments_of(connection, order_id)
        given = _input(*row)
        came = as_it_came(given.order, tried)
        return given.model_copy(update={"order": came, "amendments": tried})

    def bring_back(self, given: OrderInput) -> None:
        """Put an order on record again that its workflow still knows; it is started.

        The body that its shop sent is not known any more: the same order sent again is told from
        another by its fields.

        Raises:
            NotOnRecord: its shop is not on record.
        """
        body = given.order.model_dump(mode="json")
        with self._database.transaction() as connection:
            policy_of(connection, given.shop)
            rules = keep_policy(connection, given.policy)
            take_in(connection, given, rules, digest(body), started_at=given.accepted_at)

    def refuse(self, shop: str, source: str, body_digest: str, problems: Iterable[str]) -> None:
        """Keep what was refused and why: field paths and reasons without personal data."""
        row = {
            "shop": shop,
            "source": source,
            "body_digest": body_digest,
            "problems": list(problems),
        }
        with self._database.transaction() as connection:
            connection.execute(insert(table(RefusalRow)), row)


def input_of(
    shop: str, order: Order, policy: Policy, at: datetime, replaces: Replaces | None = None
) -> OrderInput:
    """What the workflow of a new order is started with, by these rules."""
    clocks = clocks_of(policy, at)
    return OrderInput(
        order_id=order_id(shop, order.channel, order.number),
        shop=shop,
        order=order,
        accepted_at=at,
        policy=policy,
        clocks=clocks,
        promised_by=first_promise(order, policy, clocks, at),
        deadlines_ring=True,
        decides_first=True,
        hears_complaints=replaces is None,
        page=secrets.token_hex(_PAGE_BYTES),
        replaces=replaces,
    )


def take_in(
    connection: Connection,
    given: OrderInput,
    rules: str,
    sent: str,
    started_at: datetime | None = None,
) -> bool:
    """Put an order on record with the words by which it is found; False where one of its name is
    there. ``rules`` is its policy's digest, ``sent`` that of what its channel has sent."""
    order, replaces = given.order, given.replaces
    row = {
        "id": given.order_id,
        "shop": given.shop,
        "channel": order.channel,
        "number": order.number,
        "body": order.model_dump(mode="json"),
        "sent_digest": sent,
        "policy": rules,
        "status": OrderStatus.ACCEPTED.value,
        "status_number": 0,
        "status_at": given.accepted_at,
        "accepted_at": given.accepted_at,
        "started_at": started_at,
        "promised_by": given.promised_by,
        **({"page": given.page} if given.page else {}),
        "replaces": None if replaces is None else replaces.order,
        "replaces_complaint": None if replaces is None else replaces.complaint,
        "replaces_offer": None if replaces is None else replaces.offer,
    }
    if connection.scalars(_NEW_ORDER, row).one_or_none() is None:
        return False
    write_terms(connection, given.shop, given.order_id, terms_of(given.order_id, order))
    return True


def policy_of(connection: Connection, shop: str) -> tuple[str, Policy]:
    """A shop's rules at this moment, and their digest. Raises NotOnRecord: no such shop."""
    row = connection.execute(
        select(_POLICIES.c.digest, cast(_POLICIES.c.body, Text))
        .join(_SHOPS, _SHOPS.c.policy == _POLICIES.c.digest)
        .where(_SHOPS.c.id == shop)
    ).one_or_none()
    if row is None:
        raise NotOnRecord("shop", shop)
    return row[0], Policy.model_validate_json(row[1])


def _again(connection: Connection, name: str, order: Order, sent: str) -> Accepted:
    """The order is on record: say whether this is it, and what it still has to be started with."""
    before, started_at = connection.execute(
        select(_ORDERS.c.sent_digest, _ORDERS.c.started_at).where(_ORDERS.c.id == name)
    ).one()
    kept = input_on_record(connection, name)
    if before != sent:
        came = as_it_came(kept.order, amendments_of(connection, name))
        changed = differences(came.model_dump(), order.model_dump())
        if changed:
            return Accepted(name, Intake.DIFFERENT, differences=changed)
    return Accepted(name, Intake.SAME, kept if started_at is None else None)


def input_on_record(connection: Connection, name: str) -> OrderInput:
    """What an order that is on record is started with, as it has been amended since."""
    return _input(*connection.execute(_INPUT.where(_ORDERS.c.id == name)).one())


def _input(
    name: str,
    shop: str,
    body: str,
    accepted_at: datetime,
    policy: str,
    promised_by: datetime | None,
    page: str,
    replaces: str | None,
    complaint: int | None,
    offer: int | None,
) -> OrderInput:
    link = None
    if replaces is not None and complaint is not None and offer is not None:
        link = Replaces(order=replaces, complaint=complaint, offer=offer)
    rules = Policy.model_validate_json(policy)
    return OrderInput(
        order_id=name,
        shop=shop,
        order=Order.model_validate_json(body),
        accepted_at=accepted_at,
        policy=rules,
        clocks=clocks_of(rules, accepted_at),
        promised_by=promised_by,
        deadlines_ring=True,
        decides_first=True,
        hears_complaints=link is None,
        page=page,
        replaces=link,
    )
