"""Tests start from no settings: what this machine is set up to reach is not theirs to touch.

A shell that points `ordersaga` at a real database or Temporal server may run the tests too.
"""

import os

PREFIXES = ("ORDERSAGA_", "TEMPORAL_", "OTEL_")

for _name in [name for name in os.environ if name.startswith(PREFIXES)]:
    del os.environ[_name]
