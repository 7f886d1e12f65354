"""Cases in different states, to measure the decision on."""

from stopship.adapters.policy_file import load_default
from stopship.domain import events as e
from stopship.domain.case import Case, Leg, apply
from stopship.domain.policy import Policy

START = "2026-11-24T12:00:00.000000Z"
NOW = "2026-11-24T12:01:00.000000Z"


def decided_cases() -> tuple[list[tuple[Case, Leg]], Policy, str]:
    """One case per pick state, and one that has been acknowledged."""
    policy = load_default()
    states = ("not_released", "released", "picking", "picked", "packed", "labelled", "shipped", "unknown")
    cases = [_case(policy, state) for state in states]
    acknowledged = _case(policy, "picked")
    _acknowledge(acknowledged)
    return [(c, c.legs["1"]) for c in [*cases, acknowledged]], policy, NOW


def _case(policy: Policy, state: str) -> Case:
    case = Case("acme", "case-1")
    request = e.RequestReceived("r", "customer_request", "customer", "flow", START, START, {}, "", False, [], "0" * 64)
    facts: list[e.Event] = [
        e.CaseOpened("shopify", "1", 1, policy.version, policy.hash),
        request,
        e.LegPlanned("1", "east", "third_party", "gid", {"10": 1}),
        e.PickStateObserved("1", state, "east", "2026-11-24T12:00:30.000000Z", "system"),
    ]
    for version, fact in enumerate(facts, 1):
        apply(case, fact, version, START)
    return case


def _acknowledge(case: Case) -> None:
    apply(case, e.StopShipRequested("1", "east", 1, True, "cb", NOW), 5, START)
    answer = e.AcknowledgementReceived(
        "1", 1, "physically_stopped", "east", "picked", NOW, "operator", "", "", {}, partial=False
    )
    apply(case, answer, 6, START)
