"""A policy file is either safe and whole, or refused with the line, the setting and what to write instead."""

import json
import subprocess
import sys
import tomllib
from decimal import Decimal
from hashlib import sha256

import pytest

from stopship.adapters.policy_check import lines_of
from stopship.adapters.policy_file import (
    PolicyRefused,
    Problem,
    check,
    default_text,
    effective,
    from_canonical,
    load_default,
    merge,
    parse,
)
from stopship.domain.errors import InvalidInput
from stopship.domain.order import DEPARTED, IN_WORK, PRE_PICK, PickState
from stopship.domain.policy import Cause, InterceptMode, Level, PickRule, Team, Tier
from stopship.domain.request import Reason


def only(text: str) -> Problem:
    found = check(text)
    assert len(found) == 1, found
    return found[0]


# ------------------------------------------------------------------------------------------------ the default


def test_the_packaged_default_is_a_whole_and_safe_policy() -> None:
    assert check(default_text(), complete=True) == []
    assert parse(default_text(), override_of=None) == load_default()


def test_the_default_says_what_the_desk_promises() -> None:
    policy = load_default()
    assert policy.tier_seconds == {Tier.P1: 3600, Tier.P2: 4 * 3600, Tier.P3: 24 * 3600}
    assert set(policy.exceptions) == set(Cause)
    assert set(policy.reasons) == set(Reason)
    assert {policy.pick_rules[x] for x in PRE_PICK} == {PickRule.STOP}
    assert {policy.pick_rules[x] for x in IN_WORK} == {PickRule.STOP_PHYSICALLY}
    assert {policy.pick_rules[x] for x in DEPARTED} == {PickRule.CONVERT_TO_RETURN}
    assert policy.pick_rules[PickState.UNKNOWN] is PickRule.ASK_PERSON
    assert policy.freshness("any") == 300
    assert policy.acknowledgement("any") == 900
    assert policy.watch_days == 14
    assert policy.exceptions[Cause.SILENT_WAREHOUSE].tier is Tier.P2
    assert policy.exceptions[Cause.SHIPPED_AFTER_STOP].tier is Tier.P1
    assert policy.exceptions[Cause.SHIPPED_REFUND_REQUESTED].tier is Tier.P1
    assert policy.reasons[Reason.FRAUD].outcome == "blocked"
    assert policy.high_value["EUR"] == Decimal(500)


def test_every_passed_deadline_reaches_ops_in_the_default() -> None:
    policy = load_default()
    assert {policy.escalation[team] for team in Team if team is not Team.OPS} == {Team.OPS}


# ------------------------------------------------------------------------------------------------ overrides and pinning


def test_an_override_changes_what_it_names_and_nothing_else() -> None:
    policy = effective('version = "acme-7"\n[acknowledgement_seconds]\nwms-1 = 600\n[high_value]\nEUR = 250.50\n')[1]
    assert policy.version == "acme-7"
    assert (policy.acknowledgement("wms-1"), policy.acknowledgement("other")) == (600, 900)
    assert (policy.high_value["EUR"], policy.high_value["USD"]) == (Decimal("250.5"), Decimal(500))
    assert policy.exceptions == load_default().exceptions
    assert policy.hash != load_default().hash


def test_a_rule_may_be_changed_in_part() -> None:
    policy = effective('[exceptions.silent_warehouse]\ntier = "P1"\n')[1]
    before = load_default().exceptions[Cause.SILENT_WAREHOUSE]
    now = policy.exceptions[Cause.SILENT_WAREHOUSE]
    assert (now.tier, now.owner, now.next_action) == (Tier.P1, before.owner, before.next_action)


def test_a_pinned_policy_is_rebuilt_from_its_kept_text() -> None:
    text, policy = effective("watch_days = 30\n")
    assert from_canonical(text) == policy
    assert policy.hash == sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("", "# only a remark\n"),
        ("", "watch_days = 14\n"),
        ('[high_value]\nEUR = "300.00"\n', "[high_value]\nEUR = 300\n"),
        ("[confirm]\nseconds = 5\nattempts = 6\n", "confirm = {attempts = 6, seconds = 5}\n"),
    ],
)
def test_the_same_rules_have_the_same_hash_however_they_are_written(one: str, other: str) -> None:
    assert effective(one)[1].hash == effective(other)[1].hash


def test_another_base_than_the_default_may_be_overridden() -> None:
    base = default_text().replace("watch_days = 14", "watch_days = 21")
    policy = parse('version = "2"\n', override_of=base)
    assert (policy.version, policy.watch_days) == ("2", 21)


