"""Shops, the keys that speak for them, and where their callbacks go."""

import base64
import hashlib
import json
import secrets
from collections.abc import Iterable

from sqlalchemy import Connection, Text, cast, func, select, update
from sqlalchemy.dialects.postgresql import insert

from backoffice.database import Database
from backoffice.refusals import NotOnRecord
from backoffice.tables.base import table
from backoffice.tables.shops import ApiKeyRow, PolicyRow, ShopRow
from backoffice.tables.warehouses import WarehouseRow
from domain.address import Seller
from domain.policy import Policy
from domain.record import Shop
from domain.shop import ApiKey, Scope, ShopSetup
from domain.stock import MAIN

_SHOPS, _KEYS, _POLICIES = table(ShopRow), table(ApiKeyRow), table(PolicyRow)
_WAREHOUSES = table(WarehouseRow)
_KEY = (_KEYS.c.id, _KEYS.c.shop, _KEYS.c.name, _KEYS.c.scopes, _KEYS.c.warehouse)


class ShopBook:
    """What each shop was set up with, and who may act for it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put_shop(self, setup: ShopSetup) -> None:
        """Set a shop up, or change it. Orders keep the policy that held when they came.

        A shop that names no callback secret keeps the one it has, or gets a new one.
        """
        new = insert(_SHOPS)
        columns = ["seller", "restock_email", "status_page", "policy", "callback_url"]
        if setup.callback_secret is not None:
            columns.append("callback_secret")
        with self._database.transaction() as connection:
            connection.execute(
                new.on_conflict_do_update(
                    index_elements=["id"],
                    set_={name: new.excluded[name] for name in columns},
                ),
                {
                    "id": setup.id,
                    "seller": setup.seller.model_dump(mode="json"),
                    "restock_email": setup.restock_email,
                    "status_page": setup.status_page,
                    "policy": keep_policy(connection, setup.policy),
                    "callback_url": setup.callback_url,
                    "callback_secret": setup.callback_secret or _new_secret(),
                },
            )
            connection.execute(
                insert(_WAREHOUSES).on_conflict_do_nothing(), {"shop": setup.id, "code": MAIN}
            )

    def shop(self, shop_id: str) -> Shop | None:
        """A shop as orders that come in now will see it."""
        with self._database.reading() as connection:
            row = connection.execute(
                select(
                    _SHOPS.c.id,
                    cast(_SHOPS.c.seller, Text),
                    _SHOPS.c.restock_email,
                    _SHOPS.c.status_page,
                    cast(_POLICIES.c.body, Text),
                )
                .join(_POLICIES, _POLICIES.c.digest == _SHOPS.c.policy)
                .where(_SHOPS.c.id == shop_id)
            ).one_or_none()
        if row is None:
            return None
        name, seller, restock_email, status_page, policy = row
        return Shop(
            id=name,
            seller=Seller.model_validate_json(seller),
            restock_email=restock_email,
            status_page=status_page,
            policy=Policy.model_validate_json(policy),
        )

    def shops(self) -> tuple[str, ...]:
        """The ids of all shops."""
        with self._database.reading() as connection:
            return tuple(connection.scalars(select(_SHOPS.c.id).order_by(_SHOPS.c.id)))

    def callback_target(self, shop_id: str) -> tuple[str, str] | None:
        """Where callbacks go and the secret that signs them; None where the shop wants none."""
        with self._database.reading() as connection:
            row = connection.execute(
                select(_SHOPS.c.callback_url, _SHOPS.c.callback_secret).where(
                    _SHOPS.c.id == shop_id, _SHOPS.c.callback_url.is_not(None)
                )
            ).one_or_none()
        return None if row is None else (row[0], row[1])

    def issue_key(
        self, shop_id: str, scopes: Iterable[Scope], name: str, warehouse: str = MAIN
    ) -> str:
        """Make a key. It is answered here and never again: only its digest is kept.

        In a warehouse's hands it speaks for ``warehouse`` alone.

        Raises:
            NotOnRecord: there is no such shop, or the shop has no such warehouse.
            ValueError: a key without scopes opens nothing.
        """
        granted = sorted({Scope(scope).value for scope in scopes})
        if not granted:
            raise ValueError("a key needs at least one scope")
        if self.shop(shop_id) is None:
            raise NotOnRecord("shop", shop_id)
        if not self._has(shop_id, warehouse):
            raise NotOnRecord("warehouse", warehouse)
        plain = f"osk_{secrets.token_urlsafe(32)}"
        row = {
            "id": f"key_{secrets.token_hex(8)}",
            "shop": shop_id,
            "name": name,
            "scopes": granted,
            "warehouse": warehouse,
            "digest": _digest(plain),
        }
        with self._database.transaction() as connection:
            connection.execute(insert(_KEYS), row)
        return plain

    def _has(self, shop_id: str, warehouse: str) -> bool:
        found = select(_WAREHOUSES.c.code).where(
            _WAREHOUSES.c.shop == shop_id, _WAREHOUSES.c.code == warehouse
        )
        with self._database.reading() as connection:
            return connection.execute(found).one_or_none() is not None

    def key(self, plain: str) -> ApiKey | None:
        """Whose key this is; None for one that was never issued, or is revoked."""
        with self._database.reading() as connection:
            row = connection.execute(
                select(*_KEY).where(_KEYS.c.digest == _digest(plain), _KEYS.c.revoked_at.is_(None))
            ).one_or_none()
        return None if row is None else _key(*row)

    def keys(self, shop_id: str) -> tuple[ApiKey, ...]:
        """A shop's keys that still open something, oldest first."""
        with self._database.reading() as connection:
            rows = connection.execute(
                select(*_KEY)
                .where(_KEYS.c.shop == shop_id, _KEYS.c.revoked_at.is_(None))
                .order_by(_KEYS.c.created_at, _KEYS.c.id)
            )
            return tuple(_key(*row) for row in rows)

    def revoke_key(self, shop_id: str, key_id: str) -> bool:
        """Make a key open nothing from now on; False where the shop has no such live key."""
        with self._database.transaction() as connection:
            changed = connection.execute(
                update(_KEYS)
                .where(_KEYS.c.shop == shop_id, _KEYS.c.id == key_id, _KEYS.c.revoked_at.is_(None))
                .values(revoked_at=func.now())
                .returning(_KEYS.c.id)
            )
            return changed.one_or_none() is not None


def keep_policy(connection: Connection, policy: Policy) -> str:
    """Keep a policy for as long as orders follow it; the digest by which they name it."""
    body = policy.model_dump(mode="json")
    canonical = json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    connection.execute(insert(_POLICIES).on_conflict_do_nothing(), {"digest": digest, "body": body})
    return digest


def _key(key_id: str, shop: str, name: str, scopes: list[str], warehouse: str) -> ApiKey:
    return ApiKey(
        id=key_id,
        shop=shop,
        name=name,
        scopes=frozenset(Scope(scope) for scope in scopes),
        warehouse=warehouse,
    )


def _digest(plain: str) -> str:
    # A key holds 256 random bits, so a plain digest can neither be guessed nor be worked back.
    return hashlib.sha256(plain.encode(errors="surrogatepass")).hexdigest()


def _new_secret() -> str:
    return f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"
