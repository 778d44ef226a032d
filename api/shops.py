"""Setting shops up: who sells, by which rules, and who may speak for them."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field

from api.access import AdminKey, Wired
from api.bodies import JsonBody
from api.order_checks import problem_of_country
from api.parameters import Name, ShopId
from api.problems import FieldProblem, invalid, not_found
from api.wiring import Wiring
from backoffice.refusals import NotOnRecord
from domain.model import Model, Text
from domain.policy import problems_of_calendars
from domain.record import Shop
from domain.routing import WarehouseCode
from domain.shop import ApiKey, Scope, ShopSetup
from domain.stock import MAIN

router = APIRouter(tags=["set-up"])

EXAMPLE_SHOP = {
    "seller": {
        "name": "Tea & Oak",
        "address": {
            "name": "Tea & Oak GmbH",
            "line1": "Lindenstraße 12",
            "city": "Leipzig",
            "postal_code": "04109",
            "country": "DE",
        },
        "email": "shop@tea-and-oak.example",
        "tax_id": "DE123456789",
    },
    "restock_email": "stock@tea-and-oak.example",
    "policy": {"pick_within": "P3D", "max_parcel_grams": 20000},
    "callback_url": "https://tea-and-oak.example/ordersaga",
}


class NewKey(Model):
    """A key to be made: what it may do, and what it is called. With the scope `warehouse` it speaks
    for one warehouse, and no other."""

    scopes: Annotated[frozenset[Scope], Field(min_length=1)]
    name: Text
    warehouse: WarehouseCode = MAIN


class IssuedKey(Model):
    """The key itself, shown here and never again."""

    key: str
    shop: str
    name: str
    scopes: frozenset[Scope]
    warehouse: str = MAIN


class KeyList(Model):
    """A shop's keys that still open something, without the keys themselves."""

    keys: tuple[ApiKey, ...]


class Revoked(Model):
    """The key opens nothing any more."""

    id: str


class CallbackTarget(Model):
    """Where a shop's callbacks go, and the secret that they are signed with."""

    url: str
    secret: str


_SHOP = JsonBody(ShopSetup, {"a shop": EXAMPLE_SHOP}, from_path={"id": "shop"})
_KEY = JsonBody(NewKey, {"for a warehouse": {"scopes": ["warehouse"], "name": "WMS"}})


def known_shop(wiring: Wiring, shop: str) -> Shop:
    """The shop.

    Raises:
        ProblemError: 404.
    """
    found = wiring.books.shops.shop(shop)
    if found is None:
        raise not_found("shop")
    return found


@router.put("/shops/{shop}", summary="Set a shop up, or change it")
def put_shop(
    wiring: Wired, _key: AdminKey, shop: ShopId, setup: Annotated[ShopSetup, Depends(_SHOP)]
) -> Shop:
    """Orders keep the policy that held when they came. Without a callback secret one is made."""
    country = setup.seller.address.country
    problems = (
        *problem_of_country("seller.address.country", country, wiring.countries),
        *(
            FieldProblem(field=f"policy.{field}", message=words)
            for field, words in problems_of_calendars(setup.policy)
        ),
    )
    if problems:
        raise invalid(problems)
    wiring.books.shops.put_shop(setup)
    return known_shop(wiring, shop)


@router.get("/shops/{shop}", summary="How a shop is set up")
def look_up(wiring: Wired, _key: AdminKey, shop: ShopId) -> Shop:
    """Seller, addresses and policy."""
    return known_shop(wiring, shop)


@router.get("/shops/{shop}/callback-target", summary="Where callbacks go")
def callback_target(wiring: Wired, _key: AdminKey, shop: ShopId) -> CallbackTarget:
    """With the secret, for whoever sets the receiver up."""
    known_shop(wiring, shop)
    target = wiring.books.shops.callback_target(shop)
    if target is None:
        raise not_found("callback address")
    return CallbackTarget(url=target[0], secret=target[1])


@router.post("/shops/{shop}/keys", status_code=201, summary="Make a key")
def issue_key(
    wiring: Wired, _key: AdminKey, shop: ShopId, wanted: Annotated[NewKey, Depends(_KEY)]
) -> IssuedKey:
    """Only its digest is kept: note the key now."""
    known_shop(wiring, shop)
    try:
        plain = wiring.books.shops.issue_key(shop, wanted.scopes, wanted.name, wanted.warehouse)
    except NotOnRecord as unknown:
        words = f"the shop has no warehouse {wanted.warehouse}"
        raise invalid((FieldProblem(field="warehouse", message=words),)) from unknown
    return IssuedKey(
        key=plain,
        shop=shop,
        name=wanted.name,
        scopes=wanted.scopes,
        warehouse=wanted.warehouse,
    )


@router.get("/shops/{shop}/keys", summary="A shop's keys")
def keys(wiring: Wired, _key: AdminKey, shop: ShopId) -> KeyList:
    """Those that still open something, oldest first."""
    known_shop(wiring, shop)
    return KeyList(keys=wiring.books.shops.keys(shop))


@router.delete("/shops/{shop}/keys/{key_id}", summary="Revoke a key")
def revoke_key(wiring: Wired, _key: AdminKey, shop: ShopId, key_id: Name) -> Revoked:
    """From now on it opens nothing."""
    if not wiring.books.shops.revoke_key(shop, key_id):
        raise not_found("key")
    return Revoked(id=key_id)