def test_merging_goes_into_tables_and_replaces_all_else() -> None:
    assert merge({"a": {"b": 1, "c": 2}, "d": 3}, {"a": {"b": 9}, "d": {"e": 4}}) == {
        "a": {"b": 9, "c": 2},
        "d": {"e": 4},
    }


def test_a_pinned_policy_is_read_without_pydantic_or_toml() -> None:
    """Functions that only follow a policy do not pay for checking one."""
    code = (
        "import sys\n"
        "from stopship.adapters import policy_file\n"
        "policy_file.from_canonical(sys.stdin.read())\n"
        "print(sorted({'pydantic', 'tomllib'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], input=effective("")[0], text=True, capture_output=True, check=True
    )
    assert done.stdout.strip() == "[]"


# ------------------------------------------------------------------------------------------------ safety


@pytest.mark.parametrize("timing", ["at_once", "before_proof", "", "After_Proof"])
def test_money_before_proof_is_refused(timing: str) -> None:
    problem = only(f'[money]\ntiming = "{timing}"\n')
    assert (problem.line, problem.field) == (2, "money.timing")
    assert "never moves before" in problem.problem
    with pytest.raises(PolicyRefused):
        effective(f'[money]\ntiming = "{timing}"\n')


_SAFE = {
    **{state: {"stop", "stop_physically", "ask_person"} for state in PRE_PICK},
    **{state: {"stop_physically", "ask_person"} for state in IN_WORK},
    **{state: {"convert_to_return"} for state in DEPARTED},
    PickState.UNKNOWN: {"stop_physically", "ask_person"},
}


@pytest.mark.parametrize("state", list(PickState))
@pytest.mark.parametrize("rule", list(PickRule))
def test_only_rules_that_cannot_fake_a_stop_or_a_return_are_taken(state: PickState, rule: PickRule) -> None:
    text = f'[pick_rules]\n{state} = "{rule}"\n'
    if rule in _SAFE[state]:
        assert effective(text)[1].pick_rules[state] is rule
        return
    problem = only(text)
    assert (problem.line, problem.field) == (2, f"pick_rules.{state}")
    assert "unsafe" in problem.problem
    assert all(safe in problem.fix for safe in _SAFE[state])


@pytest.mark.parametrize("rule", list(PickRule))
def test_what_no_system_tells_is_asked_of_people_and_never_taken_for_unpicked(rule: PickRule) -> None:
    text = f'unreadable_pick_state = "{rule}"\n'
    if rule in (PickRule.STOP_PHYSICALLY, PickRule.ASK_PERSON):
        assert effective(text)[1].unreadable is rule
        return
    problem = only(text)
    assert (problem.line, problem.field) == (1, "unreadable_pick_state")
    assert "stop_physically" in problem.fix


def test_a_policy_that_was_kept_before_this_rule_had_its_own_people_ask() -> None:
    kept = json.loads(effective("")[0])
    del kept["unreadable_pick_state"]
    assert from_canonical(json.dumps(kept)).unreadable is PickRule.ASK_PERSON


@pytest.mark.parametrize("reason", ["stockout", "fraud", "payment_timeout"])
def test_the_sellers_own_cause_is_never_reported_as_the_buyers(reason: str) -> None:
    problem = only(f'[reasons.{reason}]\namazon_reason = "BuyerCanceled"\n')
    assert (problem.line, problem.field) == (2, f"reasons.{reason}.amazon_reason")


# ------------------------------------------------------------------------------------------------ what has left


def test_the_default_asks_a_person_about_goods_that_are_worth_it() -> None:
    rule = load_default().intercept
    assert rule.mode is InterceptMode.ASK and rule.carriers == {"ups", "fedex", "usps"}
    assert (rule.max_cost_share, rule.wait_days) == (Decimal("0.3"), 14)
    assert rule.may_pay(Decimal(100), "EUR") and not rule.may_pay(Decimal("99.99"), "EUR")
    assert not rule.may_pay(Decimal(1000), "SEK")


def test_a_policy_that_was_pinned_before_there_was_such_a_rule_intercepts_nothing() -> None:
    content = json.loads(effective("")[0])
    del content["intercept"]
    policy = from_canonical(json.dumps(content))
    assert policy.intercept.mode is InterceptMode.NEVER and not policy.intercept.may_pay(Decimal(1000), "EUR")


