"""What each shop sells."""

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, RowMapping, select
from sqlalchemy.dialects.postgresql import insert

from backoffice.database import Database
from backoffice.refusals import BarcodeTaken
from backoffice.tables.base import table
from backoffice.tables.catalogue import ProductRow
from backoffice.tables.shops import ShopRow
from domain.catalogue import Product

_PRODUCTS, _SHOPS = table(ProductRow), table(ShopRow)
_UNSAID: dict[str, object] = {"substitutes": [], "prices": {}}


class CatalogueBook:
    """Products by shop and SKU."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def products(self, shop: str, skus: tuple[str, ...]) -> Mapping[str, Product]:
        """Products by SKU; unknown ones are left out."""
        with self._database.reading() as connection:
            rows = connection.execute(
                select(_PRODUCTS).where(_PRODUCTS.c.shop == shop, _PRODUCTS.c.sku.in_(skus))
            )
            return {row["sku"]: _product(row) for row in rows.mappings()}

    def lacking(self, shop: str, skus: Iterable[str]) -> frozenset[str]:
        """Which of these SKUs a shop does not sell."""
        with self._database.reading() as connection:
            return lacking(connection, shop, skus)

    def put_products(self, shop: str, products: Iterable[Product]) -> None:
        """Add products, or replace those with the same SKU: all of them or none.

        Of two with one SKU the later holds.

        Raises:
            BarcodeTaken: two articles would have one barcode, and a scan would prove nothing.
            IntegrityError: the shop is not set up.
        """
        latest = {product.sku: product for product in products}
        if not latest:
            return
        new = insert(_PRODUCTS)
        columns = [column.name for column in _PRODUCTS.c if not column.primary_key]
        upsert = new.on_conflict_do_update(
            index_elements=["shop", "sku"], set_={name: new.excluded[name] for name in columns}
        )
        rows = [
            {"shop": shop, **_UNSAID, **latest[sku].model_dump(mode="json")}
            for sku in sorted(latest)
        ]
        with self._database.transaction() as connection:
            # Imports at once would each see barcodes that the other is about to give away.
            connection.execute(select(_SHOPS.c.id).where(_SHOPS.c.id == shop).with_for_update())
            _check_barcodes(connection, shop, latest)
            connection.execute(upsert, rows)

    def products_page(self, shop: str, after: str = "", limit: int = 100) -> tuple[Product, ...]:
        """Products in order of SKU, from the one that follows ``after``."""
        with self._database.reading() as connection:
            rows = connection.execute(
                select(_PRODUCTS)
                .where(_PRODUCTS.c.shop == shop, _PRODUCTS.c.sku > after)
                .order_by(_PRODUCTS.c.sku)
                .limit(limit)
            )
            return tuple(_product(row) for row in rows.mappings())


def lacking(connection: Connection, shop: str, skus: Iterable[str]) -> frozenset[str]:
    """Which of these SKUs a shop does not sell."""
    wanted = frozenset(skus)
    known = select(_PRODUCTS.c.sku).where(_PRODUCTS.c.shop == shop, _PRODUCTS.c.sku.in_(wanted))
    return wanted.difference(connection.scalars(known))


def _check_barcodes(connection: Connection, shop: str, given: Mapping[str, Product]) -> None:
    owners: dict[str, str] = {}
    for sku, product in given.items():
        for code in product.barcodes:
            if owners.setdefault(code, sku) != sku:
                raise BarcodeTaken(code, sku, owners[code])
    others = connection.execute(
        select(_PRODUCTS.c.sku, _PRODUCTS.c.barcodes).where(
            _PRODUCTS.c.shop == shop,
            _PRODUCTS.c.barcodes.overlap(list(owners)),
            _PRODUCTS.c.sku.not_in(list(given)),
        )
    )
    for other, barcodes in others:
        for code in barcodes:
            if code in owners:
                raise BarcodeTaken(code, owners[code], other)


def _product(row: RowMapping) -> Product:
    return Product.model_validate(dict(row))
