"""Why the back office refuses to write or to answer: each refusal says what it is about."""

from domain.failures import Refused


class NotOnRecord(LookupError):
    """No such order, shop, shipment, case or document is on record."""

    def __init__(self, kind: str, name: str) -> None:
        """``kind`` says what was looked for (``order``), ``name`` which one."""
        super().__init__(f"no {kind} {name} on record")
        self.kind = kind
        self.name = name


class UnknownSku(LookupError):
    """A shop's catalogue has no such SKU."""

    def __init__(self, shop: str, skus: tuple[str, ...]) -> None:
        """Name the shop and every SKU that it does not know."""
        super().__init__(f"shop {shop} does not sell {', '.join(skus)}")
        self.shop = shop
        self.skus = skus


class UnknownWarehouse(LookupError):
    """A shop has no such warehouse."""

    def __init__(self, shop: str, warehouse: str) -> None:
        """Name both."""
        super().__init__(f"shop {shop} has no warehouse {warehouse}")
        self.shop = shop
        self.warehouse = warehouse


class TooManyWarehouses(ValueError):
    """A shop has as many warehouses as routing can look through."""

    def __init__(self, shop: str, most: int) -> None:
        """``most`` is how many there may be."""
        super().__init__(f"shop {shop} has {most} warehouses, and no more can be set up")


class BarcodeTaken(ValueError):
    """A barcode may tell one article of a shop from all others, or it tells nothing."""

    def __init__(self, barcode: str, sku: str, other: str) -> None:
        """``sku`` wants what ``other`` has."""
        super().__init__(f"barcode {barcode} of {sku} belongs to {other}")
        self.barcode = barcode
        self.sku = sku
        self.other = other


class NotReserved(Refused):
    """More was to be issued than is reserved for the order: no repetition helps, a person looks."""

    def __init__(self, order: str, sku: str, wanted: int, reserved: int) -> None:
        """Name the order and the SKU; quantities in pieces."""
        super().__init__(
            "stock",
            f"{order} has {reserved} pieces of {sku} reserved, {wanted} were to be issued",
        )
        self.order = order
        self.sku = sku


class BelowZero(ValueError):
    """An adjustment would leave less than nothing on hand."""

    def __init__(self, sku: str, on_hand: int, change: int) -> None:
        """Name the SKU; quantities in pieces."""
        super().__init__(f"{sku}: {on_hand} on hand cannot change by {change}")
        self.sku = sku


class OtherRequest(ValueError):
    """A key stands for one request, and another one was carried out under it."""

    def __init__(self, key: str) -> None:
        """Name the key."""
        super().__init__(f"another request was carried out under {key}; it holds")
        self.key = key
