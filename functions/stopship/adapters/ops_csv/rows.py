"""The rows of a list, and everything that is wrong with them, by line and column."""

import csv
import hashlib
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, field
from typing import Final

from stopship.domain.chain import digest
from stopship.domain.errors import InvalidInput, InvalidRows, RowError
from stopship.domain.request import Reason
from stopship.frozen import frozen

MAX_ROWS: Final = 1_000
MAX_QUANTITY: Final = 100_000
_NAMES: Final[Mapping[str, str]] = {
    "orderref": "order_ref",
    "order": "order_ref",
    "orderid": "order_ref",
    "ordernumber": "order_ref",
    "channel": "channel",
    "sku": "sku",
    "lineid": "line_id",
    "line": "line_id",
    "quantity": "quantity",
    "qty": "quantity",
    "reason": "reason",
    "ticketref": "ticket_ref",
    "ticket": "ticket_ref",
    "requestid": "request_id",
}
COLUMNS: Final = tuple(dict.fromkeys(_NAMES.values()))
_ID = re.compile(r"#?[A-Za-z0-9_.-]{1,200}")
_SHORTENED = re.compile(r"[0-9][.,]?[0-9]*[eE]\+?[0-9]+")


@frozen
class Row:
    """One wish. ``line`` is where it stands in the file. ``quantity`` is 0 for all of it; without ``sku`` and ``line_id`` all that is open is
    meant. ``channel`` is "" when the order's id must tell."""

    line: int
    order_ref: str
    channel: str
    sku: str
    line_id: str
    quantity: int
    reason: Reason
    ticket_ref: str
    request_id: str

    def delivery_id(self, file_sha256: str) -> str:
        """The same for a repeat of the same wish, and for nothing else: an id that comes again with another content is another wish."""
        if not self.request_id:
            return f"{file_sha256[:40]}:{self.line}"
        said = {name: value for name, value in asdict(self).items() if name != "line"}
        return f"id:{digest(said)[:40]}"

    @property
    def place(self) -> tuple[str, ...]:
        """What the row is about: two rows about the same are a mistake."""
        return self.channel, self.order_ref, self.sku, self.line_id


@frozen
class Listed:
    """``sha256`` is the file's."""

    sha256: str
    rows: Sequence[Row]
    errors: Sequence[RowError] = field(default=())


def read_rows(body: bytes) -> Listed:
    """Every row that may be taken, and every fault of the others. Raises InvalidInput or InvalidRows when the file cannot be read as a
    whole: nothing of it is then taken."""
    lines = _records(_text(body))
    try:
        columns = _columns(*next(lines, (1, [])))
        return _read(hashlib.sha256(body).hexdigest(), columns, lines)
    except csv.Error as error:
        raise InvalidInput("body", f"is not CSV: {error}", "close every quote; one row a line") from error


def _read(sha256: str, columns: Sequence[str], lines: Iterator[tuple[int, list[str]]]) -> Listed:
    rows: list[Row] = []
    errors: list[RowError] = []
    seen: dict[tuple[str, ...], int] = {}
    for count, (line, cells) in enumerate(lines, start=1):
        if count > MAX_ROWS:
            raise InvalidInput("body", f"has more than {MAX_ROWS} rows", "send it in parts")
        row, wrong = _row(line, columns, cells)
        if row and row.place in seen:
            what = f"names what line {seen[row.place]} names already"
            wrong = [RowError(line, "order_ref", what, "one row for one thing, with its whole quantity")]
        elif row:
            seen[row.place] = line
            rows.append(row)
        errors += wrong
    if not rows and not errors:
        raise InvalidInput("body", "has no rows", "a line of column names, then one wish a line")
    return Listed(sha256, rows, errors)


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = body[: error.start].count(b"\n") + 1
        problem = RowError(line, "", f"is not UTF-8 at byte {error.start}", "save the file as CSV UTF-8")
        raise InvalidRows([problem]) from error


def _records(text: str) -> Iterator[tuple[int, list[str]]]:
    """The line that a record begins on, and its cells without the blanks around them; empty lines are none. Raises csv.Error."""
    heading = text.partition("\n")[0]
    delimiter = ";" if heading.count(";") > heading.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    begins = 1
    for cells in reader:
        line, begins = begins, reader.line_num + 1
        if any(cell.strip() for cell in cells):
            yield line, [cell.strip() for cell in cells]


