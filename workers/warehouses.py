"""A shop's warehouses as activities need them: where they are, and how they are reached."""

import time
from collections.abc import Callable, Mapping

from backoffice.refusals import UnknownWarehouse
from backoffice.warehouses import WarehouseBook
from domain.address import Seller
from domain.failures import Refused
from domain.routing import WarehouseSetup
from domain.stock import MAIN
from providers.wms_clients import WmsClients
from providers.wms_warehouse import WmsWarehouse

_KNOWN_FOR = 30.0
"""Seconds after which a warehouse's set-up is read anew."""


class Directory:
    """How warehouses are set up, kept for a while: every shipment asks for it several times."""

    def __init__(self, book: WarehouseBook, clock: Callable[[], float] = time.monotonic) -> None:
        """``clock`` counts seconds."""
        self._book = book
        self._clock = clock
        self._known: dict[tuple[str, str], tuple[float, WarehouseSetup]] = {}

    def site(self, shop: str, code: str) -> WarehouseSetup:
        """One of a shop's warehouses.

        Raises:
            Refused: the shop has no such warehouse.
        """
        now = self._clock()
        until, site = self._known.get((shop, code), (now, None))
        if site is None or until <= now:
            try:
                site = self._book.one(shop, code)
            except UnknownWarehouse as unknown:
                raise Refused("warehouse", str(unknown)) from unknown
            self._known[shop, code] = (now + _KNOWN_FOR, site)
        return site

    def sender(self, seller: Seller, shop: str, code: str) -> Seller:
        """The seller, at the address that parcels leave from."""
        address = self.site(shop, code).address
        return seller if address is None else seller.model_copy(update={"address": address})

    def bins(self, shop: str, code: str, skus: tuple[str, ...]) -> Mapping[str, str]:
        """Where products lie, by SKU, where that is not where the catalogue says."""
        return {} if code == MAIN else self._book.bins(shop, code, skus)


class WmsWarehouses:
    """Every shop's warehouses, each reached through the system that it has."""

    def __init__(self, clients: WmsClients, directory: Directory) -> None:
        """``directory`` says which system that is."""
        self._clients = clients
        self._directory = directory

    def at(self, shop: str, code: str) -> WmsWarehouse:
        """One of them. Raises Refused where the shop has no such warehouse."""
        site = self._directory.site(shop, code)
        return self._clients.client(site.wms_url, site.wms_key)
