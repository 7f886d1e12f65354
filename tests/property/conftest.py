"""Every run of a story is the same run; a larger search is asked for by STOPSHIP_HYPOTHESIS=long."""

import os

import pytest
from hypothesis import HealthCheck, settings

from tests.fakes.one_thread import use_one_thread

_QUIET = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large]}
settings.register_profile("stopship", derandomize=True, max_examples=250, **_QUIET)
settings.register_profile("stopship-long", derandomize=False, max_examples=20_000, **_QUIET)


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    use_one_thread(monkeypatch)


LONG = os.environ.get("STOPSHIP_HYPOTHESIS") == "long"
