"""Figures over as many cases as there may be: how long they take against SQL that is written by hand, how that grows, and in how much memory."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from infra.bench import generated_facts
from infra.bench.generated_cases import LAST_WEEK, generated
from infra.bench.kpi_by_hand import QUERIES
from infra.bench.number import Number
from stopship.adapters import reporting_rules
from stopship.adapters.facts_duckdb import FactsDatabase
from stopship.adapters.report import html, pdf
from stopship.application.compute_kpis import compute
from stopship.application.report.links import Links
from stopship.application.report.make import TREND_WEEKS, make_report
from stopship.domain.kpi.definitions import KPIS
from stopship.domain.kpi.measure import Slice
from stopship.domain.kpi.weeks import Span, spans, trend

SIZES = (10_000, 100_000, 1_000_000)
ROUNDS, SECONDS = 3, 3.0
"""At least so many, for at least so long: what else runs on the machine only ever takes away."""
MEMORY_MB = 512
MOST_OVER_HAND, MOST_MEMORY_MB = 2.0, 1024.0
NOW = generated_facts.EXPORTED_AT


def kpi_speed(sizes: tuple[int, ...] = SIZES) -> list[Number]:
    """Each size in a process of its own, so that the memory is its own."""
    numbers = [Number("facts from events", _facts_speed(), None, "cases/s")]
    seconds = []
    for size in sizes:
        found = _in_process(size)
        what = f"{size:,} cases"
        numbers += [
            Number(f"figures of {what}", found["engine"], None, "s"),
            Number(f"figures / SQL by hand, {what}", found["engine"] / found["hand"], MOST_OVER_HAND, "x"),
            Number(f"report over {what}", found["report"], None, "s"),
            Number(f"memory, {what}", found["memory_mb"], MOST_MEMORY_MB, "MB"),
        ]
        seconds.append((size, found))
    for (small, before), (large, after) in pairwise(seconds):
        for name in ("engine", "report"):
            label = f"{'figures' if name == 'engine' else name}, {large:,} / {small:,} cases"
            numbers.append(Number(label, after[name] / before[name], large / small, "x"))
    return numbers


def _facts_speed() -> float:
    started, count = time.perf_counter(), 1000
    for _ in generated(count):
        pass
    return count / (time.perf_counter() - started)


def _in_process(size: int) -> dict[str, float]:
    command = [sys.executable, "-m", "infra.bench.kpi", str(size)]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


# ---------------------------------------------------------------------------------------------- one size


def measure(folder: Path) -> dict[str, float]:
    """The same questions by both ways, one after the other in each round; the best round of each. Raises ValueError when they do not agree."""
    database = FactsDatabase(memory_mb=MEMORY_MB, spill=folder / "spill")
    try:
        database.read_parquet(folder)
        rules = reporting_rules.read(folder).rules
        week = spans(reporting_rules.zones(generated_facts.merchants(), rules), [LAST_WEEK], NOW)
        _agree(database, folder, week)
        rounds: list[tuple[float, float]] = []
        until = time.perf_counter() + SECONDS
        while len(rounds) < ROUNDS or time.perf_counter() < until:
            rounds.append((_timed(lambda: _engine(database, week)), _timed(lambda: _hand(database, folder))))
        report = _timed(lambda: _report(database, folder))
    finally:
        database.close()
    best = {"engine": min(x for x, _ in rounds), "hand": min(x for _, x in rounds)}
    return {**best, "report": report, "memory_mb": _peak_mb()}


def _report(database: FactsDatabase, folder: Path) -> None:
    """Over all merchants, with eight weeks of trend, as the page and as PDF."""
    rules = reporting_rules.read(folder).rules
    zones = reporting_rules.zones(generated_facts.merchants(), rules)
    made = make_report(
        database, spans(zones, list(trend(LAST_WEEK, TREND_WEEKS)), NOW), "", reporting_rules.costs(rules)
    )
    links = Links("", "")
    html.render(made, links)
    pdf.render(made, links)


def _engine(database: FactsDatabase, week: list[Span]) -> list[list[Any]]:
    answers = []
    for names, by, _ in QUERIES:
        found = compute(database, [KPIS[name] for name in names], week, Slice(by))
        answers.append([figure for name in names for figure in found[name].figures])
    return answers


def _hand(database: FactsDatabase, folder: Path) -> list[list[Any]]:
    return [database.connection.execute(sql.format(facts=folder)).fetchall() for *_, sql in QUERIES]


def _agree(database: FactsDatabase, folder: Path, week: list[Span]) -> None:
    """Speed of another answer would say nothing. The sum of all numbers of a question is the same by both ways."""
    for (names, _, _), ours, theirs in zip(QUERIES, _engine(database, week), _hand(database, folder), strict=True):
        # What is below the line is there once for each group, however many measures stand on it.
        divided = {(f.key, f.kpi.lower): f.lower for f in ours if f.lower is not None}
        mine = sum(f.upper or 0 for f in ours) + sum(divided.values())
        if mine != _sum(theirs):
            raise ValueError(f"{', '.join(names)}: {mine} by the definitions, {_sum(theirs)} by hand")


def _sum(rows: list[Any]) -> int:
    numbers = [x for row in rows for x in row if isinstance(x, int | list)]
    return sum(sum(x) if isinstance(x, list) else x for x in numbers)


def _timed(run: Callable[[], object]) -> float:
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def _peak_mb() -> float:
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(size: int) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        generated_facts.write(folder, size)
        json.dump(measure(folder), sys.stdout)


if __name__ == "__main__":
    main(int(sys.argv[1]))
