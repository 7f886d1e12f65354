"""Three clocks: the customer's never stops, the team's waits for a partner, the partner's runs while it owes an answer."""

from stopship.adapters.policy_file import load_default
from stopship.domain import events as e
from stopship.domain import instant
from stopship.domain.case import Case, apply
from stopship.domain.clocks import begins, clocks, spent
from stopship.domain.events import Event
from stopship.domain.policy import Tier

AT = "2026-11-26T09:00:00.000000Z"
POLICY = load_default()


def later(seconds: float) -> str:
    return instant.plus(AT, seconds)


def case_with(*facts: tuple[str, Event]) -> Case:
    case = Case("acme", "case-1")
    wish = e.RequestReceived("w", "customer_request", "customer", "ops", AT, AT, {}, "", False, [], "0" * 64)
    for version, (at, fact) in enumerate([(AT, wish), *facts], start=1):
        apply(case, fact, version, at)
    return case


def opened(evidence: dict[str, str] | None = None, clock_from: str = "", deadline: str = "") -> e.ExceptionOpened:
    return e.ExceptionOpened(
        "exc-1",
        "",
        "erp_refused",
        "P2",
        "finance",
        "look",
        deadline or later(18_000),
        "",
        evidence or {},
        "",
        clock_from,
    )


def test_the_customer_waits_from_the_first_wish_and_the_team_from_the_exception() -> None:
    case = case_with((later(3600), opened()))
    customer, team = clocks(case, case.exceptions["exc-1"], POLICY, later(4000))
    assert (customer.since, customer.due) == (AT, later(172_800))
    assert (team.since, team.due, team.paused_until) == (later(3600), later(18_000), "")
    assert not team.passed(later(17_999)) and team.passed(later(18_000))


def test_a_partner_that_is_down_has_its_own_time_before_the_team_has() -> None:
    begin = begins(Tier.P2, POLICY, AT, partner_owes=True)
    outage = opened({"outage": "outage-x", "partner": "north"}, begin, later(28_800))
    case = case_with((AT, outage))
    _, team, vendor = clocks(case, case.exceptions["exc-1"], POLICY, later(60))
    assert (vendor.name, vendor.due) == ("north", later(14_400))
    assert (team.paused_until, team.due) == (later(14_400), later(28_800))
    assert clocks(case, case.exceptions["exc-1"], POLICY, later(14_401))[1].paused_until == ""


def test_the_most_urgent_wait_for_nobody() -> None:
    assert begins(Tier.P1, POLICY, AT, partner_owes=True) == AT
    assert begins(Tier.P3, POLICY, AT, partner_owes=False) == AT


def test_an_answer_that_somebody_was_asked_for_stops_the_teams_clock_and_not_the_customers() -> None:
    snoozed = e.ExceptionSnoozed("exc-1", later(7200), later(18_000), 3600, "ann", "", "north")
    case = case_with((AT, opened()), (later(3600), snoozed))
    state = case.exceptions["exc-1"]
    customer, team, vendor = clocks(case, state, POLICY, later(4000))
    assert (customer.paused_until, team.paused_until, vendor.name) == ("", later(7200), "north")
    assert (vendor.since, vendor.due) == (later(3600), later(7200))
    assert spent(state, POLICY, later(5000)) == 3600 and spent(state, POLICY, later(7260)) == 3660
