"""The type check reads those parts of CDK's library that the stack is built of."""

import re
import tomllib
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
SERVICE = re.compile(r"^from aws_cdk import (aws_\w+)", re.MULTILINE)


def test_every_service_that_the_stack_is_built_of_is_read_and_no_other() -> None:
    files = [REPOSITORY / "app.py", *(REPOSITORY / "infra").glob("*.py")]
    used = {f"aws_cdk.{name}" for path in files for name in SERVICE.findall(path.read_text())}
    overrides = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["tool"]["mypy"]["overrides"]
    (read,) = [x["module"] for x in overrides if isinstance(x["module"], list) and "aws_cdk" in x["module"]]
    assert set(read) == {"aws_cdk", *used}
