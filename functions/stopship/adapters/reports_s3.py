"""The bucket of reports: exported facts under ``facts/<table>/merchant=<m>/week=<w>/``, the rules they are reported by, and reports.

Facts of a case lie under the UTC week in which it was opened; a report reads the weeks that it needs and those before in which a case may
have begun that ended now.
"""

from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from stopship.adapters import reporting_rules
from stopship.adapters.facts_duckdb import TABLES, write_parquet
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
        listed = self._listed(FACTS)
        keys = [key for key in listed if _WEEK not in key or key.partition(_WEEK)[2][:8] >= str(since)]
        for key in keys:
            self.fetch_one(folder, key)
        return len(keys)

    def merchants(self) -> list[str]:
        """Of whom there are facts: who has no orders may have cases, and the other way round."""
        listed = [self._folders(f"{FACTS}{table}/merchant=") for table in ("cases", "orders")]
        return sorted({name for names in listed for name in names})

    def _folders(self, prefix: str) -> Iterable[str]:
        asked = {"Bucket": self._bucket, "Prefix": prefix, "Delimiter": "/"}
        pages = self._client.get_paginator("list_objects_v2").paginate(**asked)
        return [row["Prefix"].removeprefix(prefix).rstrip("/") for x in pages for row in x.get("CommonPrefixes", [])]

    def facts_of(self, merchant: str, since: Week) -> dict[str, str]:
        """Key and entity tag of the merchant's files of facts, from that week on: the tag changes with what is in the file."""
        listed: dict[str, str] = {}
        for table in TABLES:
            prefix = f"{FACTS}{table}/merchant={merchant}{_WEEK}"
            listed |= self._listed(prefix, after=f"{prefix}{since}")
        return listed

    def fetch_one(self, folder: Path, key: str) -> None:
        """The file appears whole, or stays as it was."""
        target = self.local(folder, key)
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = target.with_suffix(".unfinished")
        with unfinished.open("wb") as file:
            for part in self._client.get_object(Bucket=self._bucket, Key=key)["Body"].iter_chunks(_CHUNK):
                file.write(part)
        unfinished.replace(target)

    @staticmethod
    def local(folder: Path, key: str) -> Path:
        """Where a file of facts lies in a folder of them."""
        return folder / key.removeprefix(FACTS)

    def rules(self) -> reporting_rules.Exported:
        """As they were written after the last export."""
        key = f"{FACTS}{reporting_rules.FILE}"
        if not self.has(key):
            return reporting_rules.Exported()
        return reporting_rules.load(self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read().decode())

    def _listed(self, prefix: str, after: str = "") -> dict[str, str]:
        asked = {"Bucket": self._bucket, "Prefix": prefix, **({"StartAfter": after} if after else {})}
        pages = self._client.get_paginator("list_objects_v2").paginate(**asked)
        return {row["Key"]: row["ETag"] for page in pages for row in page.get("Contents", [])}
