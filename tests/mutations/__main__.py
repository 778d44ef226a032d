"""``python -m tests.mutations [NAME ...]``: break a copy of the product, one way at a time."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.mutations.catalogue import MUTATIONS, Mutation

ROOT = Path(__file__).resolve().parents[2]
_PYTEST = (sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider")
_GATE_SECONDS = 420
_RED = 1
"""What pytest says where tests ran and failed; anything else is no verdict."""


class NoVerdict(RuntimeError):
    """A gate could not be asked."""


def copy_of_the_product(folder: Path) -> Path:
    """The files under version control, as they are in the working tree."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


def apply(mutation: Mutation, folder: Path) -> str:
    """Break it; what stood there.

    Raises:
        NoVerdict: the place is not there just once, so the catalogue is behind the code.
    """
    path = folder / mutation.file
    before = path.read_text()
    if before.count(mutation.old) != 1:
        raise NoVerdict(f"{mutation.file} holds the place {before.count(mutation.old)} times")
    path.write_text(before.replace(mutation.old, mutation.new))
    return before


def red_gate(mutation: Mutation, folder: Path) -> str | None:
    """The first gate that turns red; None where the mutation survives them all."""
    for gate in mutation.gates:
        asked = subprocess.run(
            [*_PYTEST, f"--basetemp={folder / '.tests'}", gate],
            cwd=folder,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            timeout=_GATE_SECONDS,
            check=False,
        )
        if asked.returncode == _RED:
            failed = [line for line in asked.stdout.splitlines() if line.startswith("FAILED")]
            return failed[0].split(" ")[1] if failed else gate
        if asked.returncode != 0:
            raise NoVerdict(f"{gate}: pytest ended with {asked.returncode}\n{asked.stdout[-2000:]}")
    return None


def main() -> int:
    """Run them all, or those whose name holds one of the words; 1 where one survives."""
    words = sys.argv[1:]
    chosen = [one for one in MUTATIONS if not words or any(word in one.name for word in words)]
    killed = 0
    with tempfile.TemporaryDirectory(prefix="ordersaga-mutations-") as name:
        folder = copy_of_the_product(Path(name))
        for number, mutation in enumerate(chosen, 1):
            began = time.monotonic()
            before = (folder / mutation.file).read_text()
            try:
                apply(mutation, folder)
                verdict = red_gate(mutation, folder)
                words_of_it = f"killed by {verdict}" if verdict else "SURVIVES"
                killed += verdict is not None
            except (NoVerdict, subprocess.TimeoutExpired) as error:
                words_of_it = f"NO VERDICT: {error}"
            finally:
                (folder / mutation.file).write_text(before)
            seconds = time.monotonic() - began
            print(
                f"{number:>3} of {len(chosen)}  {mutation.name}: {words_of_it} ({seconds:.0f} s)",
                file=sys.stderr,
                flush=True,
            )
    for figure, value in (("mutations", len(chosen)), ("mutations_killed", killed)):
        print(json.dumps({"figure": figure, "value": value, "unit": "mutations"}), flush=True)
    return 0 if killed == len(chosen) else 1


if __name__ == "__main__":
    sys.exit(main())