def test_a_bound_is_the_same_however_it_is_written() -> None:
    one = effective('[intercept]\nmax_cost_share = 0.250\ncarriers = ["usps", "ups", "ups"]\n')[1]
    other = effective('[intercept]\nmax_cost_share = "0.25"\ncarriers = ["ups", "usps"]\n')[1]
    assert one.hash == other.hash and one.intercept.max_cost_share == Decimal("0.25")


@pytest.mark.parametrize(
    ("text", "line", "field", "says"),
    [
        ('mode = "sometimes"', 2, "intercept.mode", "is not possible here"),
        ('carriers = ["dhl"]', 2, "intercept.carriers.0", "is not possible here"),
        ("carriers = []", 2, "intercept.carriers", "is empty"),
        ("max_cost_share = 1.5", 2, "intercept.max_cost_share", "1.5"),
        ("max_cost_share = 0", 2, "intercept.max_cost_share", "greater than 0"),
        ("wait_days = 61", 2, "intercept.wait_days", "61"),
        ("look_seconds = 1.5", 2, "intercept.look_seconds", "not a whole number"),
        ("minimum_value.eur = 5", 2, "intercept.minimum_value.eur", "not a name"),
        ("minimum_value.EUR = -5", 2, "intercept.minimum_value.EUR", "greater than 0"),
        ("max_costs = 0.1", 2, "intercept.max_costs", "is not a setting"),
    ],
)
def test_an_intercept_without_a_bound_or_out_of_bounds_is_refused_with_its_line(
    text: str, line: int, field: str, says: str
) -> None:
    problem = only(f"[intercept]\n{text}\n")
    assert (problem.line, problem.field) == (line, field)
    assert says in problem.problem and problem.fix


# ------------------------------------------------------------------------------------------------ completeness and form


@pytest.mark.parametrize("cause", list(Cause))
def test_a_policy_without_a_rule_for_a_cause_is_refused(cause: Cause) -> None:
    content = default_text()
    start = content.index(f"[exceptions.{cause}]")
    end = content.find("\n\n", start)
    found = check(content[:start] + (content[end:] if end > 0 else ""), complete=True)
    assert [(x.field, x.problem) for x in found] == [(f"exceptions.{cause}", "is missing")]


@pytest.mark.parametrize("field", ["tier", "owner", "next_action"])
def test_an_exception_without_tier_owner_or_next_action_is_refused(field: str) -> None:
    lines = default_text().splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("[exceptions.silent_warehouse]"))
    gone = next(i for i in range(at, at + 5) if lines[i].startswith(field))
    found = check("\n".join(lines[:gone] + lines[gone + 1 :]), complete=True)
    assert [(x.line, x.field) for x in found] == [(at + 1, f"exceptions.silent_warehouse.{field}")]


def test_a_whole_policy_needs_every_table_but_an_override_needs_none() -> None:
    found = check('version = "1"\n', complete=True)
    assert {x.field for x in found} >= {"money", "pick_rules", "exceptions", "reasons", "escalation", "watch_days"}
    assert check("") == []


def test_a_whole_policy_needs_defaults_for_warehouses_that_are_not_named() -> None:
    found = check(default_text().replace("\ndefault = 300", "\nwms-1 = 300"), complete=True)
    assert [x.field for x in found] == ["freshness_seconds.default"]


