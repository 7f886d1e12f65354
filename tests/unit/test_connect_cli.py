"""What `stopship connect --check` prints, and how it ends."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from infra.cli import connect
from infra.cli.main import app
from stopship.domain.errors import NotFound
from stopship.domain.finding import Finding, good, unknown, wrong

RIGHT = good("access token", "lets us in")
BROKEN = wrong("access scopes", "scopes missing: read_orders", "grant them")
UNTOLD = unknown("writing", "no reading tells", "look yourself")

type Found = dict[str, dict[str, list[Finding]]]
type Run = Callable[..., Result]


class Merchants:
    def __init__(self, found: Found) -> None:
        self._found = found

    def names(self) -> list[str]:
        return sorted(self._found)


class Checks:
    """Stands in for ConnectionChecks: what each merchant's connections are found to be."""

    def __init__(self, found: Found) -> None:
        self._found = found

    def connected(self, merchant: str, wanted: str = "") -> dict[str, str]:
        if merchant == "unfilled":
            raise ValueError("Expecting value: super-secret")
        if merchant not in self._found:
            raise NotFound("merchant")
        return {name: name for name in self._found[merchant] if wanted in ("", name)}

    def check(self, merchant: str, connection: str, _: str) -> list[Finding]:
        return self._found[merchant][connection]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    def start(found: Found, *arguments: str) -> Result:
        monkeypatch.setattr(connect, "_open", lambda stage: (Merchants(found), Checks(found)))
        return CliRunner().invoke(app, ["connect", *arguments])

    yield start


def test_what_is_right_is_said_and_ends_with_0(run: Run) -> None:
    done = run({"acme": {"shopify": [RIGHT]}}, "--check")
    assert done.exit_code == 0
    assert "acme shopify" in done.output
    assert "good" in done.output
    assert "->" not in done.output


def test_what_is_wrong_is_said_with_its_fix_and_ends_with_1(run: Run) -> None:
    done = run({"acme": {"shopify": [RIGHT, BROKEN, UNTOLD]}}, "--check")
    assert done.exit_code == 1
    lines = [line.strip() for line in done.output.splitlines()]
    assert "wrong access scopes: scopes missing: read_orders" in lines
    assert "-> grant them" in lines
    assert any(line.startswith("?") and "writing: no reading tells" in line for line in lines)


def test_what_could_not_be_told_beside_what_is_good_does_no_harm(run: Run) -> None:
    assert run({"acme": {"shopify": [RIGHT, UNTOLD]}}, "--check").exit_code == 0


def test_a_partner_that_did_not_answer_at_all_ends_with_2(run: Run) -> None:
    silent = [unknown("access token", "no connection", "check again in a minute")]
    assert run({"acme": {"amazon": silent, "shopify": [RIGHT]}}, "--check").exit_code == 2
    assert run({"acme": {"amazon": silent, "shopify": [BROKEN]}}, "--check").exit_code == 1


@pytest.mark.parametrize(
    ("arguments", "seen"),
    [
        ([], ["acme amazon", "acme shopify", "borealis shopify"]),
        (["shopify"], ["acme shopify", "borealis shopify"]),
        (["--merchant", "acme"], ["acme amazon", "acme shopify"]),
        (["amazon", "--merchant", "acme"], ["acme amazon"]),
    ],
)
def test_all_that_is_connected_is_looked_at_or_what_was_asked_for(
    run: Run, arguments: list[str], seen: list[str]
) -> None:
    found = {"acme": {"amazon": [RIGHT], "shopify": [RIGHT]}, "borealis": {"shopify": [RIGHT]}}
    done = run(found, "--check", *arguments)
    assert done.exit_code == 0
    assert [line for line in done.output.splitlines() if not line.startswith(" ")] == seen


def test_json_is_one_document_with_everything(run: Run) -> None:
    done = run({"acme": {"shopify": [BROKEN]}}, "--check", "--json")
    assert done.exit_code == 1
    told: Any = json.loads(done.stdout)
    finding = {
        "subject": "access scopes",
        "verdict": "wrong",
        "says": "scopes missing: read_orders",
        "fix": "grant them",
    }
    assert told == [{"merchant": "acme", "connection": "shopify", "findings": [finding]}]


@pytest.mark.parametrize(
    "arguments", [[], ["--check", "etsy"], ["--check", "--merchant", "nobody"]], ids=["look", "partner", "merchant"]
)
def test_a_check_that_cannot_be_made_ends_with_2(run: Run, arguments: list[str]) -> None:
    done = run({"acme": {"shopify": [RIGHT]}}, *arguments)
    assert done.exit_code == 2
    assert done.stdout == ""


def test_a_secret_that_cannot_be_read_is_the_merchants_finding_and_is_not_shown(run: Run) -> None:
    done = run({"acme": {"shopify": [RIGHT]}, "unfilled": {}}, "--check")
    assert done.exit_code == 1
    assert "unfilled secret" in done.output
    assert "super-secret" not in done.output
    assert "acme shopify" in done.output


def test_what_a_partner_says_is_printed_as_it_is(run: Run) -> None:
    done = run({"acme": {"shopify": [wrong("webhook", "goes to [bold]nowhere[/bold]", "x")]}}, "--check")
    assert "[bold]nowhere[/bold]" in done.output
