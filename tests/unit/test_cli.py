"""How the `stopship` command ends: 0 good, 1 something was found, 2 it could not do its work, which is told in one line."""

import sys
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from typer.testing import CliRunner

from infra.cli import exceptions, main
from infra.local.desk import LocalDesk, NotRunning

ASKED_OF_A_STAGE = [
    "case list",
    "case show 1001",
    "exceptions",
    "audit verify",
    "kpi stop_success_rate",
    "facts check",
    "facts rebuild",
    "report",
    "connect --check",
]


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that knows neither a region nor credentials, and on which no desk runs."""
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)

    def attach() -> LocalDesk:
        raise NotRunning("no desk is running here")

    monkeypatch.setattr(LocalDesk, "attach", attach)


def ended(command: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(sys, "argv", ["stopship", *command.split()])
    with pytest.raises(SystemExit) as stopped:
        main.main()
    return stopped.value.code


@pytest.mark.parametrize("command", ASKED_OF_A_STAGE)
@pytest.mark.parametrize(("region", "says"), [("", "region"), ("eu-central-1", "credentials")])
def test_what_cannot_be_asked_of_aws_is_told_in_one_line(
    command: str, region: str, says: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if region:
        monkeypatch.setenv("AWS_DEFAULT_REGION", region)
    assert ended(f"{command} --stage prod", monkeypatch) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert len(told.err.splitlines()) == 1 and says in told.err


@pytest.mark.parametrize("answer", ["resolve exc-1 retry --merchant acme", "approve exc-1 hash --merchant acme"])
def test_an_answer_without_a_desk_is_told_in_one_line(
    answer: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended(f"exceptions {answer}", monkeypatch) == 2
    assert capsys.readouterr().err == "no desk is running here\n"


@pytest.mark.parametrize("answer", ["resolve exc-1 retry --merchant acme", "approve exc-1 hash --merchant acme"])
def test_an_answer_meant_for_a_stage_never_reaches_the_local_desk(answer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    reached: list[object] = []
    monkeypatch.setattr(LocalDesk, "attach", lambda: reached.append("attached"))
    monkeypatch.setattr(exceptions, "DeskApi", SimpleNamespace(of=lambda *_, **__: reached.append("asked")))
    done = CliRunner().invoke(main.app, ["exceptions", "--stage", "prod", *answer.split()])
    assert done.exit_code == 2 and "--stage" in done.output
    assert reached == []
