"""How the world is set up: one section of JSON for each vendor, merged by PUT."""

import copy
from collections.abc import Mapping

from sandbox.core.store import Document, Store


class UnknownSettingError(Exception):
    """A section or a key that no vendor reads; most likely a slip of the pen."""


class Settings:
    """Defaults by the vendors, changes by the control API. Changes survive a restart."""

    def __init__(self, store: Store, defaults: Mapping[str, Document]) -> None:
        self._store = store
        self._defaults = defaults
        self._current: dict[str, Document] = {}
        self.load()

    def load(self) -> None:
        """Take the changes from the store, over the defaults."""
        self._current = copy.deepcopy(dict(self._defaults))
        for changed in self._store.list("settings"):
            if changed["section"] in self._current:
                self._current[changed["section"]].update(changed["values"])

    def section(self, name: str) -> Document:
        """A vendor's settings as they are now. Read only."""
        return self._current[name]

    def everything(self) -> Document:
        """All sections, as a copy."""
        return copy.deepcopy(self._current)

    def merge(self, changes: Mapping[str, Document]) -> None:
        """Change what is named and keep the rest. Raises UnknownSettingError, changing nothing."""
        for name, values in changes.items():
            if name not in self._defaults:
                raise UnknownSettingError(f"no section {name}; there are {sorted(self._defaults)}")
            unknown = values.keys() - self._defaults[name].keys()
            if unknown:
                raise UnknownSettingError(f"{name} has no {sorted(unknown)}")
        for name, values in changes.items():
            self._current[name].update(copy.deepcopy(values))
            self._store.put("settings", name, {"section": name, "values": self._current[name]})
