"""`stopship capabilities`: what each partner can do and what its answers prove, as the table that README shows; and README's other table, of
what connecting each takes, which is written and checked with it."""

from pathlib import Path
from typing import Annotated

import typer

from infra.cli import connections
from infra.cli.output import FOUND_PROBLEMS, console, fail
from stopship.domain.capabilities import CAPABILITIES, Capability

README = Path(__file__).parents[2] / "README.md"
BEGIN, END = "<!-- capabilities -->\n", "<!-- /capabilities -->"
CONNECTIONS = "<!-- connections -->\n", "<!-- /connections -->"
_COLUMNS = (
    "partner",
    "is stopped by",
    "proves at most",
    "pick state from",
    "holds",
    "part",
    "tracking numbers",
    "a repeat acts once by",
    "calls are bounded by",
    "its messages are proved by",
    "and told apart by",
    "trap",
)


def table() -> str:
    """Markdown, from the table that the decision uses."""
    rows = [_COLUMNS, ("---",) * len(_COLUMNS), *(_cells(row) for row in CAPABILITIES.values())]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _cells(row: Capability) -> tuple[str, ...]:
    part = "yes" if row.partial else "no"
    read = f"{row.pick_state}: {row.pick_state_from.removeprefix(f'{row.pick_state}: ')}"
    return (
        row.partner,
        row.stops_by or "nothing",
        row.proves.replace("_", " "),
        read,
        row.holds or "none",
        part,
        row.parcels or "none",
        row.idempotency,
        row.limit or "nothing",
        row.signature or "sends none",
        row.deduplication or "sends none",
        row.trap,
    )


def in_readme(text: str) -> str:
    """README with both tables as they are now. Raises ValueError when README has no place for one."""
    return _put(_put(text, BEGIN, END, table()), *CONNECTIONS, connections.table())


def _put(text: str, begin: str, end: str, made: str) -> str:
    before, begun, rest = text.partition(begin)
    _, ended, after = rest.partition(end)
    if not begun or not ended:
        raise ValueError(f"README has no {begin.strip()} ... {end}")
    return before + begin + made + end + after


def capabilities(
    *,
    write: Annotated[bool, typer.Option("--write", help="put the tables into README")] = False,
    check: Annotated[bool, typer.Option("--check", help="say whether README has them as they are")] = False,
) -> None:
    """Print what each partner can do and what its answers prove."""
    if not (write or check):
        typer.echo(table(), nl=False)
        return
    try:
        text = README.read_text(encoding="utf-8")
        current = in_readme(text)
    except (OSError, ValueError) as error:
        raise fail(str(error)) from error
    if write:
        README.write_text(current, encoding="utf-8")
    elif text != current:
        console.print(
            "README's tables are not what the code says: run `stopship capabilities --write`", highlight=False
        )
        raise typer.Exit(FOUND_PROBLEMS)
