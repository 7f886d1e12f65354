"""The policy as a file: TOML that people write, canonical JSON that cases pin.

A merchant's file is an override: it holds what differs from the packaged default. What is in force is the sum of both; its canonical
JSON is kept under its sha256, and a case that pinned it is decided by it for ever. Reading that text back needs no checking
and no pydantic, because nothing unchecked was ever kept.
"""

import json
from collections.abc import Mapping
from decimal import Decimal
from functools import cache, lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from stopship.domain.calendar import Calendar
from stopship.domain.chain import canonical
from stopship.domain.errors import InvalidInput
from stopship.domain.order import PickState
from stopship.domain.payment_timeout import PaymentTimeout
from stopship.domain.policy import (
    NO_INTERCEPT,
    AmazonRule,
    Cause,
    EscalationNotices,
    ExceptionRule,
    InterceptMode,
    InterceptRule,
    Level,
    ParcelCosts,
    PickRule,
    Policy,
    ReasonRule,
    ReportingRule,
    ServiceTimes,
    Team,
    Tier,
    TwoPeople,
)
from stopship.domain.request import Reason
from stopship.domain.rota import Rota
from stopship.frozen import frozen

_DEFAULT = Path(__file__).parents[1] / "policy" / "default.toml"

type Content = dict[str, Any]


@frozen
class Problem:
    """``line`` counts from 1, 0 when the fault is of the file as a whole. ``field`` is a dotted path, "" for a syntax error."""

    line: int
    field: str
    problem: str
    fix: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.field}: {self.problem} ({self.fix})"


class PolicyRefused(InvalidInput):
    """A policy that may not be used. ``problems`` are all of them, the first one also being the error's own text."""

    def __init__(self, problems: list[Problem]) -> None:
        first = problems[0]
        super().__init__(first.field or f"line {first.line}", first.problem, first.fix)
        self.problems = tuple(problems)


@cache
def default_text() -> str:
    """The packaged default, as its authors wrote it."""
    return _DEFAULT.read_text(encoding="utf-8")


@cache
def load_default() -> Policy:
    return effective("")[1]


def parse(text: str, *, override_of: str | None) -> Policy:
    """The policy of a TOML text, alone or on top of another TOML text. Raises PolicyRefused."""
    return from_canonical(_checked(text, override_of))


@lru_cache(maxsize=64)
def effective(override: str) -> tuple[str, Policy]:
    """What is in force for a merchant with this override ("" for none): the canonical text, and the policy. Raises
    PolicyRefused. The policy's hash is that of the text."""
    text = _checked(override, default_text()) if override.strip() else _canonical(_toml(default_text()))
    return text, from_canonical(text)


def check(text: str, *, complete: bool = False) -> list[Problem]:
    """Everything that is wrong with a policy file, by line; empty when it may be used. ``complete`` takes the text for a
    whole policy, not for an override of the default."""
    from stopship.adapters.policy_check import problems

    return problems(text, None if complete else default_text())


def _checked(text: str, base: str | None) -> str:
    from stopship.adapters.policy_check import problems

    found = problems(text, base)
    if found:
        raise PolicyRefused(found)
    return _canonical(merge(_toml(base), _toml(text)) if base is not None else _toml(text))


def _toml(text: str) -> Content:
    import tomllib

    return tomllib.loads(text, parse_float=Decimal)


def merge(base: Mapping[str, Any], override: Mapping[str, Any]) -> Content:
    """Tables are merged key by key; every other value of the override stands instead of the base's."""
    merged = dict(base)
    for name, value in override.items():
        before = merged.get(name)
        both = isinstance(before, Mapping) and isinstance(value, Mapping)
        merged[name] = merge(before, value) if both else value  # type: ignore[arg-type]
    return merged


def _canonical(content: Mapping[str, Any]) -> str:
    """One text for one meaning: comments, order and the way an amount is written do not count."""
    intercept = content["intercept"]
    amounts = {
        **intercept,
        "carriers": sorted(set(intercept["carriers"])),
        "minimum_value": _amounts(intercept["minimum_value"]),
        "max_cost_share": _amount(intercept["max_cost_share"]),
    }
    amazon = {**content["amazon"], "cancel_rate_limit": _amount(content["amazon"]["cancel_rate_limit"])}
    high_value, share = _amounts(content["high_value"]), _amount(content["reminder_share"])
    costs = {name: value if name == "currency" else _amount(value) for name, value in content["costs"].items()}
    two_people = {**content["two_people"], "limit": _amounts(content["two_people"]["limit"])}
    told = {"high_value": high_value, "intercept": amounts, "amazon": amazon, "reminder_share": share, "costs": costs}
    return canonical({**content, **told, "two_people": two_people})


def _amounts(told: Mapping[str, Any]) -> dict[str, str]:
    return {currency: _amount(value) for currency, value in told.items()}


def _amount(value: object) -> str:
    return f"{Decimal(str(value)).normalize():f}"


