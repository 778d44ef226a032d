"""An import contract that import-linter lacks: these modules import this list and nothing else."""

from collections.abc import Iterable
from sys import stdlib_module_names
from typing import cast

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output
from importlinter.domain.helpers import module_expressions_to_modules
from importlinter.domain.imports import ModuleExpression


class OnlyContract(Contract):
    """The source packages import themselves, the allowed packages, and the standard library.

    Options: `source_modules`, and `allowed_modules`, whose descendants are allowed as well. Only
    direct imports count: what an allowed package imports is that package's own contract.
    """

    type_name = "only"

    source_modules = fields.SetField(subfield=fields.ModuleExpressionField())
    allowed_modules = fields.SetField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Compare every direct import of the source packages with the list."""
        expressions = cast("Iterable[ModuleExpression]", self.source_modules)
        sources = {
            module.name for module in module_expressions_to_modules(graph, expressions, True, True)
        }
        allowed = cast("set[str]", self.allowed_modules) | stdlib_module_names
        strangers = sorted(
            (importer, imported)
            for importer in sources
            for imported in graph.find_modules_directly_imported_by(importer) - sources
            if not _within(imported, allowed)
        )
        lines = [
            (importer, imported, detail["line_number"])
            for importer, imported in strangers
            for detail in graph.get_import_details(importer=importer, imported=imported)
        ]
        return ContractCheck(kept=not strangers, metadata={"strangers": lines})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Name each import that is not on the list, by module and line."""
        for importer, imported, line in check.metadata["strangers"]:
            output.print_error(f"{importer} (l. {line}) imports {imported}", bold=False)


def _within(module: str, packages: set[str] | frozenset[str]) -> bool:
    parts = module.split(".")
    return any(".".join(parts[:length]) in packages for length in range(1, len(parts) + 1))