@pytest.mark.parametrize(
    ("text", "line", "field", "words"),
    [
        ("watch_dayz = 3\n", 1, "watch_dayz", "did you mean watch_days?"),
        ("\n\n[confirm]\nsecond = 3\n", 4, "confirm.second", "did you mean seconds?"),
        ('[reasons.stockout]\nshopify_reason = "STOCK"\n', 2, "reasons.stockout.shopify_reason", "INVENTORY"),
        ('[reasons.stockout]\namazon_reason = "OutOfStock"\n', 2, "reasons.stockout.amazon_reason", "NoInventory"),
        ('[reasons.stockout]\nerp_hold = "stock"\n', 2, "reasons.stockout.erp_hold", "warehouse"),
        ('[reasons.stockout]\noutcome = "saved"\n', 2, "reasons.stockout.outcome", "blocked"),
        ('[reasons.stockout]\navoidable = "yes"\n', 2, "reasons.stockout.avoidable", "true or false"),
        ('[reasons.weather]\noutcome = "stopped"\n', 1, "reasons.weather", "use one of stockout"),
        ('[exceptions.silent_warehouse]\nowner = "legal"\n', 2, "exceptions.silent_warehouse.owner", "finance"),
        ('[exceptions.silent_warehouse]\nnext_action = ""\n', 2, "exceptions.silent_warehouse.next_action", "limits"),
        ('[exceptions]\nsilent_warehouse = {tier = "P0"}\n', 2, "exceptions.silent_warehouse.tier", "P1"),
        ('[pick_rules]\n"on fire" = "stop"\n', 2, "pick_rules.on fire", "use one of not_released"),
        ("[freshness_seconds]\ndefault = 86400\n", 2, "freshness_seconds.default", "limits"),
        ("[freshness_seconds]\ndefault = 0\n", 2, "freshness_seconds.default", "limits"),
        ('[acknowledgement_seconds]\ndefault = "900"\n', 2, "acknowledgement_seconds.default", "whole number"),
        ("watch_days = 0\n", 1, "watch_days", "limits"),
        ("watch_days = true\n", 1, "watch_days", "whole number"),
        ("[high_value]\neuro = 3\n", 2, "high_value.euro", "EUR"),
        ("[high_value]\nEUR = -1\n", 2, "high_value.EUR", "limits"),
        ("[high_value]\nEUR = nan\n", 2, "high_value.EUR", "limits"),
        ("money = 3\n", 1, "money", "[money]"),
        ("[tier_seconds]\nP2 = 60\n", 2, "tier_seconds.P2", "shorter deadline"),
        ('[escalation]\nops = "board"\n', 2, "escalation.ops", "warehouse"),
        ('[escalation]\nsales = "ops"\n', 2, "escalation.sales", "use one of ops"),
        ('[escalation]\nops = "ops"\n', 2, "escalation.ops", "let it end"),
    ],
)
def test_what_is_wrong_is_named_by_line_setting_and_remedy(text: str, line: int, field: str, words: str) -> None:
    found = [x for x in check(text) if x.field == field]
    assert [(x.line, x.field) for x in found] == [(line, field)]
    assert words in f"{found[0].problem} {found[0].fix}"
    with pytest.raises(PolicyRefused):
        effective(text)


def test_escalation_may_go_round_everybody_but_not_round_a_few() -> None:
    everybody = 'warehouse = "ops"\nops = "fraud"\nfraud = "finance"\nfinance = "warehouse"\n'
    assert check(f"[escalation]\n{everybody}") == []
    found = check('[escalation]\nops = "warehouse"\n')
    assert {(x.line, x.field) for x in found} == {(1, "escalation.warehouse"), (2, "escalation.ops")}
    assert "ops -> warehouse -> ops" in found[1].problem


def test_all_problems_are_told_at_once_in_the_order_of_the_file() -> None:
    found = check('[pick_rules]\npicked = "stop"\n[money]\ntiming = "at_once"\n')
    assert [(x.line, x.field) for x in found] == [(2, "pick_rules.picked"), (4, "money.timing")]
    with pytest.raises(InvalidInput) as error:
        effective('[pick_rules]\npicked = "stop"\n[money]\ntiming = "at_once"\n')
    assert isinstance(error.value, PolicyRefused)
    assert list(error.value.problems) == found
    assert error.value.field == "pick_rules.picked"


# ------------------------------------------------------------------------------------------------ lines


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("watch_days = \n", 1),
        ('version = "1"\n\n[money\n', 3),
        ('version = "1"\nversion = "2"\n', 2),
        ('version = "1"\n[money]\ntiming = "after\n', 3),
    ],
)
def test_a_file_that_is_not_toml_is_refused_with_its_line(text: str, line: int) -> None:
    problem = only(text)
    assert (problem.line, problem.field) == (line, "")
    assert "not TOML" in problem.problem
    assert f"line {line}" in str(problem)


def test_a_text_that_ends_too_early_is_refused_at_its_end() -> None:
    assert only('version = "1"\n[money]\ntiming = """after').line == 3


def test_settings_are_found_however_they_are_written() -> None:
    text = (
        "a.b = 1  # dotted\n"
        "[ c . d ]\n"
        '"e f" = """\n'
        "g = not a setting\n"
        "[not.a.table]\n"
        '"""\n'
        "h = '''one line'''\n"
        "  i.'j' = 2\n"
    )
    tomllib.loads(text)
    assert lines_of(text) == {
        ("a", "b"): 1,
        ("c", "d"): 2,
        ("c", "d", "e f"): 3,
        ("c", "d", "h"): 7,
        ("c", "d", "i", "j"): 8,
    }


# ------------------------------------------------------------------------------------------------ the desk's people


