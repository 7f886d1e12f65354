"""Whoever changes the decision, in its code or in the policy's table of pick states, makes a row of the table fail."""

from dataclasses import replace
from types import ModuleType

import pytest

from stopship.adapters.policy_file import load_default
from stopship.domain import decide as original
from stopship.domain.order import DEPARTED, AckLevel, PickState
from stopship.domain.outcome import Outcome
from stopship.domain.policy import Cause, PickRule
from stopship.domain.resolution import Resolution
from tests.unit.domain.decision_table import TABLE, Row, decide, said
from tests.unit.domain.mutants import mutants

WORDS = {
    kind.__name__: [member.name for member in kind]
    for kind in (original.Action, Outcome, Cause, PickRule, AckLevel, Resolution, original.Payment)
}
SAME_IN_EFFECT = {
    "compare in: if leg.human is None or leg.human.version < leg.departure:",
    "compare in: if case.withdrawn is None or case.withdrawn.version < leg.departure:",
    "compare in: if leg.settled and (leg.outcome is Outcome.SHIPPED or leg.departure <= leg.settled.version):",
    "compare in: if leg.answer and leg.answer.version > leg.human.version and belies(leg, leg.answer.fact, word):",
    "compare in: after = [o for o in leg.observations if o.version > answer.version]",
}
"""Changes that nobody can see: two facts never have the same version."""


def fails(module: ModuleType) -> bool:
    return module.ASKED_BY_DECISION != original.ASKED_BY_DECISION or any(_differs(row, module) for row in TABLE)


def _differs(row: Row, module: ModuleType) -> bool:
    try:
        decision = decide(row, by=module.decide_leg)
        return said(decision) != row.expected or decision.evidence != row.evidence
    except Exception:  # noqa: BLE001 - a change that breaks the decision is noticed
        return True


def test_every_change_of_the_decision_makes_a_row_fail() -> None:
    made = list(mutants(original, WORDS))
    unnoticed = [what for what, module in made if not fails(module) and what not in SAME_IN_EFFECT]
    assert unnoticed == []
    assert len(made) > 80


@pytest.mark.parametrize("state", sorted(set(PickState) - DEPARTED))
def test_every_change_of_the_policys_pick_rules_makes_a_row_fail(state: PickState) -> None:
    policy = load_default()
    for rule in set(PickRule) - {policy.pick_rules[state], PickRule.CONVERT_TO_RETURN}:
        changed = replace(policy, pick_rules={**policy.pick_rules, state: rule})
        assert any(said(decide(row, policy=changed)) != row.expected for row in TABLE), f"{state} = {rule}"


def test_every_change_of_the_rule_for_what_no_system_tells_makes_a_row_fail() -> None:
    policy = load_default()
    for rule in set(PickRule) - {policy.unreadable}:
        changed = replace(policy, unreadable=rule)
        assert any(said(decide(row, policy=changed)) != row.expected for row in TABLE), rule


@pytest.mark.parametrize("state", sorted(DEPARTED))
def test_no_policy_overrules_that_it_left(state: PickState) -> None:
    policy = load_default()
    for rule in PickRule:
        changed = replace(policy, pick_rules={**policy.pick_rules, state: rule})
        assert [row.name for row in TABLE if said(decide(row, policy=changed)) != row.expected] == []
