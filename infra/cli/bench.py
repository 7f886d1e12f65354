"""`stopship bench`: the numbers that matter, as ratios measured side by side in one run."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from infra.cli.output import FOUND_PROBLEMS, as_json, console, progress
from stopship.contract import FUNCTIONS, Function

REPOSITORY = Path(__file__).parents[2]
ROUNDS = 5
INTERNAL, PARTNER = 1.9, 2.5


@dataclass(frozen=True, slots=True)
class Number:
    """One measured number and what it must reach; ``good`` compares in the direction that ``unit`` implies."""

    what: str
    value: float
    limit: float
    unit: str
    at_least: bool = False

    @property
    def good(self) -> bool:
        return self.value >= self.limit if self.at_least else self.value <= self.limit


def bench(
    json: Annotated[bool, typer.Option("--json", help="JSON on standard output")] = False,
) -> None:
    """Measures import times, package size, and the decision's speed. Exit status 1 when a number is missed."""
    with progress(quiet=json) as say:
        say("imports")
        numbers = import_ratios()
        say("the decision")
        numbers.append(decision_speed())
        say("the package")
        numbers += package()
    if json:
        as_json([{**asdict(n), "good": n.good} for n in numbers])
    else:
        table = Table("what", "measured", "to reach", "")
        for n in numbers:
            sign = ">=" if n.at_least else "<="
            table.add_row(n.what, f"{n.value:.2f} {n.unit}", f"{sign} {n.limit:g}", "good" if n.good else "MISSED")
        console.print(table)
    if not all(n.good for n in numbers):
        raise typer.Exit(FOUND_PROBLEMS)


def import_ratios() -> list[Number]:
    """Each handler's import over ``import boto3``, interleaved, so that a busy machine disturbs both alike."""
    modules = {f"stopship.handlers.{f.module}": f for f in FUNCTIONS}
    times: dict[str, list[float]] = {name: [] for name in ("boto3", *modules)}
    for _ in range(ROUNDS):
        for name, found in times.items():
            found.append(_import_seconds(name))
    base = statistics.median(times["boto3"])
    return [
        Number(f"import {f.module} / import boto3", statistics.median(times[name]) / base, _limit(f), "x")
        for name, f in modules.items()
    ]


def _limit(function: Function) -> float:
    return PARTNER if "merchant_secrets" in function.grants else INTERNAL


def _import_seconds(module: str, path: Path | None = None) -> float:
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    if path:
        environment["PYTHONPATH"] = str(path)
    code = f"import time; t = time.perf_counter(); import {module}; print(time.perf_counter() - t)"
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    return float(done.stdout)


def decision_speed() -> Number:
    """Decisions per second on one core, over cases in different states."""
    from stopship.domain.decide import decide_leg
    from tests.budget.cases import decided_cases

    cases, policy, now = decided_cases()
    count, started = 0, time.perf_counter()
    while time.perf_counter() - started < 1.0:
        for case, leg in cases:
            decide_leg(case, leg, policy, now)
        count += len(cases)
    return Number("decide()", count / (time.perf_counter() - started), 50_000, "cases/s", at_least=True)


def package() -> list[Number]:
    """The dependency zip as it ships, and what importing from it costs where nothing may be written, over a warm import."""
    from infra.packaging import build_layer

    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        shipped = root / "arm64"
        build_layer(shipped, "arm64")
        size = _zip(shipped, root / "layer.zip")
        host = root / "host"
        build_layer(host, "host")
        _zip(host, root / "host.zip")
        unpacked = root / "unpacked"
        with zipfile.ZipFile(root / "host.zip") as archive:
            archive.extractall(unpacked)
        return [
            Number("dependency zip", size / 1e6, 8.0, "MB"),
            Number("import httpx from the zip / warm", _ratio(unpacked / "python", host / "python"), 1.3, "x"),
        ]


def _ratio(cold: Path, warm: Path) -> float:
    def median(path: Path) -> float:
        return statistics.median(_import_seconds("httpx, pydantic, aws_lambda_powertools", path) for _ in range(ROUNDS))

    measure: Callable[[Path], float] = median
    return measure(cold) / measure(warm)


def _zip(root: Path, target: Path) -> int:
    """As the deployment zips: all timestamps alike, so that only unchecked bytecode stays valid."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(p for p in root.rglob("*") if p.is_file()):
            info = zipfile.ZipInfo(str(path.relative_to(root)), (1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, path.read_bytes())
    return target.stat().st_size
