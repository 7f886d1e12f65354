"""What only a running desk can tell: one is started for it, apart from any that runs here, and ended afterwards."""

from pathlib import Path
from tempfile import TemporaryDirectory

from infra.bench.cost import case_cost
from infra.bench.number import Number
from infra.bench.webhook import webhook
from infra.local.day.director import Stage
from infra.local.desk import LocalDesk


def on_a_desk() -> list[Number]:
    """Transitions, units and cost of a case from its execution's history and the calls that were made; then the webhook's answer."""
    with TemporaryDirectory(prefix="desk-") as home:
        desk = LocalDesk.start(lambda _: None, Path(home))
        try:
            stage = Stage.of(desk)
            return [*case_cost(stage), *webhook(stage)]
        finally:
            desk.stop()
