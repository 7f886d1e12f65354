"""The `stopship` command."""

import typer
from botocore.exceptions import BotoCoreError, ClientError

from infra.cli import audit, cases, exceptions, fact_book, policy
from infra.cli.bench import bench
from infra.cli.cancel import cancel
from infra.cli.capabilities import capabilities
from infra.cli.connect import connect
from infra.cli.demo import demo
from infra.cli.handbook import handbook
from infra.cli.kpi import kpi
from infra.cli.output import fail
from infra.cli.report import report
from infra.cli.run import down, status, up
from infra.local.desk import NotRunning
from infra.local.emulator.deploy import DeploymentFailed
from infra.local.emulator.process import EmulatorDied
from infra.local.sandboxes.process import CommandRefused, SandboxesDied
from infra.packaging import PackagingFailed
from infra.synth import SynthesisFailed

CANNOT_RUN = (
    BotoCoreError,
    ClientError,
    CommandRefused,
    DeploymentFailed,
    EmulatorDied,
    NotRunning,
    PackagingFailed,
    SandboxesDied,
    SynthesisFailed,
    TimeoutError,
)

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
app.command()(capabilities)
app.command()(connect)
app.command()(cancel)
app.command()(kpi)
app.command()(report)
app.command()(handbook)
app.add_typer(cases.app, name="case")
app.add_typer(exceptions.app, name="exceptions")
app.add_typer(audit.app, name="audit")
app.add_typer(policy.app, name="policy")
app.add_typer(fact_book.app, name="facts")


def main() -> None:
    """Exit status: 0 good, 1 something was found, 2 the command could not do its work."""
    try:
        app()
    except CANNOT_RUN as error:
        raise SystemExit(fail(str(error)).exit_code) from error


if __name__ == "__main__":
    main()
