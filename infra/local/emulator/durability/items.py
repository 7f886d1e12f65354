"""DynamoDB: every write is one transaction in the journal, with the stream records that it makes.

Writes take turns. State machines write from threads of their own while requests are served, and only one of two
conditional writes may win; and what is journalled must be in the order in which it happened.
"""

import threading
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from infra.local.emulator.durability.encoding import decode, encode
from infra.local.emulator.durability.journal import Journal, Statement
from infra.local.emulator.vendor import module, need, replace

dynamodb = module("services.dynamodb")
functions = module("services.lambda_svc")
AccountRegionScopedDict = need(module("core.responses"), "AccountRegionScopedDict")

WRITES = (
    "_batch_execute_statement",
    "_batch_write_item",
    "_create_table",
    "_delete_item",
    "_delete_table",
    "_execute_statement",
    "_execute_transaction",
    "_put_item",
    "_transact_write_items",
    "_update_item",
)
STREAM_RECORDS_KEPT = 20_000

type Place = tuple[str, str, str]


def _place(table: dict[str, Any]) -> Place:
    """Account, region and name, from the ARN: the time-to-live sweep runs outside any request."""
    parts = table["TableArn"].split(":")
    return parts[4], parts[3], table["TableName"]


def _key(partition: Any, sort: Any) -> str:
    return encode([partition, sort])


