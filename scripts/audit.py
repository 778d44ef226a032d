"""Audit what Ordersaga depends on: advisories, withdrawn releases, the locks, licences.

Advisories and withdrawn releases are asked for over the network. Where nobody answers, the audit
says NOT CHECKED in so many words and goes on; with `--strict` that is a failure too. What needs no
network is always judged. The page on the dependency audit in docs/decisions/ says why.
"""

import json
import re
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
LOCKS = ROOT / "requirements"
# What may be linked into, or shipped beside, MIT code without a say in its licence.
LICENCES = re.compile(
    r"MIT|BSD|Apache|ISC\b|MPL|Mozilla|PSF|Python Software|Unlicense|LGPL|Lesser General|CC0|0BSD",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Finding:
    """One question's answer: `checked` is false where nobody could be asked."""

    question: str
    troubles: list[str]
    checked: bool = True
    note: str = ""


def locked(name: str) -> dict[str, tuple[Requirement, int]]:
    """The pins of one lock file by name, each with the number of its hashes."""
    text = (LOCKS / name).read_text().replace("\\\n", " ")
    pins: dict[str, tuple[Requirement, int]] = {}
    for line in filter(str.strip, text.splitlines()):
        pin = Requirement(line.partition("--hash")[0].strip())
        pins[canonicalize_name(pin.name)] = (pin, line.count("--hash=sha256:"))
    return pins


def version(pin: Requirement) -> str:
    """The one version that a pin allows."""
    return str(pin.specifier).removeprefix("==")


def lock_agreement() -> Finding:
    """Every pin is exact and hashed, the locks agree, and they fit pyproject.toml."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    groups = project["dependency-groups"]
    shipped, build, dev = locked("lock.txt"), locked("build.txt"), locked("dev.txt")
    troubles = [
        f"{pin.name}: not pinned to one version by hashes"
        for pin, hashes in dev.values()
        if not hashes or not str(pin.specifier).startswith("==")
    ]
    for name, (pin, _) in (shipped | build).items():
        if name not in dev or version(dev[name][0]) != version(pin):
            troubles.append(f"{name}: what is tested is not {version(pin)}, which is shipped")
    asked = [(shipped, wish) for wish in project["project"]["dependencies"]]
    asked += [(build, wish) for wish in groups["build"]]
    asked += [(dev, wish) for wish in groups["dev"] if isinstance(wish, str)]
    for pins, text in asked:
        wish = Requirement(text)
        found = pins.get(canonicalize_name(wish.name))
        if found is None or not wish.specifier.contains(version(found[0])):
            troubles.append(f"{text}: not what the lock holds; run `make lock`")
    return Finding(f"{len(dev)} locked packages agree", troubles)


def licences() -> Finding:
    """What is shipped is under a licence that lets an MIT project ship it."""
    troubles: list[str] = []
    for name, (pin, _) in locked("lock.txt").items():
        try:
            facts = metadata(name)
        except PackageNotFoundError:
            if pin.marker is None or pin.marker.evaluate():
                troubles.append(f"{name}: locked but not installed; run `make setup`")
            continue
        # Some paste the whole text into "License"; its first words are the name.
        stated = [str(facts["License-Expression"]), str(facts["License"])[:200]]
        stated += [c for c in facts.get_all("Classifier", []) if c.startswith("License ::")]
        if not any(LICENCES.search(words) for words in stated):
            troubles.append(f"{name}: licence {stated}")
    return Finding("licences of what is shipped", troubles)


def ask(*arguments: str) -> tuple[dict[str, Any] | None, str]:
    """The JSON that a command wrote, or nothing and its complaint where it could not answer."""
    ran = subprocess.run(
        [sys.executable, "-m", *arguments], capture_output=True, text=True, check=False, cwd=ROOT
    )
    try:
        return json.loads(ran.stdout), ""
    except json.JSONDecodeError:
        return None, ran.stderr.strip() or "no answer"


def advisories() -> Finding:
    """No locked package has a published vulnerability."""
    question = "published vulnerabilities"
    answer, silence = ask(
        "pip_audit", "--requirement", "requirements/dev.txt", "--require-hashes", "--disable-pip",
        "--format", "json", "--progress-spinner", "off",
    )  # fmt: skip
    if answer is None:
        return Finding(question, [], checked=False, note=silence.splitlines()[-1])
    found = answer["dependencies"]
    unknown = [f"{one['name']}: {one['skip_reason']}" for one in found if "skip_reason" in one]
    # The auditor reports success when its source knows none of the packages at all.
    if len(unknown) == len(found):
        return Finding(question, [], checked=False, note="the advisory source knows no package")
    hits = [
        f"{one['name']} {one['version']}: {flaw['id']}, mended in {flaw['fix_versions']}"
        for one in found
        for flaw in one.get("vulns", [])
    ]
    return Finding(question, hits + unknown)


def withdrawn() -> Finding:
    """No locked release was withdrawn by its authors, and every hash is still the index's own."""
    question = "withdrawn releases"
    answer, silence = ask(
        "pip", "install", "--quiet", "--retries", "1", "--dry-run", "--ignore-installed",
        "--no-deps", "--require-hashes", "--report", "-", "--requirement", "requirements/dev.txt",
    )  # fmt: skip
    if answer is None:
        if "HASHES" in silence:
            return Finding(question, [silence])
        return Finding(question, [], checked=False, note=silence.splitlines()[-1])
    yanked = [one["metadata"] for one in answer["install"] if one.get("is_yanked")]
    return Finding(question, [f"{one['name']} {one['version']}: withdrawn" for one in yanked])


def main() -> int:
    """Print each question's answer; the status is 0 when nothing is wrong."""
    strict = "--strict" in sys.argv[1:]
    wrong = False
    for question in (lock_agreement, licences, withdrawn, advisories):
        finding = question()
        word = "ok" if finding.checked else "NOT CHECKED"
        if finding.troubles or (strict and not finding.checked):
            wrong = True
            word = "WRONG" if finding.troubles else word
        print(f"audit: {finding.question}: {word} {finding.note}".rstrip(), flush=True)
        for trouble in finding.troubles:
            print(f"audit:   {trouble}")
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main())
