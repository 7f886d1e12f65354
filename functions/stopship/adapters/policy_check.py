"""Whether a policy may be used: its form (pydantic), its completeness, and the safety rules that no policy may break.

Every problem carries the line, the setting and what to write instead. Loaded only when somebody changes a policy.
"""

import difflib
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StringConstraints, ValidationError

from stopship.adapters.policy_file import Problem, merge
from stopship.domain.calendar import WEEKDAYS
from stopship.domain.order import DEPARTED, IN_WORK, PRE_PICK, PickState
from stopship.domain.policy import Cause, InterceptMode, Level, PickRule, Team, Tier
from stopship.domain.request import Reason

Seconds = Annotated[StrictInt, Field(ge=1, le=7 * 86_400)]
Count = Annotated[StrictInt, Field(ge=1, le=1000)]
Text = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=200)]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Cost = Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=3)]
Amount = Annotated[Decimal, Field(gt=0, max_digits=14, decimal_places=3)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Reason(_Table):
    """Amazon's codes are those of OrderAcknowledgement.CancelReason (Selling Partner API feed schema); Shopify's those of
    OrderCancelReason (Admin API)."""

    outcome: Literal["stopped", "blocked"]
    erp_code: Text
    erp_hold: Literal["", "fraud", "address", "warehouse"]
    shopify_reason: Literal["CUSTOMER", "DECLINED", "FRAUD", "INVENTORY", "STAFF", "OTHER"]
    amazon_reason: Literal[
        "NoInventory",
        "ShippingAddressUndeliverable",
        "CustomerExchange",
        "BuyerCanceled",
        "GeneralAdjustment",
        "CarrierCreditDecision",
        "RiskAssessmentInformationNotValid",
        "CarrierCoverageFailure",
        "CustomerReturn",
        "MerchandiseNotReceived",
    ]
    avoidable: StrictBool


class _Exception(_Table):
    tier: Tier
    owner: Team
    next_action: Text


class _Money(_Table):
    timing: str


class _Intercept(_Table):
    """The carriers are those of stopship.domain.carrier, with "other" for all that it does not name."""

    mode: InterceptMode
    carriers: list[Literal["ups", "fedex", "usps", "other"]]
    minimum_value: dict[Currency, Amount]
    max_cost_share: Annotated[Decimal, Field(gt=0, le=1, decimal_places=3)]
    look_seconds: Annotated[StrictInt, Field(ge=1, le=86_400)]
    wait_days: Annotated[StrictInt, Field(ge=1, le=60)]


class _Patience(_Table):
    seconds: Seconds
    attempts: Count


class _Amazon(_Table):
    """What may be told without evidence is what claims nothing."""

    neutral_reason: Literal["", "GeneralAdjustment"]
    cancel_rate_limit: Annotated[Decimal, Field(ge=0, le=100, max_digits=5, decimal_places=2)]
    above_limit: Literal["warn", "ask"]
    shipped_refund: Literal["never", "ask"]


class _PaymentTimeout(_Table):
    hours: Annotated[StrictInt, Field(ge=0, le=24 * 365)]
    spare_gateways: list[Text]
    spare_tags: list[Text]


class _Reporting(_Table):
    time_zone: Text


class _Costs(_Table):
    """Per parcel; "" as the currency where nobody has said."""

    currency: Annotated[str, StringConstraints(pattern=r"^([A-Z]{3})?$")]
    outbound: Cost
    return_shipping: Cost
    handling: Cost


Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Hours = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)$")]
Day = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Way = Annotated[str, StringConstraints(pattern=r"^(sns|webhook:[a-z0-9_-]{1,40})$")]
Share = Annotated[StrictInt, Field(ge=1, le=100)]


class _Calendar(_Table):
    """``hours`` are "HH:MM-HH:MM" in the time zone, "24:00" for midnight."""

    time_zone: Text
    hours: dict[Weekday, Hours]
    holidays: list[Day] = []


class _Rota(_Table):
    people: list[Text]
    first_week: Day


class _ServiceSeconds(_Table):
    customer: Annotated[StrictInt, Field(ge=60, le=30 * 86_400)]
    vendor: Seconds
    snooze: Annotated[StrictInt, Field(ge=60, le=30 * 86_400)]


class _TwoPeople(_Table):
    approvers: list[Literal["lead", "finance"]]
    limit: dict[Currency, Amount]


