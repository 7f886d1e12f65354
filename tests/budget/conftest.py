"""The budgets are counted in the world of the state machine's scenarios."""

from tests.statemachines.conftest import one_thread, play

__all__ = ["one_thread", "play"]
