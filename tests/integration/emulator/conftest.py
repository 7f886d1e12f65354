"""One emulator for all probes, with the probe stack deployed to it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local.emulator.deploy import deploy
from infra.local.emulator.process import Emulator
from tests.integration.emulator.harness import STACK, Probe, write_assembly


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.emulator)


@pytest.fixture(scope="session")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_assembly(tmp_path_factory.mktemp("assembly"))


@pytest.fixture(scope="session")
def probe(assembly: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Probe]:
    log = tmp_path_factory.mktemp("emulator") / "emulator.log"
    # A second environment of a function: what one test leaves hanging must not keep the next one waiting.
    environment = {"METRICS_TICK_SECONDS": "0.2", "LAMBDA_MAX_WORKERS": "2"}
    with Emulator.start(log=log, environment=environment) as emulator:
        yield Probe(emulator, deploy(assembly, STACK, emulator))
