"""What the run-book gives to `project_ledger` by hand."""

import re
from types import SimpleNamespace
from typing import Any

import jmespath
import pytest

from infra.cli.capabilities import README
from stopship.adapters.ledger_dynamodb import encode
from stopship.adapters.ledger_memory import MemoryLedger
from stopship.handlers import project_ledger
from tests.unit.test_audit import a_ledger

RUNBOOK = README.parent / "infra" / "RUNBOOK.md"


def test_facts_that_are_read_from_the_ledger_again_are_projected_as_the_streams_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (made,) = re.findall(r'--query "(\{Records: Items.*)" >', RUNBOOK.read_text(encoding="utf-8"))
    facts: list[Any] = [{**x.attributes, "pk": x.pk, "sk": x.sk} for x in a_ledger() if x.sk.startswith("E#")]
    event = jmespath.search(made, {"Items": [encode(fact) for fact in facts]})
    queued: list[str] = []
    queue = SimpleNamespace(send=lambda message: queued.append(message["exception_id"]))
    monkeypatch.setattr(project_ledger, "SqsQueue", lambda *_: queue)
    monkeypatch.setattr(project_ledger.aws, "client", lambda _: None)
    monkeypatch.setattr(project_ledger, "settings", lambda: SimpleNamespace(exception_queues={"P2": "p2"}, stage="dev"))
    monkeypatch.setattr(project_ledger, "ledger", MemoryLedger)

    assert project_ledger.handler(event, None) == {"batchItemFailures": []}
    assert queued == ["exc-case-a", "exc-case-b"]
