"""A shop: how it is set up, and who may speak for it."""

from enum import StrEnum
from typing import Annotated

from pydantic import StringConstraints

from domain.address import Seller
from domain.model import Code, Email, Model, OptionalText, Text
from domain.policy import Policy
from domain.stock import MAIN

WebAddress = Annotated[str, StringConstraints(max_length=2000, pattern=r"^https?://[^\s\x00]+$")]
"""An absolute http or https address."""

CallbackSecret = Annotated[str, StringConstraints(pattern=r"^whsec_[A-Za-z0-9+/]{32,}={0,2}$")]
"""The key that callbacks are signed with: ``whsec_`` and its bytes in base64."""


class ShopSetup(Model):
    """What a shop is set up with; without a callback secret one is made and kept."""

    id: Code
    seller: Seller
    restock_email: Email
    status_page: OptionalText = ""
    policy: Policy = Policy()
    callback_url: WebAddress | None = None
    callback_secret: CallbackSecret | None = None


class Scope(StrEnum):
    """What an API key may do."""

    SHOP = "shop"
    WAREHOUSE = "warehouse"
    SUPPORT = "support"


class ApiKey(Model):
    """Who is calling: a key of one shop, its name and its scopes; never the key itself. With the
    scope ``warehouse`` it speaks for one warehouse alone."""

    id: str
    shop: Code
    name: Text
    scopes: frozenset[Scope]
    warehouse: str = MAIN
