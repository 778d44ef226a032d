"""How many requests the outside world saw and made, by operation: counted by the sandbox itself."""

import time
from collections import Counter
from collections.abc import Mapping

from sandbox.client import SandboxClient

_NEVER = 10**9
_PATIENCE = 60.0
_QUIET = 2.0
"""Seconds without a request, longer than the outside world ever thinks about anything."""


class RequestsSeen:
    """A rule for each operation that counts its calls, and whose fault never comes."""

    def __init__(self, sandbox: SandboxClient) -> None:
        """Begin to count. Each call costs the sandbox a little more from now on."""
        self._sandbox = sandbox
        self._rules: dict[str, str] = {}
        for known in sandbox.operations():
            provider, operation = str(known["provider"]), str(known["operation"])
            if operation != "play":  # the warehouse's own doings are no requests
                rule = sandbox.fault(provider, operation, known["kinds"][0], nth=_NEVER)
                self._rules[rule] = f"{provider} {operation}"

    def per_order(self, orders: int) -> Mapping[str, float]:
        """Calls of each operation that was called, for each of so many orders, once all is quiet.

        Raises TimeoutError where it does not become quiet within a minute.
        """
        deadline = time.monotonic() + _PATIENCE
        counts: Counter[str] = Counter()
        while time.monotonic() < deadline:
            seen = Counter({self._rules[one["id"]]: one["seen"] for one in self._sandbox.faults()})
            if seen == counts:
                return {name: seen / orders for name, seen in sorted(counts.items()) if seen}
            counts = seen
            time.sleep(_QUIET)
        raise TimeoutError("the outside world does not come to rest")

    def stop(self) -> None:
        """Count no more."""
        for rule in self._rules:
            self._sandbox.clear_faults(rule)
