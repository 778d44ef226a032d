"""Who is calling, and what their key may do."""

import hmac
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.concurrency import run_in_threadpool
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

from api.problems import ProblemError
from api.wiring import Wiring
from domain.shop import ApiKey, Scope

_IN_HEADER = APIKeyHeader(
    name="X-API-Key", scheme_name="ApiKey", description="A shop's key.", auto_error=False
)
_AS_BEARER = HTTPBearer(
    scheme_name="Bearer", description="The same key as a bearer token.", auto_error=False
)

HeaderKey = Annotated[str | None, Security(_IN_HEADER)]
BearerKey = Annotated[HTTPAuthorizationCredentials | None, Security(_AS_BEARER)]


def wiring_of(request: Request) -> Wiring:
    """What this application was put together from."""
    return request.app.state.wiring


Wired = Annotated[Wiring, Depends(wiring_of)]


class Allowed:
    """A dependency: the caller's key, if it has one of these scopes.

    Raises:
        ProblemError: 401 without a valid key, 403 where it lacks the scope.
    """

    def __init__(self, *scopes: Scope) -> None:
        self.scopes = scopes

    @property
    def words(self) -> str:
        """For the description of the API."""
        return " or ".join(f"`{scope.value}`" for scope in self.scopes)

    async def __call__(self, wiring: Wired, header: HeaderKey, bearer: BearerKey) -> ApiKey:
        """Look the key up."""
        plain = _sent(header, bearer)
        key = await run_in_threadpool(wiring.books.shops.key, plain) if _plausible(plain) else None
        if key is None:
            raise _nobody()
        if not key.scopes.intersection(self.scopes):
            needed = " or ".join(scope.value for scope in self.scopes)
            raise ProblemError(403, f"this needs a key with scope {needed}")
        return key


class AdminAllowed:
    """A dependency for set-up: the installation's own key, compared in constant time."""

    words = "the installation's admin key"

    async def __call__(self, wiring: Wired, header: HeaderKey, bearer: BearerKey) -> None:
        """Check it.

        Raises:
            ProblemError: 401 for anything else; 403 for a shop's key, which is known.
        """
        plain = _sent(header, bearer)
        if not _plausible(plain):
            raise _nobody()
        if wiring.admin_key and hmac.compare_digest(plain.encode(), wiring.admin_key.encode()):
            return
        if await run_in_threadpool(wiring.books.shops.key, plain) is None:
            raise _nobody()
        raise ProblemError(403, "this needs the installation's admin key")


def _sent(header: str | None, bearer: HTTPAuthorizationCredentials | None) -> str:
    return header or (bearer.credentials if bearer is not None else "")


def _plausible(plain: str) -> bool:
    return 0 < len(plain) <= 200 and plain.isascii() and plain.isprintable()


def _nobody() -> ProblemError:
    return ProblemError(
        401,
        "send a valid key as X-API-Key, or as Authorization: Bearer",
        headers={"WWW-Authenticate": 'Bearer realm="ordersaga"'},
    )


ShopKey = Annotated[ApiKey, Depends(Allowed(Scope.SHOP))]
SupportKey = Annotated[ApiKey, Depends(Allowed(Scope.SUPPORT))]
WarehouseKey = Annotated[ApiKey, Depends(Allowed(Scope.WAREHOUSE))]
PapersKey = Annotated[ApiKey, Depends(Allowed(Scope.WAREHOUSE, Scope.SUPPORT))]
OfficeKey = Annotated[ApiKey, Depends(Allowed(Scope.SHOP, Scope.SUPPORT))]
AdminKey = Annotated[None, Depends(AdminAllowed())]
