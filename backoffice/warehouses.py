"""A shop's warehouses, and where its products lie in them."""

from collections.abc import Iterable, Mapping

from sqlalchemy import RowMapping, func, select
from sqlalchemy.dialects.postgresql import insert

from backoffice.catalogue import lacking
from backoffice.database import Database
from backoffice.refusals import TooManyWarehouses, UnknownSku, UnknownWarehouse
from backoffice.tables.base import table
from backoffice.tables.shops import ShopRow
from backoffice.tables.warehouses import PlacementRow, WarehouseRow
from domain.routing import MOST_WAREHOUSES, Placement, WarehouseSetup

_WAREHOUSES, _PLACEMENTS, _SHOPS = table(WarehouseRow), table(PlacementRow), table(ShopRow)


class WarehouseBook:
    """Set up by the shop; the one that is called `main` is always there."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, shop: str, setup: WarehouseSetup) -> None:
        """Set a warehouse up, or change it. Without a ``wms_key`` it keeps the one that it has, as
        long as its address stays.

        Raises:
            TooManyWarehouses: the shop has as many as it may have.
        """
        row = setup.model_dump(mode="json") | {"shop": shop}
        new = insert(_WAREHOUSES)
        names = ["name", "address", "time_zone", "priority", "serves", "wms_url", "wms_key"]
        with self._database.transaction() as connection:
            connection.execute(select(_SHOPS.c.id).where(_SHOPS.c.id == shop).with_for_update())
            known = {
                code: (url, key)
                for code, url, key in connection.execute(
                    select(_WAREHOUSES.c.code, _WAREHOUSES.c.wms_url, _WAREHOUSES.c.wms_key).where(
                        _WAREHOUSES.c.shop == shop
                    )
                )
            }
            if setup.code not in known and len(known) >= MOST_WAREHOUSES:
                raise TooManyWarehouses(shop, MOST_WAREHOUSES)
            url, key = known.get(setup.code, ("", ""))
            if not setup.wms_key and setup.wms_url == url:
                row["wms_key"] = key
            connection.execute(
                new.on_conflict_do_update(
                    index_elements=["shop", "code"],
                    set_={name: new.excluded[name] for name in names},
                ),
                row,
            )

    def all_of(self, shop: str) -> tuple[WarehouseSetup, ...]:
        """A shop's warehouses, the one that is asked first first."""
        with self._database.reading() as connection:
            rows = connection.execute(
                select(_WAREHOUSES)
                .where(_WAREHOUSES.c.shop == shop)
                .order_by(_WAREHOUSES.c.priority, _WAREHOUSES.c.code)
            )
            return tuple(_setup(row) for row in rows.mappings())

    def one(self, shop: str, code: str) -> WarehouseSetup:
        """One of them. Raises UnknownWarehouse."""
        with self._database.reading() as connection:
            row = (
                connection.execute(
                    select(_WAREHOUSES).where(
                        _WAREHOUSES.c.shop == shop, _WAREHOUSES.c.code == code
                    )
                )
                .mappings()
                .one_or_none()
            )
        if row is None:
            raise UnknownWarehouse(shop, code)
        return _setup(row)

    def place(self, shop: str, code: str, placements: Iterable[Placement]) -> int:
        """Say where products lie in a warehouse: all of them or none; how many they are.

        Raises:
            UnknownWarehouse: the shop has no such warehouse.
            UnknownSku: the shop does not sell one of them.
        """
        self.one(shop, code)
        latest = {one.sku: one for one in placements}
        if not latest:
            return 0
        new = insert(_PLACEMENTS)
        rows = [{"shop": shop, "warehouse": code, **dict(latest[sku])} for sku in sorted(latest)]
        with self._database.transaction() as connection:
            missing = lacking(connection, shop, latest)
            if missing:
                raise UnknownSku(shop, tuple(sorted(missing)))
            connection.execute(
                new.on_conflict_do_update(
                    index_elements=["shop", "warehouse", "sku"],
                    set_={name: new.excluded[name] for name in ("bin", "reorder_point")},
                ),
                rows,
            )
        return len(latest)

    def bins(self, shop: str, code: str, skus: Iterable[str]) -> Mapping[str, str]:
        """Where products lie in a warehouse, by SKU, where that is not where the shop's catalogue
        says."""
        with self._database.reading() as connection:
            rows = connection.execute(
                select(_PLACEMENTS.c.sku, _PLACEMENTS.c.bin).where(
                    _PLACEMENTS.c.shop == shop,
                    _PLACEMENTS.c.warehouse == code,
                    _PLACEMENTS.c.sku.in_(list(skus)),
                    func.coalesce(_PLACEMENTS.c.bin, "") != "",
                )
            )
            return {sku: str(code) for sku, code in rows}


def _setup(row: RowMapping) -> WarehouseSetup:
    return WarehouseSetup.model_validate({name: row[name] for name in WarehouseSetup.model_fields})
