"""Facts in DuckDB: Parquet files out of rows, tables over Parquet files, and the definitions as SQL.

A moment is a TIMESTAMP in UTC, a date a DATE, and "" is NULL in both; every other column is as it is in the row. DuckDB is imported when the
first database is opened: only what reports needs it.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import fields
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, TextIO

from stopship.adapters import kpi_sql
from stopship.domain.kpi import measure as m
from stopship.domain.kpi.case_brief import CaseBrief
from stopship.domain.kpi.facts import CaseFact, CaseFacts, ExceptionFact, LegFact, MoneyFact, OrderFact
from stopship.domain.kpi.figure import Group
from stopship.domain.kpi.weeks import Span

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

TABLES: Mapping[str, type] = {
    "orders": OrderFact,
    "cases": CaseFact,
    "legs": LegFact,
    "exceptions": ExceptionFact,
    "money": MoneyFact,
}
SAVES = """CREATE OR REPLACE VIEW saves AS SELECT c.*, c.returned_after_end OR EXISTS (SELECT 1 FROM cases l WHERE l.merchant = c.merchant
    AND l.channel = c.channel AND l.order_ref = c.order_ref AND l.sequence > c.sequence) AS undone
    FROM cases c WHERE c.outcome = 'saved'"""


def columns(table: str) -> dict[str, str]:
    """SQL type by column."""
    return {f.name: _type(f.name, f.type) for f in fields(TABLES[table])}


def _type(name: str, python: object) -> str:
    if name.endswith("_at") or name in ("deadline", "first_deadline"):
        return "TIMESTAMP"
    if name == "day" or name.endswith("_day"):
        return "DATE"
    return "VARCHAR" if python is str else "BOOLEAN" if python is bool else "BIGINT"


_COLUMNS = {table: columns(table) for table in TABLES}
_TIMES = {table: [x for x, kind in kinds.items() if kind in ("TIMESTAMP", "DATE")] for table, kinds in _COLUMNS.items()}


class FactsDatabase:
    """Facts that can be counted. ``memory_mb`` bounds what DuckDB takes; beyond it, it writes to ``spill``."""

    def __init__(self, *, memory_mb: int = 1024, threads: int = 2, spill: Path | None = None) -> None:
        import duckdb

        self.connection: DuckDBPyConnection = duckdb.connect()
        set_up = [f"memory_limit = '{memory_mb}MB'", f"threads = {threads}", "preserve_insertion_order = false"]
        if spill:
            set_up.append(f"temp_directory = {quoted(str(spill))}")
        for setting in [*set_up, "autoinstall_known_extensions = false", "autoload_known_extensions = false"]:
            self.connection.execute(f"SET {setting}")

    def close(self) -> None:
        self.connection.close()

    # -------------------------------------------------------------------------------------- what there is

    def read_parquet(self, folder: Path | str) -> None:
        """``folder`` holds a folder for each table. A table without a file is empty."""
        for table in TABLES:
            place = Path(folder) / table
            pattern = quoted(str(place / "**" / "*.parquet"))
            source = (
                f"read_parquet({pattern}, hive_partitioning = false)"
                if any(place.rglob("*.parquet"))
                else _empty(table)
            )
            self.connection.execute(f"CREATE OR REPLACE VIEW {table} AS SELECT * FROM {source}")
        self.connection.execute(SAVES)

    def read_rows(self, facts: Iterable[CaseFacts], orders: Iterable[OrderFact] = ()) -> None:
        """Into memory. The caller sees to it that no case comes in two versions (``facts.newest``)."""
        with TemporaryDirectory() as folder:
            place = Path(folder)
            write_lines(place, facts, orders)
            for table in TABLES:
                self.connection.execute(f"CREATE OR REPLACE TABLE {table} AS SELECT * FROM {_lines(place, table)}")
        self.connection.execute(SAVES)

    def merchants(self) -> list[str]:
        sql = "SELECT merchant FROM cases UNION SELECT merchant FROM orders ORDER BY 1"
        return [row[0] for row in self.connection.execute(sql).fetchall()]

    # -------------------------------------------------------------------------------------- counting

    def counted(
        self, tallies: Sequence[m.Tally], spans: Sequence[Span], by: tuple[str, ...], only: Mapping[str, str]
    ) -> list[dict[Group, int]]:
        """For each tally what it comes to, by week and dimensions. What comes to nothing is left out."""
        found: list[dict[Group, int]] = [{} for _ in tallies]
        kinds = [(tally.table, kpi_sql.family(tally.clock)) for tally in tallies]
        for kind in dict.fromkeys(kinds):
            places = [i for i, one in enumerate(kinds) if one == kind]
            query = kpi_sql.counting([tallies[i] for i in places], spans, by, only)
            for week, *rest in self._rows(query):
                key = tuple(str(x) for x in rest[: len(by)])
                for i, value in zip(places, rest[len(by) :], strict=True):
                    if value:
                        found[i][week, key] = int(value)
        return found

    def traced(self, tally: m.Tally, spans: Sequence[Span], only: Mapping[str, str]) -> list[tuple[str, str]]:
        """(merchant, case id) of all that was counted, or the order's reference where orders were; each once, in order."""
        return [(row[0], row[1]) for row in self._rows(kpi_sql.tracing(tally, spans, only))]

    def briefs(self, cases: Sequence[tuple[str, str]]) -> list[CaseBrief]:
        """Of (merchant, case id), in their order; what is unknown is left out."""
        names = [f.name for f in fields(CaseBrief)]
        found = {(row[0], row[1]): CaseBrief(*row) for row in self._rows(kpi_sql.listing(names, cases))}
        return [found[key] for key in cases if key in found]

    def _rows(self, query: kpi_sql.Query) -> Iterator[Any]:
        return iter(self.connection.execute(query.sql, query.values).fetchall())


