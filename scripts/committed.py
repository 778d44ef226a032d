"""Check what is committed: nothing of one machine, no package index, nothing left for later.

Git is asked for the files it tracks or would track, so a file is judged before it is committed.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LIMIT = 5_000_000

# The patterns are written so that none of them matches its own line.
EVERYWHERE = {
    "a machine's own path": r"(?<![\w.$}~-])/(?:home|root|work|Users)/[\w.]",
    "a package index": r"py[p]i\.(?:org|io)|python[h]osted|npm[j]s\.|proxy\.gol[a]ng|[c]rates\.io",
    "a private key": r"BEGIN (?:[A-Z]+ )?PRIVATE [K]EY",
    "a live key": r"\b(?:sk|rk|shippo)_[l]ive_\w{8}|\bSG\.[\w-]{22}\.[\w-]{43}",
    "left for later": r"\b(?:TO[D]O|FIX[M]E)\b",
    "about the making, not the product": r"(?i)\bissues? #?\d{1,3}\b(?!-)|\.\./shar[e]d\b",
}
IN_LOCKS = {
    "an address": r"\w://",
    "a setting of one machine's installer": r"(?m)^\s*--(?!hash=sha256:)",
}
# Made by tools or recorded from runs: long, and not anybody's words.
RECORDED = re.compile(r"\.(?:sum|mod|png|svg|pdf|ttf|otf|gz|json|zpl)$")


def files() -> list[Path]:
    """Every file that is committed, or would be by `git add --all`."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    paths = {ROOT / name for name in listed.stdout.split("\0") if name}
    return sorted(path for path in paths if path.is_file())


def troubles(name: str, content: str) -> list[str]:
    """What should not stand in a file of this name, each with its line."""
    patterns = EVERYWHERE | (IN_LOCKS if name.startswith("requirements/") else {})
    if RECORDED.search(name):
        patterns = {what: patterns[what] for what in ("a machine's own path", "a live key")}
    return [
        f"{name}:{content.count(chr(10), 0, found.start()) + 1}: {what}: {found[0]!r}"
        for what, pattern in patterns.items()
        for found in re.finditer(pattern, content)
    ]


def main() -> int:
    """Print what was found; the status is 0 when there is nothing."""
    found: list[str] = []
    paths = files()
    for path in paths:
        name = path.relative_to(ROOT).as_posix()
        if path.stat().st_size > LIMIT:
            found.append(f"{name}: larger than {LIMIT:,} bytes")
        found += troubles(name, path.read_bytes().decode("utf-8", errors="replace"))
    print("\n".join([*found, f"committed: {len(paths)} files, {len(found)} troubles"]))
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
