"""Tests reach this machine only: any other socket address or host name is refused.

The refusal raises where it happens, and fails the test even where the code under test turned it
into an answer ("provider unreachable" would else look like a pass). It is an audit hook, so it
sees every Python socket, whoever opened it; child processes and C libraries are not covered.
"""

import ipaddress
import socket
import sys
from collections.abc import Generator
from typing import cast

import pytest

LOOK_UPS = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyname_ex"}
ADDRESSED = {"socket.connect", "socket.bind", "socket.sendto"}
INTERNET = {socket.AF_INET, socket.AF_INET6}

_refused: list[str] = []


class OutsideAddressError(RuntimeError):
    """A test tried to use an address that is not this machine's own loopback."""


def is_loopback(host: object) -> bool:
    """Whether a host, as given to a socket call, can only mean this machine."""
    if host is None:  # a look-up for one's own listening address
        return True
    name = host.decode() if isinstance(host, bytes | bytearray) else str(host)
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _host_in(event: str, args: tuple[object, ...]) -> object:
    if event in LOOK_UPS:
        return args[0]
    opened, address = args[0], args[1]
    if isinstance(opened, socket.socket) and opened.family not in INTERNET:
        return None
    return cast("tuple[object, ...]", address)[0] if isinstance(address, tuple) else None


def _watch(event: str, args: tuple[object, ...]) -> None:
    if event not in LOOK_UPS and event not in ADDRESSED:
        return
    host = _host_in(event, args)
    if not is_loopback(host):
        refusal = f"{event.partition('.')[2]} to {host!r}"
        _refused.append(refusal)
        raise OutsideAddressError(f"{refusal} refused: tests use loopback addresses only")


sys.addaudithook(_watch)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown() -> Generator[None, object, object]:
    result = yield
    if _refused:
        refused = ", ".join(_refused)
        _refused.clear()
        pytest.fail(f"left this machine: {refused}", pytrace=False)
    return result
