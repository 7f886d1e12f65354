"""One SQLite file that a killed process leaves whole.

A commit is in the file before it returns. It is not forced to the disk: only the process may die, not the machine,
and so a write costs some tens of microseconds.
"""

import sqlite3
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

type Statement = tuple[str, Sequence[Any]]

SCHEMA = """
CREATE TABLE IF NOT EXISTS items (
    account TEXT, region TEXT, name TEXT, key TEXT, item TEXT, PRIMARY KEY (account, region, name, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS stream_records (
    account TEXT, region TEXT, name TEXT, position INTEGER, record TEXT, PRIMARY KEY (account, region, name, position)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS stream_readers (
    account TEXT, region TEXT, mapping TEXT, position INTEGER, PRIMARY KEY (account, region, mapping)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS messages (
    number INTEGER PRIMARY KEY, queue TEXT, id TEXT, message TEXT, received INTEGER DEFAULT 0
);
CREATE INDEX IF NOT EXISTS messages_of_queue ON messages (queue, id);
CREATE TABLE IF NOT EXISTS executions (
    account TEXT, region TEXT, arn TEXT, execution TEXT, PRIMARY KEY (account, region, arn)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS mail (number INTEGER PRIMARY KEY, account TEXT, region TEXT, mail TEXT);
CREATE TABLE IF NOT EXISTS schedules (
    account TEXT, region TEXT, schedule TEXT, record TEXT, PRIMARY KEY (account, region, schedule)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS fired (
    account TEXT, region TEXT, schedule TEXT, at REAL, PRIMARY KEY (account, region, schedule)
) WITHOUT ROWID;
"""


class Journal:
    """Writes are transactions; threads take turns."""

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._turn = threading.Lock()
        self._database = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = NORMAL")
        self._database.executescript(SCHEMA)

    def write(self, statements: Iterable[Statement]) -> None:
        """All of them or none."""
        with self._turn:
            self._database.execute("BEGIN IMMEDIATE")
            try:
                for statement, values in statements:
                    self._database.execute(statement, values)
            except BaseException:
                self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")

    def read(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        with self._turn:
            return self._database.execute(query, values).fetchall()

    def close(self) -> None:
        with self._turn:
            self._database.close()
