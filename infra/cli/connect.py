"""`stopship connect`: whether each merchant's connections are right, and what to do about those that are not."""

from dataclasses import asdict, dataclass
from typing import Annotated, Any

import boto3
import botocore.exceptions
import typer

from infra.cli.cases import Json, Stage, target
from infra.cli.output import FOUND_PROBLEMS, NOT_POSSIBLE, as_json, console, fail
from infra.local.desk import LocalDesk
from infra.local.merchants import STAGE
from stopship.adapters.merchants import Merchants
from stopship.domain.errors import NotFound, StopshipError
from stopship.domain.finding import Finding, Verdict, wrong
from stopship.wiring.connection_checks import SETTINGS, ConnectionChecks, every

STYLES = {Verdict.GOOD: "green", Verdict.WRONG: "bold red", Verdict.UNKNOWN: "yellow"}
MARKS = {Verdict.GOOD: "good ", Verdict.WRONG: "wrong", Verdict.UNKNOWN: "?    "}


@dataclass(frozen=True, slots=True)
class Look:
    merchant: str
    connection: str
    findings: list[Finding]


def connect(
    partner: Annotated[
        str,
        typer.Argument(help="shopify, netsuite, generic_3pl, ... or one connection: warehouses.east. All without it"),
    ] = "",
    check: Annotated[bool, typer.Option("--check", help="look at the connections; changes nothing anywhere")] = False,
    merchant: Annotated[str, typer.Option(help="only this merchant")] = "",
    stage: Stage = "",
    json: Json = False,
) -> None:
    """Check the merchants' connections: credentials, scopes, webhooks, fields, limits. Exit status 0: nothing is wrong; 1: something
    is to be fixed; 2: the check could not be made."""
    if not check:
        raise fail("say --check: looking is all that this command does")
    try:
        merchants, checks = _open(stage)
        names = [merchant] if merchant else merchants.names()
        looks = [look for name in names for look in _looks(checks, name, partner)]
    except (StopshipError, botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as error:
        raise fail(f"there is no {error}" if isinstance(error, NotFound) else str(error)) from error
    if not looks:
        raise fail(f"nobody is connected to {partner}" if partner else "no merchant has a connection")
    if json:
        as_json([asdict(look) for look in looks])
    else:
        _show(looks)
    if any(finding.verdict is Verdict.WRONG for look in looks for finding in look.findings):
        raise typer.Exit(FOUND_PROBLEMS)
    if any(unfinished(look) for look in looks):
        raise typer.Exit(NOT_POSSIBLE)


def _looks(checks: ConnectionChecks, merchant: str, partner: str) -> list[Look]:
    """A secret that cannot be read is the merchant's first finding; its text is in the error's own words, and must not be shown."""
    try:
        return [Look(merchant, connection, findings) for connection, findings in every(checks, merchant, partner)]
    except (ValueError, AttributeError):
        fix = "put the merchant's connections into it, as the README shows them"
        return [Look(merchant, "secret", [wrong("secret", "is no JSON object", fix)])]


def unfinished(look: Look) -> bool:
    """A partner that did not answer at all: nothing about it is known to be good. A kind that nothing can be read of is none."""
    return all(f.verdict is Verdict.UNKNOWN and f.subject != SETTINGS for f in look.findings)


def _open(stage: str) -> tuple[Merchants, ConnectionChecks]:
    desk = target(stage)
    client: Any = boto3.client if stage else LocalDesk.attach().emulator.client
    merchants = Merchants(stage or STAGE, client("secretsmanager"), client("ssm"))
    local_url = "" if stage else LocalDesk.attach().api_url
    api_url = local_url or desk.outputs.get("ApiUrl", "")
    return merchants, ConnectionChecks(merchants, client("kms"), api_url, client("sesv2"))


def _show(looks: list[Look]) -> None:
    for look in looks:
        console.print(f"[bold]{look.merchant}[/bold] {look.connection}", highlight=False)
        for finding in look.findings:
            style = STYLES[finding.verdict]
            line = f"   [{style}]{MARKS[finding.verdict]}[/{style}] {finding.subject}: "
            console.print(line, end="", highlight=False)
            console.print(finding.says, markup=False, highlight=False)
            if finding.fix:
                console.print(f"         -> {finding.fix}", style="dim", markup=False, highlight=False)
