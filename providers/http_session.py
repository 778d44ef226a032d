"""HTTP sessions for the SDKs that speak `requests`: time-outs, no cookies, safe between threads."""

from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

_CONNECTIONS = 64
"""More than the threads of one worker process that call one provider at a time."""


class TimedSession(requests.Session):
    """A session for one provider, shared by all threads of a process.

    ``timeout`` is (connect, read) in seconds. GETs are tried again ``get_retries`` times when the
    answer is lost or is 502 to 504; a POST never is: whoever sends it must look first.
    """

    def __init__(self, timeout: tuple[float, float], get_retries: int) -> None:
        super().__init__()
        self._timeout = timeout
        retries = Retry(
            total=get_retries,
            connect=0,
            read=get_retries,
            status=get_retries,
            other=0,
            allowed_methods=frozenset({"GET"}),
            status_forcelist=(502, 503, 504),
            backoff_factor=0.1,
            respect_retry_after_header=False,
            raise_on_status=False,
        )
        # A cookie jar is the one part of a session that threads would fight over.
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        for scheme in ("https://", "http://"):
            self.mount(
                scheme,
                HTTPAdapter(
                    max_retries=retries, pool_connections=_CONNECTIONS, pool_maxsize=_CONNECTIONS
                ),
            )

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Send with our time-out where none is given: by default `requests` waits for ever."""
        if kwargs.get("timeout") is None:
            kwargs["timeout"] = self._timeout
        return super().send(request, **kwargs)
