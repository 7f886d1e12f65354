"""The scenarios together go every way that the deployed state machine can go."""

import inspect
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

from tests.statemachines.machine import Edge, all_edges
from tests.statemachines.play import Play

type Scenario = Callable[[Play], None]


def scenarios() -> Iterator[Scenario]:
    """Every test of this folder that needs nothing but a play."""
    for path in sorted(Path(__file__).parent.glob("test_*.py")):
        module = import_module(f"tests.statemachines.{path.stem}")
        for name, test in inspect.getmembers(module, inspect.isfunction):
            if name.startswith("test_") and list(inspect.signature(test).parameters) == ["play"]:
                yield test


def test_the_scenarios_take_every_edge_of_the_state_machine() -> None:
    taken: set[Edge] = set()
    for scenario in scenarios():
        play = Play()
        scenario(play)
        taken |= play.machine.edges
    missing = sorted(" --".join((state, f"{way}--> {to}")) for state, way, to in all_edges() - taken)
    assert not missing, "no scenario goes this way:\n" + "\n".join(missing)
    assert taken == all_edges()


def test_the_edges_are_counted_from_the_definition_itself() -> None:
    machine = {
        "States": {
            "One": {"Next": "Two", "Catch": [{"Next": "Three"}], "Retry": [{}, {}]},
            "Two": {"Choices": [{"Next": "One"}], "Default": "Three"},
            "Three": {"ItemProcessor": {"States": {"Inner": {"Next": "End"}}}},
        }
    }
    assert all_edges(machine) == {
        ("One", "next", "Two"),
        ("One", "catch 0", "Three"),
        ("One", "retry 0", "One"),
        ("One", "retry 1", "One"),
        ("Two", "choice 0", "One"),
        ("Two", "default", "Three"),
        ("Inner", "next", "End"),
    }
