"""The `stopship` command."""

import typer

from infra.cli import audit, cases, exceptions, policy
from infra.cli.bench import bench
from infra.cli.demo import demo
from infra.cli.run import down, status, up

app = typer.Typer(
    name="stopship",
    help="The cancellation desk: stop what can still be stopped, prove it, and only then move money.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)
app.command()(up)
app.command()(down)
app.command()(status)
app.command()(demo)
app.command()(bench)
app.add_typer(cases.app, name="case")
app.add_typer(exceptions.app, name="exceptions")
app.add_typer(audit.app, name="audit")
app.add_typer(policy.app, name="policy")


def main() -> None:
    app()


if __name__ == "__main__":
    main()
