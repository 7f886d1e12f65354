"""What to do next week: three recommendations, each with the cases that it rests on.

Every candidate is a measure broken down by who or what could act on it. They are ranked by cases times a weight that says what one such
case costs beside the others; of one subject only the strongest is recommended.
"""

from collections.abc import Iterator, Sequence
from dataclasses import field

from stopship.application.compute_kpis import Tallies, compute, trace
from stopship.application.report.model import Action
from stopship.application.report.wording import plain, shown
from stopship.domain.kpi.definitions import KPIS
from stopship.domain.kpi.figure import Figure
from stopship.domain.kpi.measure import Slice
from stopship.domain.kpi.weeks import Span
from stopship.frozen import frozen

MOST = 3
SHOWN_CASES = 5


@frozen
class Rule:
    """``title`` and ``why`` take the dimensions' values, ``n`` (cases) and ``rate``. ``weight`` is what a case of this kind costs beside others: 1
    is a cancel that need not have been. ``skip`` are values that nobody can act on."""

    kpi: str
    by: tuple[str, ...]
    weight: float
    title: str
    why: str
    only: dict[str, str] = field(default_factory=dict)
    skip: tuple[str, ...] = ("",)


RULES = (
    Rule(
        "left_after_ok_rate",
        ("warehouse",),
        8.0,
        "Take up with {warehouse} what left after its OK",
        "Stops that it confirmed and that left all the same: {n}, {rate} of its confirmations. Ask for a person's word before money moves.",
    ),
    Rule(
        "silent_rate",
        ("warehouse",),
        2.0,
        "Agree with {warehouse} on who answers a stop, and by when",
        "Stops that it let pass without an answer: {n}, {rate} of those it was sent. Each became an exception.",
    ),
    Rule(
        "cases_ended",
        ("root_cause",),
        1.0,
        "End the cause {root_cause}",
        "Avoidable cancels that it led to: {n}, the most of any cause that can be avoided.",
        only={"avoidable": "avoidable"},
        skip=("", "undetermined", "undecided", "customer_request"),
    ),
    Rule(
        "exceptions_overdue",
        ("owner",),
        4.0,
        "Clear the overdue exceptions of {owner}",
        "Open past their first deadline: {n}. Nothing ends them but a person.",
    ),
    Rule(
        "leakage_count",
        ("leak",),
        5.0,
        "Get back what was paid and not owed: {leak}",
        "Refunds: {n}. Each case says which lines left or had been paid for.",
    ),
    Rule(
        "finance_drift",
        ("channel",),
        1.5,
        "Find out why money of {channel} is late",
        "Refunds and voids more than a day after the proof, or in a later month: {n}, {rate} of all.",
    ),
    Rule(
        "reason_noise",
        ("reason",),
        0.5,
        "Have the reason {reason} asked for more closely",
        "Cases whose evidence shows another reason: {n}, {rate} of those that show one.",
    ),
)


def recommend(facts: Tallies, spans: Sequence[Span]) -> list[Action]:
    """The strongest three, of different subjects. Fewer where there is nothing to act on."""
    found = [x for rule in RULES for x in _candidates(facts, rule, spans)]
    chosen = sorted(found, key=lambda x: (-x[0], x[1].kpi, x[2].key))[:MOST]
    return [_action(facts, rule, figure, spans) for _, rule, figure in chosen]


def _candidates(facts: Tallies, rule: Rule, spans: Sequence[Span]) -> Iterator[tuple[float, Rule, Figure]]:
    figures = compute(facts, [KPIS[rule.kpi]], spans, Slice(rule.by, rule.only))[rule.kpi].figures
    able = [x for x in figures if x.upper and not set(x.key) & set(rule.skip)]
    best = max(able, key=lambda x: (x.upper or 0, x.key), default=None)
    if best is not None:
        yield rule.weight * (best.upper or 0), rule, best


def _action(facts: Tallies, rule: Rule, figure: Figure, spans: Sequence[Span]) -> Action:
    words = {name: plain(value) for name, value in figure.slice.items()} | {
        "n": f"{figure.upper:,}",
        "rate": shown(figure),
    }
    only = {**rule.only, **figure.slice}
    cases = trace(facts, KPIS[rule.kpi], spans, only)
    return Action(rule.title.format(**words), rule.why.format(**words), figure, only, tuple(cases[:SHOWN_CASES]))
