"""The catalogue of mutations fits the code as it is."""

import ast

import pytest

from tests.mutations.__main__ import ROOT
from tests.mutations.catalogue import MUTATIONS, Mutation


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_a_mutation_breaks_one_place_that_is_there(mutation: Mutation) -> None:
    before = (ROOT / mutation.file).read_text()
    assert before.count(mutation.old) == 1
    ast.parse(before.replace(mutation.old, mutation.new))
    for gate in mutation.gates:
        assert (ROOT / gate).is_file()


def test_no_two_mutations_have_one_name() -> None:
    assert len({one.name for one in MUTATIONS}) == len(MUTATIONS)
