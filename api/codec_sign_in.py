"""Who may use the codec endpoint: a support key, in a header or in the cookie of a sign-in.

The Temporal UI sends no header of ours, but it can send cookies ("include cross-origin
credentials"). So support signs in once, on a page of this API. The cookie holds the key, encrypted
with a key that only this installation has: it is looked up on each call, and revoking it works.
"""

import base64
import binascii
import time
from datetime import timedelta
from html import escape
from typing import Annotated

from cryptography.exceptions import InvalidTag
from fastapi import APIRouter, Cookie, Depends, Form
from fastapi.responses import HTMLResponse

from api.access import Allowed, BearerKey, HeaderKey, Wired
from api.problems import ProblemError, away
from api.wiring import Wiring
from domain.shop import ApiKey, Scope
from runtime.codec import OrderCodec
from runtime.master_keys import NONCE_BYTES, CodecFailure, new_nonce

COOKIE = "ordersaga_codec"
SIGNED_IN_FOR = timedelta(hours=10)

router = APIRouter(prefix="/codec", include_in_schema=False)

_SUBJECT = "codec-sign-in"
_TABLE = "the table of data keys"
_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Ordersaga: read the Temporal UI</title>
<style>body{{font:16px/1.5 system-ui;max-width:34rem;margin:4rem auto;padding:0 1rem}}
input,button{{font:inherit;padding:.4rem .6rem}}input{{width:20rem}}</style>
<h1>Read the Temporal UI</h1>
<p>{words}</p>
<form method="post" action="sign-in"><label>A key with scope support<br>
<input name="key" type="password" autocomplete="off" required></label>
<button>Sign in</button></form>
<p>The embedded Temporal UI needs nothing more.{link}</p>
<p>In another one, open <em>Codec Server</em> (the glasses, top right), choose <em>Use my
browser setting</em>, enter this API's address followed by <code>/codec</code>,
and switch on <em>Include cross-origin credentials</em>.
</p></html>
"""


class CodecAllowed(Allowed):
    """A dependency: the caller's support key, from a header, else from the sign-in's cookie."""

    async def __call__(
        self,
        wiring: Wired,
        header: HeaderKey,
        bearer: BearerKey,
        cookie: Annotated[str | None, Cookie(alias=COOKIE, include_in_schema=False)] = None,
    ) -> ApiKey:
        """Look the key up.

        Raises:
            ProblemError: 401 without a valid key, 403 where it lacks the scope, 503 while a cookie
                cannot be opened.
        """
        if header is None and bearer is None and cookie is not None and wiring.codec is not None:
            header = await _key_in(wiring.codec, cookie)
        return await super().__call__(wiring, header, bearer)


CodecKey = Annotated[ApiKey, Depends(CodecAllowed(Scope.SUPPORT))]


@router.get("/sign-in", response_class=HTMLResponse)
def page(wiring: Wired) -> HTMLResponse:
    """Where support signs in."""
    return _page(wiring, "Sign in once in this browser; it lasts for a working day.")


@router.post("/sign-in", response_class=HTMLResponse)
async def sign_in(wiring: Wired, key: Annotated[str, Form(max_length=200)]) -> HTMLResponse:
    """Keep a valid support key in a cookie that scripts cannot read."""
    if wiring.codec is None:
        return _page(wiring, "Encryption is off here: there is nothing to decrypt.", 409)
    try:
        await _allowed(wiring, key, None)
    except ProblemError as refused:
        words = "Not signed in: that key opens nothing here; it needs scope support."
        return _page(wiring, words, refused.status)
    try:
        sealed = await _sealed(wiring.codec, key)
    except (CodecFailure, ConnectionError) as error:
        raise away(_TABLE) from error
    answer = _page(wiring, "Signed in. The Temporal UI can read your shop's orders now.")
    answer.set_cookie(
        COOKIE,
        sealed,
        max_age=int(SIGNED_IN_FOR.total_seconds()),
        path="/codec",
        secure=wiring.public_url.startswith("https://"),
        httponly=True,
        samesite="strict",
    )
    return answer


_allowed = Allowed(Scope.SUPPORT)


def _page(wiring: Wiring, words: str, status: int = 200) -> HTMLResponse:
    headers = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
    link = ""
    if wiring.temporal_ui_url:
        link = f' <a href="{escape(wiring.temporal_ui_url)}">Open the Temporal UI.</a>'
    return HTMLResponse(_PAGE.format(words=escape(words), link=link), status, headers)


async def _sealed(codec: OrderCodec, key: str) -> str:
    until = int(time.time() + SIGNED_IN_FOR.total_seconds())
    nonce = new_nonce()
    secret = await codec.keyring.to_encrypt(_SUBJECT)
    sealed = secret.encrypt(nonce, f"{until} {key}".encode(), _SUBJECT.encode())
    return base64.urlsafe_b64encode(nonce + sealed).decode()


async def _key_in(codec: OrderCodec, cookie: str) -> str | None:
    """The key in a cookie of ours that has not run out.

    Raises:
        ProblemError: 503, while the key that opens cookies cannot be looked up.
    """
    try:
        sealed = base64.urlsafe_b64decode(cookie)
        secret = await codec.keyring.to_decrypt(_SUBJECT)
        if secret is None:
            return None
        plain = secret.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _SUBJECT.encode())
    except (binascii.Error, ValueError, InvalidTag, CodecFailure):
        return None
    except ConnectionError as error:
        raise away(_TABLE) from error
    until, _, key = plain.decode().partition(" ")
    return key if time.time() < int(until) else None
