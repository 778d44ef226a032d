"""The same world as for workflows."""

from tests.workflows.conftest import world

__all__ = ["world"]