def test_the_default_is_always_at_work_and_tells_three_levels() -> None:
    policy = load_default()
    assert all(policy.calendar(tier, team).always for tier in Tier for team in Team)
    assert policy.notices.shares == {Level.TEAM: 50, Level.LEAD: 80, Level.HEAD: 100}
    assert policy.notices.contacts_of(Team.FRAUD, Level.LEAD) == ("sns",)
    assert (policy.service.customer, policy.service.vendor, policy.service.snooze) == (172_800, 14_400, 259_200)
    assert policy.two_people.needed(Decimal("0.01"), "EUR")


def test_a_team_may_have_hours_people_contacts_and_a_limit() -> None:
    policy = effective(
        '[calendars.finance]\ntime_zone = "Europe/Berlin"\nhours = { mon = "09:00-17:30" }\nholidays = ["2026-12-25"]\n'
        '[rotas.finance]\npeople = ["p-1", "p-2"]\nfirst_week = "2026-11-23"\n'
        '[contacts.finance]\nlead = ["sns", "webhook:finance"]\n'
        '[two_people]\napprovers = ["finance"]\n[two_people.limit]\nEUR = 50\n'
    )[1]
    assert policy.calendar(Tier.P2, Team.FINANCE).hours == {"mon": ("09:00", "17:30")}
    assert policy.calendar(Tier.P1, Team.FINANCE).always and policy.calendar(Tier.P2, Team.OPS).always
    assert policy.rotas[Team.FINANCE].people == ["p-1", "p-2"]
    assert policy.notices.contacts_of(Team.FINANCE, Level.LEAD) == ("sns", "webhook:finance")
    assert not policy.two_people.needed(Decimal(50), "EUR") and policy.two_people.needed(Decimal("50.01"), "EUR")
    assert policy.two_people.needed(Decimal(1), "USD") and policy.two_people.approvers == {"finance"}


def test_a_policy_from_before_there_were_calendars_is_read_as_it_was_meant() -> None:
    content = json.loads(effective("")[0])
    for later in ("calendars", "rotas", "contacts", "escalation_notices", "service_seconds", "two_people"):
        del content[later]
    policy = from_canonical(json.dumps(content))
    assert policy.notices == load_default().notices and policy.two_people == load_default().two_people
    assert policy.calendars == {} and policy.rotas == {}


@pytest.mark.parametrize(
    ("text", "field", "line"),
    [
        ('[calendars.ops]\ntime_zone = "Europe/Berln"\nhours = { mon = "09:00-17:00" }', "calendars.ops.time_zone", 2),
        ('[calendars.ops]\ntime_zone = "UTC"\nhours = {}', "calendars.ops.hours", 3),
        ('[calendars.ops]\ntime_zone = "UTC"\nhours = { mon = "9-17" }', "calendars.ops.hours.mon", 3),
        ('[calendars.ops]\ntime_zone = "UTC"\nhours = { mon = "22:00-06:00" }', "calendars.ops.hours.mon", 3),
        ('[calendars.ops]\ntime_zone = "UTC"\nhours = { monday = "09:00-17:00" }', "calendars.ops.hours.monday", 3),
        (
            '[calendars.ops]\ntime_zone = "UTC"\nhours = { mon = "09:00-17:00" }\nholidays = ["2026-02-30"]',
            "calendars.ops.holidays",
            4,
        ),
        ('[calendars.nobody]\ntime_zone = "UTC"\nhours = { mon = "09:00-17:00" }', "calendars.nobody", 1),
        ('[rotas.ops]\npeople = []\nfirst_week = "2026-11-23"', "rotas.ops.people", 2),
        ('[rotas.ops]\npeople = ["p"]\nfirst_week = "2026-11-24"', "rotas.ops.first_week", 3),
        ("[escalation_notices]\nlead = 50", "escalation_notices.lead", 2),
        ("[escalation_notices]\nhead = 101", "escalation_notices.head", 2),
        ('[contacts.ops]\nlead = ["mailto:x@example.com"]', "contacts.ops.lead.0", 2),
        ("[service_seconds]\nvendor = 0", "service_seconds.vendor", 2),
        ("[two_people]\napprovers = []", "two_people.approvers", 2),
        ('[two_people]\napprovers = ["agent"]', "two_people.approvers.0", 2),
        ("[two_people.limit]\nEUR = -1", "two_people.limit.EUR", 2),
    ],
)
def test_a_fault_in_how_people_work_is_named_by_line_and_field(text: str, field: str, line: int) -> None:
    found = only(text)
    assert (found.field, found.line) == (field, line) and found.fix
