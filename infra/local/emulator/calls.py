"""Who called what: the record that the tests of our IAM grants read.

Each line is one call that a function, or a state machine by an integration of its own, made to this account. A
DynamoDB transaction is not an IAM action on AWS: every element is checked as the single action it performs, so it is
written down that way.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Call:
    principal: str
    """`function:<name>` or `statemachine:<name>`."""
    service: str
    action: str
    """As IAM writes it: `dynamodb:PutItem`."""
    resource: str
    """The ARN, or the best name known for it; `*` where the call names none."""


def write_call(path: Path, call: Call) -> None:
    with path.open("a") as lines:
        lines.write(json.dumps(asdict(call)) + "\n")


def read_calls(path: Path) -> list[Call]:
    if not path.exists():
        return []
    complete = path.read_text().rpartition("\n")[0]
    return [Call(**json.loads(line)) for line in complete.splitlines()]
