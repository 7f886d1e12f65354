"""The exported facts as a copy on this machine, brought up to date by what has changed in the bucket, a merchant at a time."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path

from stopship.adapters import reporting_rules
from stopship.adapters.facts_duckdb import FactsDatabase
from stopship.adapters.reports_s3 import S3Reports
from stopship.application.figures import Figures
from stopship.application.ports import Clock
from stopship.application.report.files import oldest
from stopship.domain.instant import seconds_between
from stopship.domain.kpi.weeks import Week

FRESH_SECONDS = 60
"""So long the bucket is not asked again: facts are exported every quarter of an hour."""
AT_ONCE = 16


@dataclass(slots=True)
class _Looked:
    """When a merchant's files were last listed, from which week on, and what was said of the export that they are of."""

    at: str
    since: Week
    exported: reporting_rules.Exported


@dataclass(slots=True)
class FactsCopy:
    """Implements ``application.figures.FigureSource``. ``folder`` is this copy's own. A process that dies in between leaves whole files, and the
    next begins with none."""

    reports: S3Reports
    folder: Path
    clock: Clock
    memory_mb: int = 1024
    fresh_seconds: int = FRESH_SECONDS
    _looked: dict[str, _Looked] = field(default_factory=dict)
    _tags: dict[str, str] = field(default_factory=dict)
    _database: FactsDatabase | None = None

    def __call__(self, merchants: Sequence[str], week: Week | None) -> Figures:
        now = self.clock.now()
        since = oldest(week or Week.at(now, UTC))
        due = {merchant: self._since(merchant, since) for merchant in merchants if self._is_due(merchant, since, now)}
        if due:
            # First, so that the files are never older than they are said to be.
            exported = self.reports.rules()
            self._bring(due)
            self._looked |= {merchant: _Looked(now, since, exported) for merchant, since in due.items()}
        return self._figures([self._looked[merchant].exported for merchant in merchants], now)

    def _figures(self, exports: Sequence[reporting_rules.Exported], now: str) -> Figures:
        """As of the oldest, by the rules of the newest."""
        newest = max(exports, key=lambda x: x.at, default=reporting_rules.Exported())
        as_of = min((x.at for x in exports), default="") or now
        rules = newest.rules
        return Figures(
            self._open(),
            lambda merchants: reporting_rules.zones(list(merchants), rules),
            reporting_rules.costs(rules),
            as_of,
        )

    def _is_due(self, merchant: str, since: Week, now: str) -> bool:
        looked = self._looked.get(merchant)
        return looked is None or looked.since > since or seconds_between(looked.at, now) >= self.fresh_seconds

    def _since(self, merchant: str, since: Week) -> Week:
        """An older week that was fetched once is kept up to date too."""
        looked = self._looked.get(merchant)
        return min(looked.since, since) if looked else since

    def _bring(self, due: Mapping[str, Week]) -> None:
        listed = {merchant: self.reports.facts_of(merchant, since) for merchant, since in due.items()}
        changed = [x for files in listed.values() for x in files.items() if self._tags.get(x[0]) != x[1]]
        gone = [key for merchant, files in listed.items() for key in self._had(merchant) if key not in files]
        if not changed and not gone:
            return
        # An open database has read what is about to be replaced.
        self.close()
        for key in gone:
            self.reports.local(self.folder, key).unlink(missing_ok=True)
            del self._tags[key]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for key, tag in zip([key for key, _ in changed], pool.map(self._fetch, changed), strict=True):
                self._tags[key] = tag

    def _had(self, merchant: str) -> list[str]:
        return [key for key in self._tags if f"/merchant={merchant}/" in key]

    def _fetch(self, changed: tuple[str, str]) -> str:
        key, tag = changed
        self.reports.fetch_one(self.folder, key)
        return tag

    def _open(self) -> FactsDatabase:
        if self._database is None:
            self._database = FactsDatabase(memory_mb=self.memory_mb, spill=self.folder / "spill")
            self._database.read_parquet(self.folder)
        return self._database

    def close(self) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None