# ---------------------------------------------------------------------------------------------- files


def write_lines(folder: Path, facts: Iterable[CaseFacts], orders: Iterable[OrderFact] = ()) -> dict[str, int]:
    """One file of JSON lines for each table. Gives the number of rows."""
    count = dict.fromkeys(TABLES, 0)
    with _open(folder) as files:
        for table, row in _rows(facts, orders):
            files[table].write(_line(table, row))
            count[table] += 1
    return count


def _rows(facts: Iterable[CaseFacts], orders: Iterable[OrderFact]) -> Iterator[tuple[str, Any]]:
    for one in facts:
        yield "cases", one.case
        yield from (("legs", x) for x in one.legs)
        yield from (("exceptions", x) for x in one.exceptions)
        yield from (("money", x) for x in one.money)
    yield from (("orders", x) for x in orders)


@contextmanager
def _open(folder: Path) -> Iterator[dict[str, TextIO]]:
    with ExitStack() as stack:
        yield {t: stack.enter_context((folder / f"{t}.jsonl").open("w", encoding="utf-8")) for t in TABLES}


def _line(table: str, row: Any) -> str:
    """As DuckDB reads it: a moment that never came is null."""
    values = {name: getattr(row, name) for name in _COLUMNS[table]}
    for name in _TIMES[table]:
        values[name] = values[name] or None
    return json.dumps(values, ensure_ascii=False) + "\n"


def write_parquet(
    folder: Path, partition: str, facts: Iterable[CaseFacts], orders: Iterable[OrderFact] = ()
) -> list[Path]:
    """``folder``/<table>/<partition>/part.parquet for each table that has rows, sorted, so that the same facts give the same rows in the same
    order. What was there is replaced, also by nothing."""
    database = FactsDatabase()
    written: list[Path] = []
    try:
        with TemporaryDirectory() as lines:
            count = write_lines(Path(lines), facts, orders)
            for table, rows in count.items():
                target = folder / table / partition / "part.parquet"
                target.unlink(missing_ok=True)
                if rows:
                    target.parent.mkdir(parents=True, exist_ok=True)
                    _copy(database, f"SELECT * FROM {_lines(Path(lines), table)} ORDER BY ALL", target)
                    written.append(target)
    finally:
        database.close()
    return written


def _copy(database: FactsDatabase, select: str, target: Path) -> None:
    database.connection.execute(f"COPY ({select}) TO {quoted(str(target))} (FORMAT parquet, COMPRESSION zstd)")


def _lines(folder: Path, table: str) -> str:
    kinds = ", ".join(f"{quoted(name)}: {quoted(kind)}" for name, kind in _COLUMNS[table].items())
    file = quoted(str(folder / f"{table}.jsonl"))
    return f"read_json({file}, format = 'newline_delimited', columns = {{{kinds}}}, timestampformat = '%Y-%m-%dT%H:%M:%S.%fZ')"


def _empty(table: str) -> str:
    nothing = ", ".join(f"NULL::{kind} AS {name}" for name, kind in _COLUMNS[table].items())
    return f"(SELECT {nothing} WHERE false)"


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