def _columns(line: int, names: Sequence[str]) -> list[str]:
    """A name that is not known is refused: a slip in "quantity" must not cancel all of it."""
    found = [_NAMES.get(re.sub(r"[\s_-]", "", name).casefold(), "") for name in names]
    fix = f"the columns are {', '.join(COLUMNS)}"
    errors = [
        RowError(line, f"column {n}", "is not a column that is known", fix) for n, x in enumerate(found, 1) if not x
    ]
    errors += [RowError(line, x, "is named twice", fix) for x in dict.fromkeys(found) if x and found.count(x) > 1]
    errors += [RowError(line, x, "is missing", fix) for x in ("order_ref", "reason") if x not in found]
    if errors:
        raise InvalidRows(errors)
    return found


def _row(line: int, columns: Sequence[str], cells: Sequence[str]) -> tuple[Row | None, list[RowError]]:
    if len(cells) != len(columns):
        what = f"has {len(cells)} cells, and there are {len(columns)} columns"
        return None, [RowError(line, "", what, "put quotes around a cell that holds the separator")]
    told = dict.fromkeys(COLUMNS, "") | dict(zip(columns, cells, strict=True))
    errors = [RowError(line, name, *wrong) for name, check in _CHECKS.items() if (wrong := check(told[name]))]
    if told["sku"] and told["line_id"]:
        errors.append(RowError(line, "sku", "stands beside a line_id", "name one of the two"))
    if told["quantity"] and not (told["sku"] or told["line_id"]):
        errors.append(RowError(line, "quantity", "is of nothing", "name the sku or the line_id"))
    if errors:
        return None, errors
    typed = {"quantity": int(told["quantity"] or 0), "reason": Reason(_word(told["reason"]))}
    return Row(line, **{**told, "channel": told["channel"].lower(), **typed}), []  # type: ignore[arg-type]


type _Wrong = tuple[str, str] | None
"""Problem and fix. The value is never repeated: it may be anything."""


def _order_ref(value: str) -> _Wrong:
    if not value:
        return "is missing", "the order's id"
    if _SHORTENED.fullmatch(value):
        return "was shortened by a spreadsheet", "format the column as text, so that all digits stay"
    return None if _ID.fullmatch(value) else ("is not an order's id", "letters, digits, . _ - and # in front")


def _channel(value: str) -> _Wrong:
    return None if value.lower() in ("", "shopify", "amazon") else ("is not known", "shopify, amazon or nothing")


def _reason(value: str) -> _Wrong:
    if _word(value) == Reason.FRAUD:
        return "fraud needs documented evidence", "ask for it by POST /cancellations, with evidence"
    possible = [x.value for x in Reason if x is not Reason.FRAUD]
    return None if _word(value) in possible else ("is not a reason", f"one of {', '.join(possible)}")


def _word(reason: str) -> str:
    return re.sub(r"[\s-]+", "_", reason.strip().lower())


def _quantity(value: str) -> _Wrong:
    if not value:
        return None
    good = re.fullmatch(r"[0-9]{1,6}", value, re.ASCII) and 1 <= int(value) <= MAX_QUANTITY
    return None if good else ("is not a number of pieces", f"a whole number from 1 to {MAX_QUANTITY}")


def _text_up_to(size: int) -> Callable[[str], _Wrong]:
    def check(value: str) -> _Wrong:
        good = len(value) <= size and (not value or value.isprintable())
        return None if good else ("is too long, or not plain text", f"up to {size} characters on one line")

    return check


_CHECKS: Final[Mapping[str, Callable[[str], _Wrong]]] = {
    "order_ref": _order_ref,
    "channel": _channel,
    "sku": _text_up_to(200),
    "line_id": lambda value: (
        None if not value or _ID.fullmatch(value) else ("is not a line's id", "the order system's")
    ),
    "quantity": _quantity,
    "reason": _reason,
    "ticket_ref": _text_up_to(100),
    "request_id": _text_up_to(200),
}
