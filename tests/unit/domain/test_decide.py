"""The decision, row by row."""

import pytest

from stopship.domain.decide import ASKED_BY_DECISION, Action
from tests.unit.domain.decision_table import TABLE, Row, decide, said


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_what_is_known_leads_to(row: Row) -> None:
    decision = decide(row)
    assert said(decision) == row.expected
    assert decision.evidence == row.evidence


def test_every_action_has_a_row() -> None:
    assert {said(decide(row)).split()[0] for row in TABLE} == set(Action)


def test_every_cause_that_the_decision_can_give_has_a_row() -> None:
    asked = {decide(row).cause for row in TABLE} - {None}
    assert asked == ASKED_BY_DECISION
