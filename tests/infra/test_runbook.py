"""Whoever gets an alarm finds what to do: each alarm names a section of the run-book that is there."""

import re
from pathlib import Path

from infra.stages import stage
from tests.infra.conftest import Template

RUNBOOK = Path(__file__).parents[2] / "infra" / "RUNBOOK.md"


def sections() -> dict[str, str]:
    """Anchor to text, as Markdown makes anchors of headings."""
    parts = re.split(r"^## (.+)$", RUNBOOK.read_text(), flags=re.MULTILINE)[1:]
    return {title.lower().replace(" ", "-"): text for title, text in zip(parts[::2], parts[1::2], strict=True)}


def named(template: Template) -> set[str]:
    """The anchors that the alarms' texts name. An alarm without one fails."""
    alarms = template.of("AWS::CloudWatch::Alarm").values()
    place = re.escape(stage("dev").runbook_url)
    found = [re.search(rf"Run-book: {place}#(\S+)$", alarm["AlarmDescription"]) for alarm in alarms]
    assert all(found), [a["AlarmDescription"] for a, match in zip(alarms, found, strict=True) if not match]
    return {match[1] for match in found if match}


def test_every_alarm_names_a_section_that_says_what_to_do(dev: Template) -> None:
    for anchor in named(dev):
        assert "1. " in sections()[anchor]


CHANGES = {"upgrade-and-roll-back", "restore-the-ledger", "prove-that-nobody-rewrote-the-ledger"}
"""Sections for what people begin, and no alarm."""


def test_every_other_section_is_named_by_an_alarm(dev: Template) -> None:
    assert set(sections()) == named(dev) | CHANGES


def test_every_dead_letter_queue_has_a_row_that_says_how_its_messages_come_back(dev: Template) -> None:
    """SQS moves back only what came out of a queue, of which these dead letters are."""
    queues = dev.of("AWS::SQS::Queue")
    from_queues = {str(x["RedrivePolicy"]["deadLetterTargetArn"]) for x in queues.values() if "RedrivePolicy" in x}
    moves = {name: any(name in arn for arn in from_queues) for name in queues if "DeadLetters" in name}
    rows = re.findall(r"^\| ([A-Z][\w, ]+) \| .* \| (.*) \|$", sections()["dead-letters"], re.MULTILINE)
    told = {name: "*move back*" in back for names, back in rows for name in names.split(", ")}
    assert told == {re.sub(r"^\w*?Queues|DeadLetters\w*$", "", name): moved for name, moved in moves.items()}
