"""The checks of `make check` that are our own turn red where they should."""

import re
from pathlib import Path
from typing import Any

import pytest

from scripts import audit, committed

ROOT = Path(__file__).resolve().parents[2]


# Written in two halves, so that this file does not break the rule that it tries.
@pytest.mark.parametrize(
    ("what", "content"),
    [
        ("a machine's own path", "cache = '/ho" + "me/anna/orders'"),
        ("a machine's own path", "see /wo" + "rk/orders/notes.md"),
        ("a package index", "https://py" + "pi.org/simple"),
        ("a private key", "-----BEGIN PRIVATE " + "KEY-----"),
        ("a live key", "key = 'sk_" + "live_51Habcdefgh'"),
        ("left for later", "# TO" + "DO: the rest"),
        ("about the making, not the product", "as asked in iss" + "ue 3"),
    ],
)
def test_what_must_not_be_committed_is_found(what: str, content: str) -> None:
    (trouble,) = committed.troubles("domain/money.py", f"first line\n{content}\n")
    assert trouble.startswith(f"domain/money.py:2: {what}: ")


@pytest.mark.parametrize(
    "content",
    [
        "https://docs.stripe.com/refunds",
        "GET /work-orders and /homepage",
        "stock issue, reissued, issue of 3 pieces, date of issue 2026-03-06",
        "$HOME/.cache and ~/work/x",
    ],
)
def test_plain_words_and_addresses_are_no_trouble(content: str) -> None:
    assert committed.troubles("docs/steps.md", content) == []


@pytest.mark.parametrize(
    ("what", "line"),
    [
        ("an address", "stripe @ https://mirror.example/stripe.whl"),
        ("a setting of one machine's installer", "--find-links wheels"),
        ("a setting of one machine's installer", "--extra-index-url mirror"),
    ],
)
def test_a_lock_holds_names_and_hashes_alone(what: str, line: str) -> None:
    found = committed.troubles("requirements/lock.txt", f"{line}\n    --hash=sha256:00\n")
    assert any(f": {what}: " in trouble for trouble in found)
    assert committed.troubles("docs/operations.md", f"{line}\n") == []


@pytest.fixture
def locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the lock files, for the audit to judge after a change."""
    for lock in (ROOT / "requirements").glob("*.txt"):
        (tmp_path / lock.name).write_text(lock.read_text())
    monkeypatch.setattr(audit, "LOCKS", tmp_path)
    return tmp_path


def change(lock: Path, pattern: str, replacement: str) -> None:
    changed, count = re.subn(pattern, replacement, lock.read_text(), count=1)
    assert count == 1, f"{lock.name} holds nothing like {pattern}"
    lock.write_text(changed)


@pytest.mark.parametrize(
    ("name", "pattern", "replacement", "trouble"),
    [
        ("lock.txt", r"stripe==[\d.]+", "stripe==16.1.999", "what is tested is not 16.1.999"),
        ("dev.txt", r"stripe==[\d.]+", "stripe>=16.1.0", "not pinned to one version"),
        ("lock.txt", r"(?s)httpx==.*?(?=\n\w)", "", "httpx>=0.28: not what the lock holds"),
        ("build.txt", r"hatchling==[\d.]+", "hatchling==1.0", "not what the lock holds"),
    ],
    ids=["apart", "loose", "missing", "too old"],
)
def test_locks_that_disagree_are_wrong(
    locks: Path, name: str, pattern: str, replacement: str, trouble: str
) -> None:
    change(locks / name, pattern, replacement)
    assert trouble in "\n".join(audit.lock_agreement().troubles)


@pytest.mark.usefixtures("locks")
def test_the_locks_as_they_are_agree() -> None:
    assert audit.lock_agreement().troubles == []


def answers(monkeypatch: pytest.MonkeyPatch, answer: dict[str, Any] | None, silence: str) -> None:
    def ask(*_arguments: str) -> tuple[dict[str, Any] | None, str]:
        return answer, silence

    monkeypatch.setattr(audit, "ask", ask)


KNOWN: dict[str, Any] = {"name": "httpx", "version": "0.28.1", "vulns": []}
UNKNOWN: dict[str, Any] = {"name": "stripe", "skip_reason": "not found"}
FLAWED = KNOWN | {"vulns": [{"id": "CVE-1", "fix_versions": ["0.29"]}]}


@pytest.mark.parametrize(
    ("dependencies", "checked", "troubles"),
    [
        ([KNOWN, KNOWN], True, 0),
        ([KNOWN, FLAWED], True, 1),
        ([KNOWN, UNKNOWN], True, 1),
        ([UNKNOWN, UNKNOWN], False, 0),
    ],
    ids=["clean", "flawed", "partly unknown", "nobody answers"],
)
def test_the_audit_never_calls_silence_clean(
    monkeypatch: pytest.MonkeyPatch,
    dependencies: list[dict[str, Any]],
    checked: bool,
    troubles: int,
) -> None:
    answers(monkeypatch, {"dependencies": dependencies}, "")
    finding = audit.advisories()
    assert (finding.checked, len(finding.troubles)) == (checked, troubles)


def test_a_withdrawn_release_and_a_changed_file_are_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    release = {"metadata": {"name": "httpx", "version": "0.28.1"}, "is_yanked": True}
    answers(monkeypatch, {"install": [release]}, "")
    assert audit.withdrawn().troubles == ["httpx 0.28.1: withdrawn"]
    answers(monkeypatch, None, "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES\nGot 00")
    assert audit.withdrawn().troubles
    answers(monkeypatch, None, "ERROR: no route to host")
    assert not audit.withdrawn().checked
