"""What holds for all tests: a search by Hypothesis is the same in every run, and a longer one is asked for by STOPSHIP_HYPOTHESIS=long."""

import os

import pytest
from hypothesis import HealthCheck, settings

_QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture]
settings.register_profile("stopship", derandomize=True, max_examples=40, deadline=None, suppress_health_check=_QUIET)
settings.register_profile("long", derandomize=False, max_examples=5000, deadline=None, suppress_health_check=_QUIET)
settings.load_profile("long" if os.environ.get("STOPSHIP_HYPOTHESIS") == "long" else "stopship")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The doors' tests come first: messages in their parameters are signed when they are collected, and a proof grows old in minutes."""
    items.sort(key=lambda item: "tests/unit/handlers/" not in item.nodeid)
