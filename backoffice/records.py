"""What activities write and read back: commits, and the order as it was accepted."""

from collections.abc import Iterable

from sqlalchemy import Text, cast, func, select

from backoffice.commits import write
from backoffice.database import Database
from backoffice.refusals import NotOnRecord
from backoffice.tables.base import table
from backoffice.tables.cases import CaseRow
from backoffice.tables.orders import OrderRow
from backoffice.tables.shops import PolicyRow, ShopRow
from backoffice.terms import is_storable
from domain.address import Seller
from domain.cases import CaseKind
from domain.order import Order
from domain.policy import Policy
from domain.record import Commit, Committed, OrderOnRecord, Shop
from domain.status import OrderStatus

_ORDERS, _SHOPS, _POLICIES = table(OrderRow), table(ShopRow), table(PolicyRow)
_FIRST = table(OrderRow).alias("first")
_CASES = table(CaseRow)

# As text, so that JSON is read once, by the model that checks it.
_ORDER = (
    select(
        cast(_ORDERS.c.body, Text),
        _SHOPS.c.id,
        cast(_SHOPS.c.seller, Text),
        _SHOPS.c.restock_email,
        _SHOPS.c.status_page,
        cast(_POLICIES.c.body, Text),
        _ORDERS.c.promised_by,
        func.coalesce(_FIRST.c.page, _ORDERS.c.page),
        func.coalesce(_FIRST.c.number, ""),
    )
    .join(_SHOPS, _SHOPS.c.id == _ORDERS.c.shop)
    .join(_POLICIES, _POLICIES.c.digest == _ORDERS.c.policy)
    .outerjoin(_FIRST, _FIRST.c.id == _ORDERS.c.replaces)
)


class RecordBook:
    """The back office as activities see it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def commit(self, commit: Commit) -> Committed:
        """Write all of it in one transaction; writing it again changes nothing.

        Raises:
            NotOnRecord: there is no such order.
            UnknownSku: a stock entry is about a SKU that the shop's catalogue lacks.
        """
        with self._database.transaction() as connection:
            return write(connection, commit)

    def status(self, order_id: str) -> OrderStatus | None:
        """Where an order is; None where there is no such order."""
        with self._database.reading() as connection:
            found = connection.scalars(
                select(_ORDERS.c.status).where(_ORDERS.c.id == order_id)
            ).one_or_none()
        return None if found is None else OrderStatus(found)

    def money_is_asked_for(self, order_id: str) -> tuple[OrderStatus, bool] | None:
        """Where an order is, and whether its customer is asked to pay anew because a hold ends."""
        asked = (
            select(_CASES.c.id)
            .where(_CASES.c.order_id == _ORDERS.c.id)
            .where(_CASES.c.kind == CaseKind.AUTHORIZATION_ENDS, _CASES.c.closed_at.is_(None))
            .exists()
        )
        query = select(_ORDERS.c.status, asked).where(_ORDERS.c.id == order_id)
        with self._database.reading() as connection:
            found = connection.execute(query).one_or_none()
        return None if found is None else (OrderStatus(found[0]), bool(found[1]))

    def shops_of(self, order_ids: Iterable[str]) -> dict[str, str]:
        """Whose orders these are; what is no order's id is left out."""
        wanted = [one for one in set(order_ids) if is_storable(one)]
        with self._database.reading() as connection:
            rows = connection.execute(
                select(_ORDERS.c.id, _ORDERS.c.shop).where(_ORDERS.c.id.in_(wanted))
            ).all()
        return dict(tuple(row) for row in rows)

    def order(self, order_id: str) -> OrderOnRecord:
        """The order as it was accepted, with its shop, and the policy that held then.

        Raises:
            NotOnRecord: there is no such order.
        """
        with self._database.reading() as connection:
            row = connection.execute(_ORDER.where(_ORDERS.c.id == order_id)).one_or_none()
        if row is None:
            raise NotOnRecord("order", order_id)
        body, shop, seller, restock_email, status_page, policy, promised_by, page, replaces = row
        return OrderOnRecord(
            order_id=order_id,
            order=Order.model_validate_json(body),
            promised_by=promised_by,
            page=page,
            replaces=replaces,
            shop=Shop(
                id=shop,
                seller=Seller.model_validate_json(seller),
                restock_email=restock_email,
                status_page=status_page,
                policy=Policy.model_validate_json(policy),
            ),
        )
