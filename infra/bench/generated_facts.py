"""As many cases as are asked for, as Parquet: the generated ones, told again for five merchants with other names and other moments.

DuckDB copies them, row by row as they stream through it, so that a million takes seconds and no memory.
"""

from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

from infra.bench.generated_cases import WAREHOUSES, generated
from stopship.adapters import reporting_rules
from stopship.adapters.facts_duckdb import TABLES, FactsDatabase, columns, quoted
from stopship.domain.policy import ParcelCosts, ReportingRule

DRAWN = 2_000
MERCHANTS = 5
ORDERS_PER_CASE = 10
_OWN = {"case_id", "order_ref", "exception_id", "money_id"}
_FIRST_DAY = "2026-09-21"
EXPORTED_AT = "2026-12-01T00:00:00.000000Z"


def write(folder: Path, cases: int) -> None:
    """``cases`` is rounded to whole copies of what is drawn."""
    database = FactsDatabase(memory_mb=512)
    try:
        database.read_rows(generated(min(DRAWN, cases)))
        copies = max(1, cases // DRAWN)
        for table in TABLES:
            select = _orders(cases) if table == "orders" else _copies(table, copies)
            target = folder / table / "generated.parquet"
            target.parent.mkdir(parents=True, exist_ok=True)
            to = f"TO {quoted(str(target))} (FORMAT parquet, COMPRESSION zstd)"
            database.connection.execute(f"COPY ({select}) {to}")
    finally:
        database.close()
    (folder / reporting_rules.FILE).write_text(reporting_rules.dump(_rules(), EXPORTED_AT), encoding="utf-8")


def merchants() -> list[str]:
    return [f"merchant-{n}" for n in range(MERCHANTS)]


def _rules() -> dict[str, ReportingRule]:
    costs = ParcelCosts("EUR", Decimal("4.90"), Decimal("5.50"), Decimal("3.10"))
    return {name: ReportingRule("Europe/Berlin", costs) for name in merchants()}


def _copies(table: str, copies: int) -> str:
    """Each copy is some minutes later than the one before, within two hours."""
    told = ", ".join(_columns(columns(table)))
    return f"SELECT {told} FROM {table} a, (SELECT range AS i FROM range({copies})) r"


def _columns(kinds: dict[str, str]) -> Iterable[str]:
    for name, kind in kinds.items():
        if name == "merchant":
            yield f"'merchant-' || (i % {MERCHANTS}) AS merchant"
        elif name in _OWN:
            yield f"a.{name} || '-' || i AS {name}"
        elif kind == "TIMESTAMP":
            yield f"a.{name} + to_seconds(i * 7919 % 7200) AS {name}"
        else:
            yield f"a.{name}"


def _orders(cases: int) -> str:
    """By channel, type and day as the cases are, and ten times as many."""
    kinds = sorted({house.kind for house in WAREHOUSES})
    listed = ", ".join(quoted(kind) for kind in kinds)
    return f"""SELECT 'merchant-' || (range % {MERCHANTS}) AS merchant, channel, 'p' || range AS order_ref,
        DATE '{_FIRST_DAY}' + (hash(range, 1) % 63)::INTEGER AS day,
        CASE WHEN channel = 'amazon' THEN 'unknown' ELSE [{listed}][1 + (hash(range, 2) % {len(kinds)})::BIGINT] END AS fulfillment_type
        FROM (SELECT range, CASE WHEN hash(range, 3) % 10 < 3 THEN 'amazon' ELSE 'shopify' END AS channel
              FROM range({cases * ORDERS_PER_CASE}))"""
