"""Stripe's form encoding, `a[b][c]=1` and `list[]=x`, and checks on single values."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar, cast
from urllib.parse import parse_qsl

from sandbox.core.store import Document
from sandbox.stripe.errors import invalid, missing

_T = TypeVar("_T")
_KEY = re.compile(r"^([^\[\]]+)((?:\[[^\[\]]*\])*)$")
_BRACKET = re.compile(r"\[([^\[\]]*)\]")
_METADATA_KEYS, _METADATA_KEY, _METADATA_VALUE = 50, 40, 500


def parse(encoded: str) -> Document:
    """Nested parameters from a form body or a query. Raises StripeError."""
    tree: Document = {}
    for name, value in parse_qsl(encoded, keep_blank_values=True):
        match = _KEY.match(name)
        if match is None:
            raise invalid(f"Invalid parameter name: {name}", param=name)
        path = [match[1], *_BRACKET.findall(match[2])]
        _place(tree, path, value)
    return tree


def _place(tree: Document, path: list[str], value: str) -> None:
    node: Document = tree
    for step in path[:-1]:
        child: object = node.setdefault(step or str(len(node)), {})
        if not isinstance(child, dict):
            raise invalid(f"Invalid object: {'.'.join(path)}", param=path[0])
        node = cast("Document", child)
    node[path[-1] or str(len(node))] = value


@dataclass(frozen=True)
class Params:
    """Parameters of one call, or one section of them; `prefix` names them in errors."""

    tree: Document
    prefix: str = ""

    def __contains__(self, name: str) -> bool:
        return name in self.tree

    def only(self, allowed: Iterable[str]) -> None:
        """Refuse whatever the endpoint does not know, as Stripe does."""
        unknown = sorted(self.tree.keys() - set(allowed))
        if unknown:
            message = f"Received unknown parameter: {unknown[0]}"
            raise invalid(message, "parameter_unknown", unknown[0])

    def text(self, name: str) -> str | None:
        """A string, None when it is absent. An empty one is refused."""
        value = self.tree.get(name)
        if value is None:
            return None
        if not isinstance(value, str):
            raise invalid("Invalid string", param=self._name(name))
        if not value:
            message = f"You passed an empty string for '{self._name(name)}'."
            raise invalid(message, "parameter_invalid_empty", self._name(name))
        return value

    def needed(self, name: str, read: Callable[[str], _T | None]) -> _T:
        """A value that must be there: `needed("amount", params.integer)`."""
        value = read(name)
        if value is None:
            raise missing(self._name(name))
        return value

    def integer(self, name: str) -> int | None:
        """A whole number."""
        value = self.text(name)
        if value is None:
            return None
        if not re.fullmatch(r"-?\d{1,18}", value):
            message = f"Invalid integer: {value}"
            raise invalid(message, "parameter_invalid_integer", self._name(name))
        return int(value)

    def flag(self, name: str) -> bool | None:
        """`true` or `false`."""
        return {"true": True, "false": False, None: None}[self.choice(name, ("true", "false"))]

    def choice(self, name: str, allowed: Iterable[str]) -> str | None:
        """One of several words."""
        value = self.text(name)
        if value is not None and value not in allowed:
            message = f"Invalid {self._name(name)}: must be one of {', '.join(allowed)}"
            raise invalid(message, param=self._name(name))
        return value

    def section(self, name: str) -> "Params":
        """A nested object, empty when it is absent."""
        value: object = self.tree.get(name, {})
        if not isinstance(value, dict):
            raise invalid("Invalid object", param=self._name(name))
        return Params(cast("Document", value), self._name(name))

    def texts(self, name: str) -> list[str]:
        """A list of strings, `name[]=a&name[]=b` or `name[0]=a`."""
        value: object = self.tree.get(name, {})
        if not isinstance(value, dict):
            raise invalid("Invalid array", param=self._name(name))
        found = list(cast("dict[str, object]", value).values())
        return [item for item in found if isinstance(item, str)]

    def metadata(self, before: dict[str, str] | None = None) -> dict[str, str]:
        """Metadata merged over what was there; an empty value removes its key."""
        merged = dict(before or {})
        if self.tree.get("metadata") == "":
            return {}
        for key, value in self.section("metadata").tree.items():
            if not isinstance(value, str) or len(value) > _METADATA_VALUE:
                message = f"Metadata values can have up to {_METADATA_VALUE} characters."
                raise invalid(message, param=f"metadata[{key}]")
            if len(key) > _METADATA_KEY:
                message = f"Metadata keys can have up to {_METADATA_KEY} characters: {key}"
                raise invalid(message, param="metadata")
            merged[key] = value
        merged = {key: value for key, value in merged.items() if value}
        if len(merged) > _METADATA_KEYS:
            raise invalid(f"Metadata can have up to {_METADATA_KEYS} keys.", param="metadata")
        return merged

    def plain(self, name: str) -> Any:
        """A value as it came, for what is only stored and shown again."""
        return self.tree.get(name)

    def _name(self, name: str) -> str:
        return f"{self.prefix}[{name}]" if self.prefix else name
