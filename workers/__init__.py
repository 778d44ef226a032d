"""Where everything is put together: settings, clients, activities, and their Temporal worker."""

import sys

# httpx brings its command line where what that needs is installed: a hundred modules, 4 MiB of
# every worker. None is the language's way to say that a module is not there.
sys.modules.setdefault("httpx._main", None)  # pyright: ignore[reportArgumentType]
