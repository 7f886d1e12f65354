"""The ledger in memory: for tests of use cases and for short-lived tools. Thread safe; gone with the process."""

from collections.abc import Iterator, Mapping, Sequence
from threading import Lock
from typing import Any

from stopship.adapters import ledger_items as items
from stopship.adapters.ledger_table import TableLedger


class MemoryTable:
    """Items by partition and sort key. An item is never changed in place, so what a reader holds stays as it was."""

    def __init__(self) -> None:
        self._partitions: dict[str, dict[str, items.Item]] = {}
        self._lock = Lock()

    def _find(self, key: tuple[str, str]) -> items.Item | None:
        return self._partitions.get(key[0], {}).get(key[1])

    def _all(self) -> list[items.Item]:
        with self._lock:
            return [dict(item) for partition in self._partitions.values() for item in partition.values()]

    def get(self, pk: str, sk: str) -> Mapping[str, Any] | None:
        with self._lock:
            found = self._find((pk, sk))
            return dict(found) if found else None

    def query(self, pk: str, low: str, high: str, *, only: Sequence[str] = ()) -> Iterator[Mapping[str, Any]]:
        with self._lock:
            partition = sorted(self._partitions.get(pk, {}).items())
        found = [item for sk, item in partition if low <= sk <= high]
        return iter([{k: v for k, v in item.items() if not only or k in only} for item in found])

    def query_index(
        self,
        index: str,
        pk: str,
        low: str,
        high: str,
        *,
        newest_first: bool = False,
        step: int = 0,  # noqa: ARG002 - what is here is here
    ) -> Iterator[Mapping[str, Any]]:
        hash_key, range_key = f"{index}pk", f"{index}sk"
        found = [x for x in self._all() if x.get(hash_key) == pk and low <= str(x[range_key]) <= high]
        return iter(sorted(found, key=lambda x: str(x[range_key]), reverse=newest_first))

    def write(self, writes: Sequence[items.Write]) -> None:
        with self._lock:
            refused = [w.refused(self._find(w.key)) for w in writes if not w.expect.met(self._find(w.key))]
            if refused:
                raise items.worst(refused)
            for write in writes:
                pk, sk = write.key
                self._partitions.setdefault(pk, {})[sk] = dict(write.item)

    def scan(self) -> Iterator[Mapping[str, Any]]:
        return iter(self._all())


class MemoryLedger(TableLedger):
    def __init__(self) -> None:
        super().__init__(MemoryTable())