class _Policy(_Table):
    version: Text
    watch_days: Annotated[StrictInt, Field(ge=1, le=180)]
    reminder_share: Annotated[Decimal, Field(ge=0, lt=1, decimal_places=3)]
    money: _Money
    pick_rules: dict[PickState, PickRule]
    unreadable_pick_state: Literal["stop_physically", "ask_person"]
    freshness_seconds: dict[str, Annotated[StrictInt, Field(ge=1, le=3600)]]
    acknowledgement_seconds: dict[str, Seconds]
    order_wait: _Patience
    confirm: _Patience
    payment_timeout: _PaymentTimeout
    tier_seconds: dict[Tier, Seconds]
    high_value: dict[Currency, Amount]
    escalation: dict[Team, Team]
    escalation_notices: dict[Level, Share]
    contacts: dict[Team, dict[Level, list[Way]]]
    calendars: dict[Team, _Calendar]
    rotas: dict[Team, _Rota]
    service_seconds: _ServiceSeconds
    two_people: _TwoPeople
    intercept: _Intercept
    amazon: _Amazon
    reporting: _Reporting
    costs: _Costs
    reasons: dict[Reason, _Reason]
    exceptions: dict[Cause, _Exception]


type _Finding = tuple[tuple[str, ...], str, str]
"""Path, problem, fix."""


def problems(text: str, base: str | None) -> list[Problem]:
    """All problems of a TOML text, alone or as an override of ``base`` (which is known to be good)."""
    try:
        own = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        return [_syntax(text, error)]
    content = merge(tomllib.loads(base, parse_float=Decimal), own) if base is not None else own
    try:
        policy = _Policy.model_validate(content)
    except ValidationError as error:
        findings: Iterable[_Finding] = [_form(row) for row in error.errors(include_url=False)]
    else:
        findings = _meaning(policy)
    lines = lines_of(text)
    found = [Problem(_line(lines, path), ".".join(path), what, fix) for path, what, fix in findings]
    return sorted(found, key=lambda p: (p.line, p.field))


# ------------------------------------------------------------------------------------------------ where


def _syntax(text: str, error: tomllib.TOMLDecodeError) -> Problem:
    at = re.search(r"line (\d+)", str(error))
    line = int(at[1]) if at else max(1, len(text.splitlines()))
    what = re.sub(r"\s*\(at .*\)$", "", str(error))
    return Problem(line, "", f"this is not TOML: {what}", "correct the line; text values stand in double quotes")


_KEY = r"""(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')"""
_PATH = rf"{_KEY}(?:\s*\.\s*{_KEY})*"
_HEADER = re.compile(rf"^\s*\[\s*({_PATH})\s*\]")
_SETTING = re.compile(rf"^\s*({_PATH})\s*=\s*(.*)$")


def lines_of(text: str) -> dict[tuple[str, ...], int]:
    """The line of every table and setting, counted from 1. The inside of a text over several lines is no setting."""
    found: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    closing = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if closing:
            closing = "" if closing in line else closing
        elif header := _HEADER.match(line):
            table = _split(header[1])
            found.setdefault(table, number)
        elif setting := _SETTING.match(line):
            found.setdefault((*table, *_split(setting[1])), number)
            quotes = setting[2][:3]
            if quotes in ('"""', "'''") and quotes not in setting[2][3:]:
                closing = quotes
    return found


def _split(path: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in re.findall(_KEY, path))


def _line(lines: Mapping[tuple[str, ...], int], path: Sequence[str]) -> int:
    """Of the setting, else of what it lies in; 0 when the file does not speak of it at all."""
    for end in range(len(path), 0, -1):
        if tuple(path[:end]) in lines:
            return lines[tuple(path[:end])]
    return min((n for key, n in lines.items() if key[: len(path)] == tuple(path)), default=0)


# ------------------------------------------------------------------------------------------------ form


_NAMES: Mapping[str, type[StrEnum]] = {
    "pick_rules": PickState,
    "tier_seconds": Tier,
    "escalation": Team,
    "reasons": Reason,
    "exceptions": Cause,
    "escalation_notices": Level,
    "contacts": Team,
    "calendars": Team,
    "rotas": Team,
}


def _form(row: Any) -> _Finding:
    """A validation error in words."""
    path = tuple(str(part) for part in row["loc"] if part != "[key]")
    context = row.get("ctx", {})
    given = row["input"]
    kind = row["type"]
    if kind == "missing":
        return path, "is missing", "add it"
    if kind == "extra_forbidden":
        return path, "is not a setting of the policy", _instead(path[-1], _settings_at(path[:-1]))
    if row["loc"] and row["loc"][-1] == "[key]":
        known = [x.value for x in _NAMES[path[0]]] if path[0] in _NAMES else []
        return (
            path,
            "is not a name that the policy knows",
            _instead(path[-1], known) if known else "use a code like EUR",
        )
    if kind in ("enum", "literal_error"):
        return path, f"{given!r} is not possible here", f"use one of {context['expected']}"
    if kind == "int_type":
        return path, f"{given!r} is not a whole number", "write a whole number, without quotes"
    if kind == "bool_type":
        return path, f"{given!r} is neither true nor false", "write true or false, without quotes"
    if kind == "list_type":
        return path, f"{given!r} is not a list", 'write it as ["...", "..."]'
    if kind in ("model_type", "dict_type"):
        return path, "is not a table", f"write it as [{'.'.join(path)}] with its settings below"
    return path, f"{given!r}: {row['msg'][0].lower()}{row['msg'][1:]}", "choose a value within the limits"


