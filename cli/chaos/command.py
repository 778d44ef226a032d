"""What `ordersaga chaos` does around a run: a place of its own, and what is left of it."""

import os
import shutil
import tempfile
from pathlib import Path

from cli.chaos.run import Wanted, run_chaos
from cli.progress import Teller

_OURS = ("ORDERSAGA_", "TEMPORAL_")
_AMBIGUITY_SECONDS = "8"
"""Ten minutes in earnest; a run lasts hardly longer."""


def carry_out(wanted: Wanted, *, keep: bool = False) -> bool:
    """Run it in a new folder; whether no rule was broken. The folder stays where one was, or with
    ``keep``.

    Nothing that the environment names is touched: database, engine and providers are the run's own.
    """
    for name in [name for name in os.environ if name.startswith(_OURS)]:
        del os.environ[name]
    os.environ["ORDERSAGA_MAIL_AMBIGUITY_SECONDS"] = _AMBIGUITY_SECONDS
    teller = Teller()
    folder = Path(tempfile.mkdtemp(prefix="ordersaga-chaos-"))
    sound = False
    try:
        sound = run_chaos(wanted, folder, teller).violations == 0
    finally:
        if sound and not keep:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            teller.say(f"stories, logs and databases of this run: {folder}")
    return sound
