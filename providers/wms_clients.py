"""One client for each warehouse system that a process speaks with."""

from threading import Lock

from providers.wms_warehouse import WmsWarehouse


class WmsClients:
    """Made when they are first needed, and kept. Safe between threads."""

    def __init__(self, url: str, key: str) -> None:
        """``url`` and ``key`` are the installation's own: they hold where a warehouse has none."""
        self._home = (url, key)
        self._clients: dict[tuple[str, str], WmsWarehouse] = {}
        self._lock = Lock()

    def client(self, url: str = "", key: str = "") -> WmsWarehouse:
        """The client for a warehouse system. The installation's key goes to its own alone."""
        home, own = self._home
        which = (url or home, key or ("" if url and url != home else own))
        with self._lock:
            known = self._clients.get(which)
            if known is None:
                known = self._clients[which] = WmsWarehouse(*which)
            return known

    def close(self) -> None:
        """Let go of all connections."""
        with self._lock:
            for client in self._clients.values():
                client.close()
