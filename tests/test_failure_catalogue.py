"""Everything that is known to go wrong in this trade is shown by a test that exists, or says why it cannot happen here."""

import ast
from functools import cache
from pathlib import Path

import pytest

from tests.failure_catalogue import CATALOGUE, Failure

TESTS = Path(__file__).parent
LAST = {"A": 27, "B": 27, "C": 18}
"""How many cases each part of the catalogue has: the truth about a stop, money, messages."""


@cache
def _tests_in(file: str) -> frozenset[str]:
    tree = ast.parse((TESTS / file).read_text())
    return frozenset(x.name for x in tree.body if isinstance(x, ast.FunctionDef) and x.name.startswith("test_"))


def _missing(failure: Failure) -> list[str]:
    """Tests that are named and do not exist."""
    return [
        name
        for name in failure.shown_by
        if not (TESTS / name.partition("::")[0]).exists()
        or name.partition("::")[2] not in _tests_in(name.partition("::")[0])
    ]


def test_the_catalogue_has_every_case_once_and_in_order() -> None:
    names = [failure.name for failure in CATALOGUE]
    assert names == [f"{part}{number}" for part, last in LAST.items() for number in range(1, last + 1)]


@pytest.mark.parametrize("failure", CATALOGUE, ids=lambda failure: failure.name)
def test_a_known_failure_is_shown_by_tests_that_exist(failure: Failure) -> None:
    assert _missing(failure) == []
    assert bool(failure.shown_by) != bool(failure.why_not), "name the tests, or why there can be none"


def test_a_test_that_is_gone_is_missed() -> None:
    gone = Failure("X1", "nothing", ("test_failure_catalogue.py::test_that_is_not_there", "no_such_file.py::test_x"))
    assert _missing(gone) == list(gone.shown_by)
