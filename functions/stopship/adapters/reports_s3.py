"""The bucket of reports: exported facts under ``facts/<table>/merchant=<m>/week=<w>/``, the rules they are reported by, and reports.

Facts of a case lie under the UTC week in which it was opened; a report reads the weeks that it needs and those before in which a case may
have begun that ended now.
"""

from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from stopship.adapters import reporting_rules
from stopship.adapters.facts_duckdb import write_parquet
from stopship.domain.kpi.facts import CaseFacts, OrderFact
from stopship.domain.kpi.weeks import Week

FACTS, REPORTS = "facts/", "reports/"
_WEEK = "/week="
_CHUNK = 1 << 20


class S3Reports:
    """Implements ``application.export_facts.FactFiles``. ``client`` is a low-level S3 client."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client, self._bucket = client, bucket

    def write(self, merchant: str, week: str, cases: Iterable[CaseFacts], orders: Iterable[OrderFact]) -> None:
        with TemporaryDirectory() as name:
            folder = Path(name)
            for file in write_parquet(folder, f"merchant={merchant}{_WEEK}{week}", cases, orders):
                with file.open("rb") as body:
                    key = f"{FACTS}{file.relative_to(folder)}"
                    self._client.put_object(Bucket=self._bucket, Key=key, Body=body)

    def write_rules(self, rules: reporting_rules.Rules, exported_at: str) -> None:
        self.put(
            f"{FACTS}{reporting_rules.FILE}", reporting_rules.dump(rules, exported_at).encode(), "application/json"
        )

    def put(self, key: str, body: bytes, content_type: str) -> None:
        self._client.put_object(Bucket=self._bucket, Key=key, Body=body, ContentType=content_type)

    def has(self, key: str) -> bool:
        found = self._client.list_objects_v2(Bucket=self._bucket, Prefix=key, MaxKeys=1)
        return any(row["Key"] == key for row in found.get("Contents", []))

    def fetch(self, folder: Path, since: Week) -> int:
        """All facts from that week on, and the rules, as ``FactsDatabase.read_parquet`` reads them. Gives the number of files."""
        keys = [key for key in self._keys() if _WEEK not in key or key.partition(_WEEK)[2][:8] >= str(since)]
        for key in keys:
            target = folder / key.removeprefix(FACTS)
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("wb") as file:
                for part in self._client.get_object(Bucket=self._bucket, Key=key)["Body"].iter_chunks(_CHUNK):
                    file.write(part)
        return len(keys)

    def _keys(self) -> Iterable[str]:
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=FACTS)
        return (row["Key"] for page in pages for row in page.get("Contents", []))
