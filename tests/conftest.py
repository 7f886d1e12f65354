"""What holds for all tests: a search by Hypothesis is the same in every run, and a longer one is asked for by STOPSHIP_HYPOTHESIS=long;
and each test is a process of its own as far as access tokens go."""

import gc
import os
import sys
import tempfile
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from stopship.adapters import access_tokens
from stopship.adapters.clock import SystemClock
from stopship.telemetry import logger

_QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture]
settings.register_profile("stopship", derandomize=True, max_examples=25, deadline=None, suppress_health_check=_QUIET)
settings.register_profile("long", derandomize=False, max_examples=5000, deadline=None, suppress_health_check=_QUIET)
settings.load_profile("long" if os.environ.get("STOPSHIP_HYPOTHESIS") == "long" else "stopship")


_TOGETHER = ("tests/e2e/",), ("tests/infra/",)
"""Files that look at things which take long to make: one process makes them, one after the other, for whole desks side by side would only
keep each other waiting."""


def pytest_collection_finish() -> None:
    """All that is loaded stays to the end of the run: looking through it again and again would be an eighth of the tests' time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def pytest_unconfigure() -> None:
    gc.unfreeze()


@pytest.fixture(autouse=True)
def _own_access_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = access_tokens.SharedTokens(access_tokens.MemoryTokens(), SystemClock())
    monkeypatch.setattr(access_tokens, "_PROCESS", fresh)


@pytest.fixture(scope="session", autouse=True)
def _nothing_is_left_in_the_machines_own_temporary_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What functions and tools keep in it for as long as they live goes with the tests' own folders."""
    own = str(tmp_path_factory.mktemp("temporary"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", own)
        patch.setattr(tempfile, "tempdir", own)
        yield


class _PresentOutput:
    """What is the standard output now: each test that captures it has one of its own, which is closed behind it."""

    def write(self, text: str) -> int:
        return sys.stdout.write(text)

    def flush(self) -> None:
        sys.stdout.flush()


@pytest.fixture(scope="session", autouse=True)
def _logs_go_where_the_test_looks() -> None:
    """The process has one logger, which would keep the output of the test that happened to be the first."""
    logger().registered_handler.setStream(_PresentOutput())  # type: ignore[attr-defined]


@pytest.fixture(scope="session", autouse=True)
def _moto_is_quick() -> Iterator[None]:
    """Where any file of this run uses it: to import it takes a while."""
    with pytest.MonkeyPatch.context() as patch:
        if "moto" in sys.modules:
            from tests.quick_moto import quicken

            quicken(patch)
        yield


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The doors' tests come first: messages in their parameters are signed when they are collected, and a proof grows old in minutes. Then
    come the long ones, so that none is left over at the end."""
    items.sort(key=lambda item: _rank(item.nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Each file's tests run in one process, which keeps what they share."""
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return _group(nodeid)

    return ByFile(config, log)


def _group(nodeid: str) -> str:
    return next((names[0] for names in _TOGETHER if nodeid.startswith(names)), nodeid.partition("::")[0])


def _rank(nodeid: str) -> int:
    first = ("tests/unit/handlers/", _TOGETHER[0])
    return next((rank for rank, names in enumerate(first) if nodeid.startswith(names)), len(first))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What the suites counted (``record_property("checked", ...)``) is told at the end, whichever process counted it."""
    reports = terminalreporter.getreports("passed")
    told = sorted({str(value) for report in reports for name, value in report.user_properties if name == "checked"})
    if told:
        terminalreporter.section("checked against the partners' own contracts")
        terminalreporter.write_line("\n".join(told))