def from_canonical(text: str) -> Policy:
    """A policy that was kept. Raises ValueError or KeyError for a text that never was one."""
    content: Content = json.loads(text)
    return Policy(
        version=content["version"],
        hash=sha256(text.encode()).hexdigest(),
        reasons={Reason(name): ReasonRule(**rule) for name, rule in content["reasons"].items()},
        pick_rules={PickState(state): PickRule(rule) for state, rule in content["pick_rules"].items()},
        # A policy that was kept before there was a choice knew one answer to a pick state that nobody can read.
        unreadable=PickRule(content.get("unreadable_pick_state", PickRule.ASK_PERSON)),
        freshness_seconds=content["freshness_seconds"],
        acknowledgement_seconds=content["acknowledgement_seconds"],
        exceptions=_exceptions(content["exceptions"]),
        tier_seconds={Tier(name): seconds for name, seconds in content["tier_seconds"].items()},
        escalation={Team(team): Team(successor) for team, successor in content["escalation"].items()},
        high_value={currency: Decimal(amount) for currency, amount in content["high_value"].items()},
        order_wait_seconds=content["order_wait"]["seconds"],
        order_wait_attempts=content["order_wait"]["attempts"],
        confirm_wait_seconds=content["confirm"]["seconds"],
        confirm_attempts=content["confirm"]["attempts"],
        watch_days=content["watch_days"],
        intercept=_intercept(content["intercept"]) if "intercept" in content else NO_INTERCEPT,
        amazon=_amazon(content.get("amazon", {})),
        payment_timeout=_payment_timeout(content.get("payment_timeout", {})),
        # A policy that was kept before there was one had nobody reminded.
        reminder_share=Decimal(content.get("reminder_share", 0)),
        reporting=_reporting(content.get("reporting", {}), content.get("costs", {})),
        calendars={Team(team): _calendar(told) for team, told in content.get("calendars", {}).items()},
        rotas={Team(team): Rota(**told) for team, told in content.get("rotas", {}).items()},
        notices=_notices(content.get("escalation_notices"), content.get("contacts", {})),
        two_people=_two_people(content.get("two_people")),
        service=ServiceTimes(**content.get("service_seconds", {})),
    )


def _reporting(rule: Mapping[str, str], costs: Mapping[str, str]) -> ReportingRule:
    """A policy that was pinned before there was such a table reports by UTC, and knows no costs."""
    zone = rule.get("time_zone", "UTC")
    if not costs.get("currency"):
        return ReportingRule(zone)
    parts = (Decimal(costs[name]) for name in ("outbound", "return_shipping", "handling"))
    return ReportingRule(zone, ParcelCosts(costs["currency"], *parts))


def _calendar(told: Mapping[str, Any]) -> Calendar:
    hours = {day: tuple(span.split("-")) for day, span in told["hours"].items()}
    return Calendar(told["time_zone"], hours, frozenset(told.get("holidays", [])))


def _notices(shares: Mapping[str, int] | None, contacts: Mapping[str, Mapping[str, Any]]) -> EscalationNotices:
    """A policy that was pinned before there were notices tells the topic, at the shares of the default."""
    named = {Team(t): {Level(x): tuple(way) for x, way in ways.items()} for t, ways in contacts.items()}
    if shares is None:
        return EscalationNotices(contacts=named)
    return EscalationNotices({Level(level): share for level, share in shares.items()}, named)


def _two_people(told: Mapping[str, Any] | None) -> TwoPeople:
    if told is None:
        return TwoPeople()
    limit = {currency: Decimal(amount) for currency, amount in told["limit"].items()}
    return TwoPeople(limit, frozenset(told["approvers"]))


def _intercept(rule: Mapping[str, Any]) -> InterceptRule:
    return InterceptRule(
        mode=InterceptMode(rule["mode"]),
        carriers=frozenset(rule["carriers"]),
        minimum_value={currency: Decimal(amount) for currency, amount in rule["minimum_value"].items()},
        max_cost_share=Decimal(rule["max_cost_share"]),
        look_seconds=rule["look_seconds"],
        wait_days=rule["wait_days"],
    )


def _amazon(rule: Mapping[str, str]) -> AmazonRule:
    """A policy that was pinned before there was such a table has the defaults."""
    if not rule:
        return AmazonRule()
    limit = Decimal(rule["cancel_rate_limit"])
    return AmazonRule(rule["neutral_reason"], limit, rule["above_limit"], rule["shipped_refund"])


def _exceptions(rules: Mapping[str, Mapping[str, str]]) -> dict[Cause, ExceptionRule]:
    """A cause that came after the policy was pinned has the rule of today's default: no exception is without an owner."""
    missing = [cause for cause in Cause if cause not in rules]
    later = _toml(default_text())["exceptions"] if missing else {}
    return {cause: _exception_rule(rules.get(cause) or later[cause]) for cause in Cause}


def _payment_timeout(told: Mapping[str, Any]) -> PaymentTimeout:
    """A policy that was pinned before there was a limit has none."""
    gateways, tags = frozenset(told.get("spare_gateways", [])), frozenset(told.get("spare_tags", []))
    return PaymentTimeout(told.get("hours", 0), gateways, tags)


def _exception_rule(rule: Mapping[str, str]) -> ExceptionRule:
    return ExceptionRule(Tier(rule["tier"]), Team(rule["owner"]), rule["next_action"])
