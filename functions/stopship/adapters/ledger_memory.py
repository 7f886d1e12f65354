"""The ledger in memory: for tests of use cases and for short-lived tools. Thread safe; gone with the process."""

from collections.abc import Iterator, Mapping, Sequence
from threading import Lock
from typing import Any

from stopship.adapters import ledger_items as items
from stopship.adapters.ledger_table import TableLedger


class MemoryTable:
    """Items in a dictionary. Items are never changed in place, so what a reader holds stays as it was."""

    def __init__(self) -> None:
        self._items: dict[tuple[str, str], items.Item] = {}
        self._lock = Lock()

    def get(self, pk: str, sk: str) -> Mapping[str, Any] | None:
        with self._lock:
            found = self._items.get((pk, sk))
            return dict(found) if found else None

    def query(self, pk: str, low: str, high: str, *, only: Sequence[str] = ()) -> Iterator[Mapping[str, Any]]:
        with self._lock:
            found = [x for (p, s), x in self._items.items() if p == pk and low <= s <= high]
        found.sort(key=lambda x: str(x["sk"]))
        return iter([{k: v for k, v in x.items() if not only or k in only} for x in found])

    def query_index(
        self, index: str, pk: str, low: str, high: str, *, newest_first: bool = False
    ) -> Iterator[Mapping[str, Any]]:
        hash_key, range_key = f"{index}pk", f"{index}sk"
        with self._lock:
            in_index = [x for x in self._items.values() if x.get(hash_key) == pk]
        found = [x for x in in_index if low <= str(x[range_key]) <= high]
        found.sort(key=lambda x: str(x[range_key]), reverse=newest_first)
        return iter([dict(x) for x in found])

    def write(self, writes: Sequence[items.Write]) -> None:
        with self._lock:
            refused = [w.refused(self._items.get(w.key)) for w in writes if not w.expect.met(self._items.get(w.key))]
            if refused:
                raise items.worst(refused)
            self._items.update({w.key: dict(w.item) for w in writes})

    def scan(self) -> Iterator[Mapping[str, Any]]:
        with self._lock:
            return iter([dict(x) for x in self._items.values()])


class MemoryLedger(TableLedger):
    def __init__(self) -> None:
        super().__init__(MemoryTable())
