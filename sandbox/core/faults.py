"""Scripted misfortune: which calls of which operation go wrong, and how."""

import secrets
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass

from sandbox.core.http import Fault
from sandbox.core.store import Document, Store

BEFORE_KINDS = frozenset({"http_error", "rate_limit", "drop_before", "hang_before"})
"""Played before the vendor acts: nothing is done."""
AFTER_KINDS = frozenset({"error_after", "drop_after", "hang_after", "malformed_after"})
"""Played after the vendor acted: it is done, and the caller cannot know."""
GENERAL_KINDS = BEFORE_KINDS | AFTER_KINDS | {"delay"}
"""Known to every operation of every provider."""
WEBHOOK_KINDS = frozenset(
    {"duplicate", "hold", "reverse", "lost", "bad_signature", "before_answer"}
)
"""Known to the operation `webhook` of every provider that sends some."""
EVERY = "*"
"""As a rule's operation: each HTTP operation of that provider, for "the provider is down"."""
WEBHOOK = "webhook"
_KIND = "fault"


class UnknownFaultError(Exception):
    """A rule that could never fire: no such provider, operation or kind."""


@dataclass
class Rule:
    """One scripted fault, and what became of it.

    It fires from the `nth` matching call on (None: from the first), at most `times` times
    (None: for ever). `order` matches anywhere in path, query, Idempotency-Key or body.
    """

    id: str
    provider: str
    operation: str
    kind: str
    params: Document
    order: str | None = None
    nth: int | None = 1
    times: int | None = 1
    seen: int = 0
    fired: int = 0

    def matches(self, provider: str, operation: str, text: str, event: str | None) -> bool:
        """Whether this call is one that the rule counts."""
        if self.provider != provider or self.operation not in (operation, EVERY):
            return False
        if self.operation == EVERY and operation == WEBHOOK:
            return False
        if event is not None and self.params.get("event", event) != event:
            return False
        return self.order is None or self.order in text

    def ready(self) -> bool:
        """Whether the call just counted is one that goes wrong."""
        return self.seen >= (self.nth or 1) and (self.times is None or self.fired < self.times)


class Faults:
    """All rules, oldest first. The first that is ready plays; all that match count the call."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._rules: dict[str, Rule] = {}
        self._known: dict[tuple[str, str], frozenset[str]] = {}
        self.load()

    def load(self) -> None:
        """Take all rules and their counts from the store."""
        self._rules = {rule["id"]: Rule(**rule) for rule in self._store.list(_KIND)}

    def declare(self, provider: str, operation: str, kinds: frozenset[str]) -> None:
        """Say which kinds an operation can play, so that a slip in a test is refused."""
        self._known[provider, operation] = kinds

    def operations(self) -> Mapping[tuple[str, str], frozenset[str]]:
        """Every (provider, operation) with the kinds it knows."""
        return self._known

    def add(self, rule: Document) -> Rule:
        """Script a fault. Raises UnknownFaultError for what could never fire."""
        new = Rule(id=f"flt_{secrets.token_hex(6)}", **rule)
        if new.operation == EVERY and any(name == new.provider for name, _ in self._known):
            kinds = GENERAL_KINDS
        else:
            kinds = self._known.get((new.provider, new.operation))
        if kinds is None:
            names = sorted(name for vendor, name in self._known if vendor == new.provider)
            raise UnknownFaultError(
                f"{new.provider} has no operation {new.operation}, only {names}"
            )
        if new.kind not in kinds:
            known = sorted(kinds)
            raise UnknownFaultError(
                f"{new.provider} {new.operation} has no {new.kind}, only {known}"
            )
        self._rules[new.id] = new
        self._store.put(_KIND, new.id, asdict(new))
        return new

    def rules(self) -> list[Rule]:
        """All rules with how many calls each has seen and how often it fired."""
        return list(self._rules.values())

    def remove(self, key: str | None = None) -> None:
        """Drop one rule, or all."""
        for gone in [key] if key else list(self._rules):
            self._rules.pop(gone, None)
            self._store.delete(_KIND, gone)

    def any(self) -> bool:
        """Whether there is any rule; most calls need look no further."""
        return bool(self._rules)

    def fire(
        self,
        provider: str,
        operation: str,
        text: str,
        event: str | None = None,
        kinds: Collection[str] | None = None,
    ) -> Fault | None:
        """Count this call and say how it goes wrong, if it does.

        Where an operation has several moments, `kinds` are those that can go wrong at this one.
        """
        chosen: Rule | None = None
        for rule in self._rules.values():
            if not rule.matches(provider, operation, text, event):
                continue
            if kinds is not None and rule.kind not in kinds:
                continue
            rule.seen += 1
            if chosen is None and rule.ready():
                chosen = rule
                rule.fired += 1
            self._store.put(_KIND, rule.id, asdict(rule))
        return None if chosen is None else Fault(chosen.kind, chosen.params)
