"""Every stage's template, synthesised once, with what the rule packs found."""

import json
from pathlib import Path
from typing import Any

import pytest

from infra.stages import stages
from infra.synth import Finding, check

type Resource = dict[str, Any]

PLANTED = Path(__file__).with_name("planted.py")


class Template:
    def __init__(self, path: Path) -> None:
        self.text = path.read_text()
        self.body: dict[str, Any] = json.loads(self.text)

    def of(self, type_: str) -> dict[str, Resource]:
        """Logical id to properties."""
        found = self.body["Resources"].items()
        return {name: x.get("Properties", {}) for name, x in found if x["Type"] == type_}

    def one(self, type_: str) -> Resource:
        (found,) = self.of(type_).values()
        return found

    def policies(self) -> dict[str, list[Resource]]:
        """Role's logical id to its statements."""
        statements: dict[str, list[Resource]] = {}
        for policy in self.of("AWS::IAM::Policy").values():
            for role in policy["Roles"]:
                statements.setdefault(role["Ref"], []).extend(policy["PolicyDocument"]["Statement"])
        return statements


@pytest.fixture(scope="session")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Finding]]:
    out = tmp_path_factory.mktemp("assembly") / "cdk.out"
    return out, check(out)


@pytest.fixture(scope="session")
def planted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Template, list[Finding]]:
    """A stack with a bare queue in it, on a restored ledger."""
    out = tmp_path_factory.mktemp("planted") / "cdk.out"
    found = check(out, PLANTED)
    return Template(out / "Planted.template.json"), found


@pytest.fixture(scope="session")
def findings(assembly: tuple[Path, list[Finding]]) -> list[Finding]:
    return assembly[1]


@pytest.fixture(scope="session", params=sorted(stages()))
def template(request: pytest.FixtureRequest, assembly: tuple[Path, list[Finding]]) -> Template:
    return Template(assembly[0] / f"Stopship-{request.param}.template.json")


@pytest.fixture(scope="session")
def prod(assembly: tuple[Path, list[Finding]]) -> Template:
    return Template(assembly[0] / "Stopship-prod.template.json")


@pytest.fixture(scope="session")
def dev(assembly: tuple[Path, list[Finding]]) -> Template:
    return Template(assembly[0] / "Stopship-dev.template.json")
