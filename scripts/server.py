"""Find the Temporal server that the tests need, or build it, before the first test starts.

A build takes minutes the first time, and says so as it goes; inside a test it would be silent.
"""

import os
import sys

from runtime.devserver_build import ServerUnavailableError, find_or_build


def main() -> int:
    """Print where the server is; the status is 1 when there is none."""
    try:
        found = find_or_build(lambda line: print(line, flush=True))
    except ServerUnavailableError as trouble:
        print(trouble, file=sys.stderr)
        return 1
    print(f"server: {found}")
    return 0


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # Looking may have used the Temporal client, which can abort an interpreter that shuts down.
    os._exit(status)