_TABLES: Mapping[str, type[BaseModel]] = {
    "money": _Money,
    "order_wait": _Patience,
    "confirm": _Patience,
    "intercept": _Intercept,
    "amazon": _Amazon,
    "reporting": _Reporting,
    "costs": _Costs,
    "payment_timeout": _PaymentTimeout,
    "reasons": _Reason,
    "exceptions": _Exception,
    "calendars": _Calendar,
    "rotas": _Rota,
    "service_seconds": _ServiceSeconds,
    "two_people": _TwoPeople,
}


def _settings_at(path: Sequence[str]) -> list[str]:
    return list((_TABLES[path[0]] if path else _Policy).model_fields)


def _instead(name: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {close[0]}?" if close else f"use one of {', '.join(known)}"


# ------------------------------------------------------------------------------------------------ meaning


def _meaning(policy: _Policy) -> Iterator[_Finding]:
    yield from _complete(policy)
    yield from _safe_money(policy)
    yield from _safe_picking(policy)
    yield from _honest_reasons(policy)
    yield from _ordered_tiers(policy)
    yield from _escalation(policy)
    yield from _paid_intercepts(policy)
    yield from _reports(policy)
    yield from _working_hours(policy)
    yield from _days(policy)
    yield from _notices(policy)
    yield from _second_people(policy)


def _reports(policy: _Policy) -> Iterator[_Finding]:
    known = available_timezones()
    if policy.reporting.time_zone not in known:
        close = difflib.get_close_matches(policy.reporting.time_zone, known, n=1)
        fix = f"did you mean {close[0]}?" if close else "use a name like Europe/Berlin"
        yield ("reporting", "time_zone"), f"{policy.reporting.time_zone!r} is no time zone", fix
    if not policy.costs.currency and (policy.costs.outbound or policy.costs.return_shipping or policy.costs.handling):
        yield ("costs", "currency"), "is missing beside the costs", "name the currency, as EUR"


def _working_hours(policy: _Policy) -> Iterator[_Finding]:
    """A deadline must fall some time: a team that is never at work would never be late."""
    for team, calendar in policy.calendars.items():
        if calendar.time_zone not in available_timezones():
            close = _instead(calendar.time_zone, sorted(available_timezones()))
            fix = close if close.startswith("did") else "use an IANA name like Europe/Berlin"
            yield ("calendars", team.value, "time_zone"), f"{calendar.time_zone!r} is no time zone", fix
        if not calendar.hours:
            yield (
                ("calendars", team.value, "hours"),
                "has no day, so that nothing would ever be due",
                f"name days of {', '.join(WEEKDAYS)}, or leave the calendar out",
            )
        for day, span in calendar.hours.items():
            opens, _, closes = span.partition("-")
            if opens >= closes:
                yield (
                    ("calendars", team.value, "hours", day),
                    f"{span!r} closes before it opens",
                    "a shift over midnight is two: up to 24:00, and from 00:00 on the next day",
                )


def _days(policy: _Policy) -> Iterator[_Finding]:
    for team, calendar in policy.calendars.items():
        for day in calendar.holidays:
            if _date(day) is None:
                yield ("calendars", team.value, "holidays"), f"{day!r} is no day", "write it as 2026-12-25"
    for team, rota in policy.rotas.items():
        first = _date(rota.first_week)
        if first is None or first.weekday():
            yield (
                ("rotas", team.value, "first_week"),
                f"{rota.first_week!r} is no Monday",
                "name the Monday on which the first one begins",
            )
        if not rota.people:
            yield ("rotas", team.value, "people"), "names nobody", "name somebody, or leave the rota out"


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _notices(policy: _Policy) -> Iterator[_Finding]:
    for level in Level:
        if level not in policy.escalation_notices:
            yield ("escalation_notices", level.value), "is missing", "say at how many percent of the time"
    told = [(level, policy.escalation_notices[level]) for level in Level if level in policy.escalation_notices]
    for (lower, sooner), (higher, later) in pairwise(told):
        if sooner >= later:
            yield (
                ("escalation_notices", higher.value),
                f"is told no later than the {lower.value}",
                "whoever stands higher is told later",
            )


def _second_people(policy: _Policy) -> Iterator[_Finding]:
    if not policy.two_people.approvers:
        yield ("two_people", "approvers"), "names nobody who may approve", 'name "lead", "finance" or both'


def _paid_intercepts(policy: _Policy) -> Iterator[_Finding]:
    """A carrier bills a parcel that it brings back: nothing may ask for that without a bound."""
    rule = policy.intercept
    if rule.mode is not InterceptMode.NEVER and not rule.minimum_value:
        yield (
            ("intercept", "minimum_value"),
            "is empty, so that nothing is ever brought back",
            "name a currency, or never",
        )
    if rule.mode is not InterceptMode.NEVER and not rule.carriers:
        yield ("intercept", "carriers"), "is empty, so that nobody is ever asked", 'name a carrier, or mode = "never"'


def _complete(policy: _Policy) -> Iterator[_Finding]:
    for table in ("pick_rules", "tier_seconds", "reasons", "exceptions"):
        present = getattr(policy, table)
        for name in _NAMES[table]:
            if name not in present:
                yield (table, name.value), "is missing", "every one needs a rule"
    for table in ("freshness_seconds", "acknowledgement_seconds"):
        if "default" not in getattr(policy, table):
            yield (table, "default"), "is missing", "say what is true of every warehouse that is not named"


def _safe_money(policy: _Policy) -> Iterator[_Finding]:
    if policy.money.timing != "after_proof":
        yield (
            ("money", "timing"),
            f"{policy.money.timing!r}: money never moves before it is proven that the goods stay",
            'write timing = "after_proof"',
        )


_ASK = PickRule.ASK_PERSON
_SAFE: Mapping[frozenset[PickState], tuple[frozenset[PickRule], str]] = {
    PRE_PICK: (
        frozenset({PickRule.STOP, PickRule.STOP_PHYSICALLY, _ASK}),
        "nothing has left, so there is nothing to return",
    ),
    IN_WORK: (
        frozenset({PickRule.STOP_PHYSICALLY, _ASK}),
        "the goods are in somebody's hands: only their being held back is proof, and they have not left",
    ),
    DEPARTED: (
        frozenset({PickRule.CONVERT_TO_RETURN}),
        "it has left: nobody can stop it any more, and nobody has to be asked",
    ),
    frozenset({PickState.UNKNOWN}): (
        frozenset({PickRule.STOP_PHYSICALLY, _ASK}),
        "an unknown is never taken for not picked, nor for gone",
    ),
}


def _safe_picking(policy: _Policy) -> Iterator[_Finding]:
    for states, (safe, why) in _SAFE.items():
        for state in states:
            rule = policy.pick_rules.get(state)
            if rule is not None and rule not in safe:
                yield ("pick_rules", state.value), f"{rule.value!r} is unsafe: {why}", f"use one of {_listed(safe)}"


_SELLERS_OWN = (Reason.STOCKOUT, Reason.FRAUD, Reason.PAYMENT_TIMEOUT)


def _honest_reasons(policy: _Policy) -> Iterator[_Finding]:
    for reason in _SELLERS_OWN:
        rule = policy.reasons.get(reason)
        if rule and rule.amazon_reason == "BuyerCanceled":
            yield (
                ("reasons", reason.value, "amazon_reason"),
                "'BuyerCanceled' would blame the buyer for the seller's cause",
                "name the real cause, or GeneralAdjustment",
            )


def _ordered_tiers(policy: _Policy) -> Iterator[_Finding]:
    tiers = [tier for tier in Tier if tier in policy.tier_seconds]
    for sooner, later in pairwise(tiers):
        if policy.tier_seconds[sooner] >= policy.tier_seconds[later]:
            yield (
                ("tier_seconds", later.value),
                f"its deadline is not after that of {sooner.value}",
                "the more urgent tier has the shorter deadline",
            )


def _escalation(policy: _Policy) -> Iterator[_Finding]:
    """A passed deadline must reach somebody new. A circle is possible only when it goes round everybody."""
    for team in policy.escalation:
        seen = [team]
        while (successor := policy.escalation.get(seen[-1])) is not None and successor not in seen:
            seen.append(successor)
        if successor is team and len(seen) < len(Team):
            circle = " -> ".join(x.value for x in (*seen, team))
            yield (
                ("escalation", team.value),
                f"goes round in a circle: {circle}",
                "let it end with a team, or go round all of them",
            )


def _listed(rules: Iterable[PickRule]) -> str:
    return ", ".join(sorted(x.value for x in rules))
