"""`stopship policy check FILE`: what is wrong with a policy, by line and field."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from infra.cli.cases import Json
from infra.cli.output import FOUND_PROBLEMS, as_json, console, fail
from stopship.adapters import policy_file

app = typer.Typer(help="Policies: what is decided in advance.", no_args_is_help=True)


@app.command("check")
def check(
    file: Annotated[Path, typer.Argument(help="a merchant's override, or a whole policy, in TOML")],
    json: Json = False,
) -> None:
    """Checks a policy file. Exit status 1 when it has errors, 2 when it cannot be read."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise fail(f"{file}: {error}") from error
    problems = policy_file.check(text)
    if json:
        as_json({"file": str(file), "problems": [asdict(p) for p in problems]})
    else:
        for p in problems:
            console.print(f"{file}:{p.line}: [bold]{p.field}[/bold]: {p.problem} [dim]({p.fix})[/dim]", highlight=False)
        if not problems:
            _, policy = policy_file.effective(text)
            console.print(f"[green]good[/green]: version {policy.version}, hash {policy.hash[:16]}", highlight=False)
    if problems:
        raise typer.Exit(FOUND_PROBLEMS)
