"""A shop is set up and changed; its keys open what they say until they are revoked."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from backoffice.catalogue import CatalogueBook
from backoffice.database import Database
from backoffice.refusals import NotOnRecord
from backoffice.shops import ShopBook
from domain.shop import Scope
from tests.backoffice.samples import MUG, SHOP, TEA, Trade, product, setup


@pytest.fixture
def book(database: Database) -> ShopBook:
    opened = ShopBook(database)
    opened.put_shop(setup())
    return opened


def test_a_shop_is_read_back_as_it_was_set_up(book: ShopBook) -> None:
    shop = book.shop(SHOP)
    assert shop is not None
    assert (shop.seller, shop.restock_email) == (setup().seller, "buyer@example.com")
    assert book.shop("none") is None
    assert book.shops() == (SHOP,)


def test_a_shop_that_names_no_secret_gets_one_and_keeps_it(book: ShopBook) -> None:
    first = book.callback_target(SHOP)
    assert first is not None
    assert first[1].startswith("whsec_")
    book.put_shop(setup(callback_url="https://shop.example/hook"))
    assert book.callback_target(SHOP) == ("https://shop.example/hook", first[1])


def test_a_shop_may_name_its_own_secret(book: ShopBook) -> None:
    secret = f"whsec_{'A' * 43}="
    book.put_shop(setup(callback_secret=secret))
    target = book.callback_target(SHOP)
    assert target is not None
    assert target[1] == secret


def test_a_shop_without_an_address_has_no_target(book: ShopBook) -> None:
    book.put_shop(setup(callback_url=None))
    assert book.callback_target(SHOP) is None
    assert book.callback_target("none") is None


def test_a_key_opens_its_own_shop_with_its_own_scopes(book: ShopBook) -> None:
    plain = book.issue_key(SHOP, [Scope.WAREHOUSE, Scope.SUPPORT], "desk")
    key = book.key(plain)
    assert key is not None
    assert (key.shop, key.name, key.scopes) == (
        SHOP,
        "desk",
        frozenset({Scope.WAREHOUSE, Scope.SUPPORT}),
    )
    assert book.key(plain + "x") is None
    assert book.key("\ud800") is None


def test_a_key_is_kept_as_a_digest_only(book: ShopBook, database: Database) -> None:
    plain = book.issue_key(SHOP, [Scope.SHOP], "till")
    with database.transaction() as connection:
        stored = connection.execute(text("SELECT api_keys::text FROM api_keys")).scalar_one()
    assert plain not in stored
    assert plain.removeprefix("osk_") not in stored


def test_a_revoked_key_opens_nothing(book: ShopBook) -> None:
    plain = book.issue_key(SHOP, [Scope.SHOP], "till")
    (key,) = book.keys(SHOP)
    assert not book.revoke_key("other", key.id)
    assert book.revoke_key(SHOP, key.id)
    assert not book.revoke_key(SHOP, key.id)
    assert (book.key(plain), book.keys(SHOP)) == (None, ())


def test_a_key_needs_a_shop_and_a_scope(book: ShopBook) -> None:
    with pytest.raises(NotOnRecord):
        book.issue_key("none", [Scope.SHOP], "till")
    with pytest.raises(ValueError, match="at least one scope"):
        book.issue_key(SHOP, [], "till")


def test_products_are_put_all_or_none(database: Database) -> None:
    trade = Trade(database)
    book = CatalogueBook(database)
    with pytest.raises(IntegrityError):
        book.put_products("none", [product("A"), product("B")])
    book.put_products(trade.shop_id, [product(MUG, bin="Z-9"), product("A", barcodes=())])
    assert book.products(SHOP, (MUG, "A", "NONE")) == {
        MUG: product(MUG, bin="Z-9"),
        "A": product("A", barcodes=()),
    }
    assert [one.sku for one in book.products_page(SHOP)] == ["A", MUG, TEA]
    assert [one.sku for one in book.products_page(SHOP, after="A", limit=1)] == [MUG]


def test_of_two_products_with_one_sku_the_later_holds(database: Database) -> None:
    Trade(database)
    book = CatalogueBook(database)
    book.put_products(SHOP, [product("A", name="old"), product("A", name="new")])
    assert book.products(SHOP, ("A",))["A"].name == "new"