class Ledger:
    """What the write at hand has changed so far."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._turn = threading.RLock()
        self._depth = 0
        self._changes: list[Statement] = []

    def note(self, *changes: Statement) -> None:
        with self:
            self._changes.extend(changes)

    def __enter__(self) -> None:
        self._turn.acquire()
        self._depth += 1

    def __exit__(self, *_: object) -> None:
        try:
            self._depth -= 1
            if self._depth == 0 and self._changes:
                changes, self._changes = self._changes, []
                self._journal.write(changes)
        finally:
            self._turn.release()


def _in_turn(ledger: Ledger) -> Callable[[Any], Any]:
    def wrap(stock: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def write(request: Any) -> Any:
            with ledger:
                return stock(request)

        return write

    return wrap


def _set_item(ledger: Ledger) -> Callable[[Any], Any]:
    def wrap(stock: Callable[..., Any]) -> Callable[..., Any]:
        def set_item(table: dict[str, Any], partition: Any, sort: Any, item: dict[str, Any]) -> Any:
            values = (*_place(table), _key(partition, sort), encode(item))
            ledger.note(("INSERT OR REPLACE INTO items VALUES (?, ?, ?, ?, ?)", values))
            return stock(table, partition, sort, item)

        return set_item

    return wrap


DELETE_ITEM = "DELETE FROM items WHERE account = ? AND region = ? AND name = ? AND key = ?"
DELETE_ITEMS = "DELETE FROM items WHERE account = ? AND region = ? AND name = ?"
DELETE_STREAM = "DELETE FROM stream_records WHERE account = ? AND region = ? AND name = ?"


def _remove_item(ledger: Ledger) -> Callable[[Any], Any]:
    def wrap(stock: Callable[..., Any]) -> Callable[..., Any]:
        def remove_item(table: dict[str, Any], partition: Any, sort: Any) -> Any:
            ledger.note((DELETE_ITEM, (*_place(table), _key(partition, sort))))
            return stock(table, partition, sort)

        return remove_item

    return wrap


def _replaced(ledger: Ledger) -> Callable[[Any], Any]:
    """A whole table swapped at once, by a restore or a rolled back transaction."""

    def wrap(stock: Callable[..., Any]) -> Callable[..., Any]:
        def replaced(table: dict[str, Any]) -> Any:
            place = _place(table)
            rows = [
                ("INSERT INTO items VALUES (?, ?, ?, ?, ?)", (*place, _key(partition, sort), encode(item)))
                for partition, under in table["items"].items()
                for sort, item in under.items()
            ]
            ledger.note((DELETE_ITEMS, place), *rows)
            return stock(table)

        return replaced

    return wrap


def _emit(ledger: Ledger) -> Callable[[Any], Any]:
    def wrap(stock: Callable[..., Any]) -> Callable[..., Any]:
        def emit(name: str, *rest: Any, **named: Any) -> Any:
            position = dynamodb.stream_end_position(name)
            answer = stock(name, *rest, **named)
            place = (dynamodb.get_account_id(), dynamodb.get_region(), name)
            for offset, record in enumerate(dynamodb.stream_records_since(name, position, 100)):
                values = (*place, position + offset, encode(record))
                ledger.note(("INSERT OR REPLACE INTO stream_records VALUES (?, ?, ?, ?, ?)", values))
            return answer

        return emit

    return wrap


class Tables(AccountRegionScopedDict):  # type: ignore[misc, valid-type]
    """All tables; one that is created or deleted leaves no items for the next of its name."""

    __slots__ = ()
    ledger: Ledger

    def _forget(self, name: str) -> None:
        self.ledger.note((DELETE_ITEMS, (*self._prefix(), name)))

    def __setitem__(self, name: str, table: dict[str, Any]) -> None:
        if self.get(name) is not table:
            self._forget(name)
        super().__setitem__(name, table)

    def __delitem__(self, name: str) -> None:
        super().__delitem__(name)
        self._forget(name)

    def pop(self, name: str, *default: Any) -> Any:
        self._forget(name)
        return super().pop(name, *default)


def _stream_dropped(ledger: Ledger) -> Callable[[Any], Any]:
    def wrap(stock: Callable[..., Any]) -> Callable[..., Any]:
        def drop(name: str, *rest: Any) -> Any:
            ledger.note((DELETE_STREAM, (dynamodb.get_account_id(), dynamodb.get_region(), name)))
            return stock(name, *rest)

        return drop

    return wrap


class Readers(AccountRegionScopedDict):  # type: ignore[misc, valid-type]
    """How far each event source mapping has read its stream; every step forward is journalled."""

    __slots__ = ()
    journal: Journal

    def __setitem__(self, mapping: str, position: int) -> None:
        if self.get(mapping) != position:
            values = (*self._prefix(), mapping, position)
            self.journal.write([("INSERT OR REPLACE INTO stream_readers VALUES (?, ?, ?, ?)", values)])
        super().__setitem__(mapping, position)


def apply(journal: Journal) -> None:
    ledger = Ledger(journal)
    Tables.ledger = ledger
    need(dynamodb, "_tables").__class__ = Tables
    replace(dynamodb, "drop_stream_records", _stream_dropped(ledger))
    for name in WRITES:
        replace(dynamodb, name, _in_turn(ledger))
    replace(dynamodb, "_set_item", _set_item(ledger))
    replace(dynamodb, "_remove_item", _remove_item(ledger))
    replace(dynamodb, "_items_replaced", _replaced(ledger))
    replace(dynamodb, "_emit_stream_event", _emit(ledger))
    Readers.journal = journal
    need(functions, "_dynamodb_stream_positions").__class__ = Readers


def _restore_items(journal: Journal) -> None:
    # What the last graceful stop saved is older than the journal.
    for table in dynamodb._tables.all_values():
        table["items"] = defaultdict(dict)
    for account, region, name, text in journal.read("SELECT account, region, name, item FROM items"):
        table = dynamodb._tables.get_scoped(account, region, name)
        if table is None:
            continue
        item = decode(text)
        sort = dynamodb._extract_key_val(item[table["sk_name"]]) if table["sk_name"] else "__no_sort__"
        table["items"][dynamodb._extract_key_val(item[table["pk_name"]])][sort] = item
    for table in dynamodb._tables.all_values():
        table.pop(dynamodb._INDEX_MEMBERS, None)
        dynamodb._update_counts(table)


def _restore_streams(journal: Journal) -> None:
    journal.write(
        [
            (
                "DELETE FROM stream_records WHERE position < (SELECT MAX(newer.position) FROM stream_records newer WHERE "
                "(newer.account, newer.region, newer.name) = "
                "(stream_records.account, stream_records.region, stream_records.name)) - ?",
                (STREAM_RECORDS_KEPT,),
            )
        ]
    )
    rows = journal.read("SELECT * FROM stream_records ORDER BY account, region, name, position")
    for account, region, name, position, text in rows:
        records = dynamodb._stream_records.get_scoped(account, region, name)
        if records is None:
            records = []
            dynamodb._stream_records.set_scoped(account, region, name, records)
            dynamodb._stream_trimmed.set_scoped(account, region, name, position)
        records.append(decode(text))
    for account, region, mapping, position in journal.read("SELECT * FROM stream_readers"):
        functions._dynamodb_stream_positions.set_scoped(account, region, mapping, position)


def restore(journal: Journal) -> None:
    for name in ("_stream_records", "_stream_trimmed", "_extract_key_val", "_INDEX_MEMBERS", "_update_counts"):
        need(dynamodb, name)
    _restore_items(journal)
    _restore_streams(journal)
