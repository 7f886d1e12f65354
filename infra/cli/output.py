"""What every command prints with: one console, one way to say it in JSON, one exit status per kind of end."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer
from rich.console import Console

console = Console()
errors = Console(stderr=True)

FOUND_PROBLEMS = 1
NOT_POSSIBLE = 2


def as_json(value: Any) -> None:
    """One JSON document on standard output, and nothing else there."""
    typer.echo(json.dumps(value, indent=2, default=str))


def fail(message: str, status: int = NOT_POSSIBLE) -> typer.Exit:
    """Says it in one line, as it is: what a partner or AWS said may hold brackets."""
    errors.print(message, style="red", markup=False, highlight=False, soft_wrap=True)
    return typer.Exit(status)


@contextmanager
def progress(*, quiet: bool) -> Iterator[Any]:
    """Says what is going on; with ``quiet`` on standard error only, so that JSON output stays clean."""
    shown = errors if quiet else console
    with shown.status("starting") as status:

        def say(text: str) -> None:
            status.update(text)
            if not shown.is_terminal:
                shown.print(f"- {text}", highlight=False)

        yield say


OUTCOME_STYLE = {
    "stopped": "green",
    "shipped": "yellow",
    "blocked": "magenta",
    "saved": "cyan",
    "withdrawn": "cyan",
    "": "dim",
}
