"""The ledger in memory: for tests of use cases and for short-lived tools. Thread safe; gone with the process."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator, Mapping, Sequence
from threading import Lock
from types import MappingProxyType
from typing import Any

from stopship.adapters import ledger_items as items
from stopship.adapters.ledger_table import TableLedger

_INDEXES = ("gsi1", "gsi2", "gsi3")
_AFTER_ALL = chr(0x10FFFF)


class MemoryTable:
    """Items by partition and sort key. An item is never changed in place, so what a reader holds stays as it was."""

    def __init__(self) -> None:
        self._partitions: dict[str, dict[str, items.Item]] = {}
        self._sort_keys: dict[str, list[str]] = {}
        """Of each partition, in order."""
        self._indexes: dict[tuple[str, str], list[tuple[str, ...]]] = {}
        """By index and its hash key: (range key, pk, sk), in order."""
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
            order, partition = self._sort_keys.get(pk, []), self._partitions.get(pk, {})
            found = [partition[sk] for sk in order[bisect_left(order, low) : bisect_right(order, high)]]
        if not only:
            return iter([MappingProxyType(item) for item in found])
        return iter([{name: item[name] for name in only if name in item} for item in found])

    def query_index(
        self, index: str, pk: str, low: str, high: str, *, newest_first: bool = False, step: int = 0
    ) -> Iterator[Mapping[str, Any]]:
        if newest_first or not step:
            _, found = self._slice((index, pk), (low,), high, None)
            return iter(found[::-1] if newest_first else found)
        return self._in_parts((index, pk), low, high, step)

    def _in_parts(self, index: tuple[str, str], low: str, high: str, step: int) -> Iterator[Mapping[str, Any]]:
        """Like the pages of a real table: what comes later is read when it is asked for."""
        after: tuple[str, ...] = (low,)
        while True:
            places, found = self._slice(index, after, high, step)
            yield from found
            if len(found) < step:
                return
            after = (*places[-1], _AFTER_ALL)

    def _slice(
        self, index: tuple[str, str], low: tuple[str, ...], high: str, most: int | None
    ) -> tuple[list[tuple[str, ...]], list[Mapping[str, Any]]]:
        with self._lock:
            places = self._indexes.get(index, [])
            first, end = bisect_left(places, low), bisect_right(places, (high, _AFTER_ALL))
            chosen = places[first : end if most is None else min(end, first + most)]
            return chosen, [dict(self._partitions[place[1]][place[2]]) for place in chosen]

    def write(self, writes: Sequence[items.Write]) -> None:
        with self._lock:
            refused = [w.refused(self._find(w.key)) for w in writes if not w.expect.met(self._find(w.key))]
            if refused:
                raise items.worst(refused)
            for write in writes:
                pk, sk = write.key
                self._place(write.key, self._find(write.key), out=True)
                partition = self._partitions.setdefault(pk, {})
                if sk not in partition:
                    insort(self._sort_keys.setdefault(pk, []), sk)
                partition[sk] = dict(write.item)
                self._place(write.key, write.item, out=False)

    def _place(self, key: tuple[str, str], item: Mapping[str, Any] | None, *, out: bool) -> None:
        """Into the indexes that the item is in, or out of them."""
        for index in _INDEXES:
            if item is not None and f"{index}pk" in item:
                places = self._indexes.setdefault((index, str(item[f"{index}pk"])), [])
                place = (str(item[f"{index}sk"]), *key)
                if out:
                    del places[bisect_left(places, place)]
                else:
                    insort(places, place)

    def scan(self) -> Iterator[Mapping[str, Any]]:
        return iter(self._all())


class MemoryLedger(TableLedger):
    def __init__(self) -> None:
        super().__init__(MemoryTable())
