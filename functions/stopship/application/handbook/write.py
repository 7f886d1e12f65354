"""Writes the handbook of a merchant: how a stop goes, what each answer is worth, what each reason means, and who is next."""

from collections.abc import Iterator, Mapping, Sequence

from stopship.application.handbook.model import Block, Chapter, ErpField, EscalationMap, Handbook, Sheet, Steps, Text
from stopship.domain.capabilities import CAPABILITIES, Capability, PickReading
from stopship.domain.order import AckLevel, PickState
from stopship.domain.policy import Cause, Level, PickRule, Policy, Team
from stopship.domain.resolution import allowed

_STEPS = (
    "Normalize intake: every wish, from whatever channel, becomes one case for its order and lines.",
    "Classify: customer, ops or automatic, and one of the seven reasons below. A stated reason is never the root cause by itself.",
    "Check fulfillment state: the warehouse is asked how far the work is. A reading older than {freshness} is taken for unknown.",
    "Apply the stop-ship rule: by the table of pick states. A hold is placed wherever one can be placed, because it can be released.",
    "Execute with acknowledgment: the stop goes to the warehouse, which has its time to answer. Without an answer the case stays an exception.",
    "Update NetSuite: status, reason code, note, ticket and the four moments, in the fields below.",
    "Payment action: void or refund, once, and only after the proof that the goods stay.",
    "Close the loop: the customer is told the outcome, the return is opened for what left, root cause and times are recorded.",
)
_LEVELS: Mapping[AckLevel, tuple[str, str]] = {
    AckLevel.SENT: ("The message went out.", "Nothing. The clock for the answer runs."),
    AckLevel.ACCEPTED: (
        "They have the request, or have begun to work on it.",
        "Nothing. The clock for the answer runs.",
    ),
    AckLevel.SYSTEM_CANCELLED: (
        "Their system says that the work is cancelled.",
        "A stop, if a reading that is newer than the wish says that nothing was picked. Else a person has to look.",
    ),
    AckLevel.PHYSICALLY_STOPPED: (
        "A person there holds the goods back and says so.",
        "A stop, however far the work was.",
    ),
    AckLevel.REJECTED: (
        "They cannot stop it.",
        "An exception, until evidence or a person says what became of the goods.",
    ),
    AckLevel.SILENT: (
        "The time for an answer has passed.",
        "An exception, until evidence or a person says what became of the goods.",
    ),
}
_RULES: Mapping[PickRule, tuple[str, str]] = {
    PickRule.STOP: (
        "Hold, and cancel in the warehouse's system",
        "its answer, and a reading after the wish that nothing was picked",
    ),
    PickRule.STOP_PHYSICALLY: (
        "Ask the warehouse to hold the goods back",
        "a person there says that they are held back",
    ),
    PickRule.CONVERT_TO_RETURN: (
        "Let it go; the cancel becomes a return",
        "none: no money moves before the goods are back",
    ),
    PickRule.ASK_PERSON: ("Nothing, until a person has looked", "the person's word, by name"),
}


def write_handbook(
    policy: Policy, merchant: str, fields: Sequence[ErpField], warehouses: Mapping[str, str] | None = None
) -> Handbook:
    """``warehouses`` are the merchant's connections: name to partner, as the capability table calls it. None: no merchant in particular."""
    title = f"Handbook of the cancellation desk{f' for {merchant}' if merchant else ''}"
    stamp = f"policy version {policy.version}, {policy.hash[:16]}"
    return Handbook(
        title,
        stamp,
        [
            Chapter("How a cancel goes", list(_procedure(policy))),
            Chapter("What each answer of a warehouse is worth", list(_answers(policy, warehouses))),
            Chapter("Partners: how they are stopped, and what to beware of", list(_partners())),
            Chapter("Reason codes", list(_reasons(policy))),
            Chapter("Exceptions: what to do, who, by when", list(_exceptions(policy))),
            Chapter("Escalation map", list(_escalation(policy))),
            Chapter("When people work, and who is told", list(_people(policy))),
            Chapter("NetSuite fields", list(_fields(fields))),
        ],
    )


def _procedure(policy: Policy) -> Iterator[Block]:
    yield Text(
        "A cancel ends in exactly one of: stopped, shipped (it becomes a return), blocked (with evidence), saved, or withdrawn."
    )
    yield Steps([step.format(freshness=duration(policy.freshness("default"))) for step in _STEPS])
    rows = [[words(state), *_RULES[policy.pick_rules[state]]] for state in PickState]
    yield Sheet(("pick state", "what is done", "what is proof"), rows)
    yield Text(
        f"A partner whose pick state no system tells, but whose people answer: {_RULES[policy.unreadable][0].lower()}. A closed case is "
        f"watched for {policy.watch_days} days: if its goods leave after all, it is opened again as P1 and a return is opened."
    )


def _answers(policy: Policy, warehouses: Mapping[str, str] | None) -> Iterator[Block]:
    yield Sheet(("answer", "what it means", "what it proves"), [[words(level), *_LEVELS[level]] for level in AckLevel])
    silent = policy.exceptions[Cause.SILENT_WAREHOUSE]
    yield Text(
        f"No acknowledgment, no closure. After the time for an answer the silence is an exception of {silent.tier}, owned by {silent.owner}: "
        f"{silent.next_action}"
    )
    named = {name: words(partner) for name, partner in (warehouses or {}).items()}
    for name in sorted({*policy.acknowledgement_seconds, *policy.freshness_seconds} - {"default"}):
        named.setdefault(name, "")
    rows = [
        [name, partner, duration(policy.acknowledgement(name)), duration(policy.freshness(name))]
        for name, partner in sorted(named.items())
    ]
    every = [
        "every other" if rows else "every",
        "",
        duration(policy.acknowledgement("default")),
        duration(policy.freshness("default")),
    ]
    yield Sheet(("warehouse", "partner", "time to answer a stop", "a reading is good for"), [*rows, every])


def _partners() -> Iterator[Block]:
    yield Text('Whatever a partner says, it is taken for no more than the column "proves at most".')
    head = ("partner", "is stopped by", "proves at most", "pick state", "a hold", "part of an order", "beware")
    yield Sheet(head, [_partner(row) for row in CAPABILITIES.values()])


def _partner(row: Capability) -> list[str]:
    reading = (
        "nobody's system tells" if row.pick_state is PickReading.NONE else f"{row.pick_state}: {row.pick_state_from}"
    )
    part = "yes" if row.partial else "no"
    return [
        words(row.partner),
        row.stops_by or "nothing",
        words(row.proves),
        reading,
        row.holds or "none",
        part,
        row.trap,
    ]


def _reasons(policy: Policy) -> Iterator[Block]:
    yield Text(
        "What was stated is kept as it was stated. The root cause comes from evidence: codes of the order system, a ticket or document of ops, "
        "the warehouse's readings."
    )
    head = ("reason", "the case ends as", "NetSuite code", "NetSuite hold", "Shopify", "Amazon", "counts as")
    rows = [
        [
            words(reason),
            rule.outcome,
            rule.erp_code,
            rule.erp_hold or "none",
            rule.shopify_reason,
            rule.amazon_reason,
            "avoidable" if rule.avoidable else "structural",
        ]
        for reason, rule in policy.reasons.items()
    ]
    yield Sheet(head, rows)
    neutral = policy.amazon.neutral_reason or "a person decides"
    yield Text(
        f"Amazon is told a reason only where the case backs it; else: {neutral}. Its cancel rate should stay below {policy.amazon.cancel_rate_limit} %."
    )


def _exceptions(policy: Policy) -> Iterator[Block]:
    yield Text(
        "High value, a VIP or suspected fraud makes an exception P1, whatever its cause. None goes away by itself."
    )
    head = ("cause", "tier", "time", "owner", "next action", "answers about one leg", "answers about the case")
    yield Sheet(head, [_exception(policy, cause) for cause in Cause])
    limits = ", ".join(f"{currency} {amount}" for currency, amount in sorted(policy.high_value.items()))
    yield Text(f"High value begins at {limits}." if limits else "No order is of high value by its total.")


def _exception(policy: Policy, cause: Cause) -> list[str]:
    rule = policy.exceptions[cause]
    time = duration(policy.tier_seconds[rule.tier])
    answers = [", ".join(sorted(words(x) for x in allowed(cause, of_leg=of_leg))) for of_leg in (True, False)]
    return [words(cause), rule.tier, time, rule.owner, rule.next_action, *answers]


def _escalation(policy: Policy) -> Iterator[Block]:
    tiers = {str(tier): duration(seconds) for tier, seconds in policy.tier_seconds.items()}
    yield Text(
        "When a deadline passes, the exception goes to the next team, with a new deadline and a higher level. A team without a next one keeps it."
    )
    yield EscalationMap(list(Team), dict(policy.escalation), tiers)
    yield Sheet(
        ("team", "next when a deadline passes"), [[team, policy.escalation.get(team, "keeps it")] for team in Team]
    )
    yield Sheet(("tier", "time"), [[tier, time] for tier, time in tiers.items()])


def _people(policy: Policy) -> Iterator[Block]:
    yield Text("P1 knows no closing time. The time of P2 and P3 runs while the owner's team is at work.")
    yield Sheet(("team", "at work", "holidays", "whose week it is"), [_team(policy, team) for team in Team])
    shares = policy.notices.shares
    yield Text(
        "Before a deadline passes, these are told, each once: "
        + ", ".join(f"{level} at {shares[level]} % of the time" for level in Level if level in shares)
        + ". Where nobody is left to pass it on to, only the last of them is told: at the first, second, fourth, eighth such deadline, and so on."
    )
    ways = [[team, *(", ".join(policy.notices.contacts_of(team, level)) for level in Level)] for team in Team]
    yield Sheet(("team", *(f"{level} is told by" for level in Level)), ways)
    times = policy.service
    yield Sheet(
        ("clock", "time"),
        [
            ["customer: from the first wish to the outcome", duration(times.customer)],
            ["vendor: how long an answer may be owed while the team's own clock waits", duration(times.vendor)],
            ["snooze: how far an exception may be put off", duration(times.snooze)],
        ],
    )
    limits = ", ".join(f"{currency} {amount}" for currency, amount in sorted(policy.two_people.limit.items()))
    above = f"above {limits}, and for every other currency" if limits else "for every amount"
    yield Text(
        f"Money that a person decides about needs a second, different person {above}: {' or '.join(sorted(policy.two_people.approvers))}."
    )


def _team(policy: Policy, team: Team) -> list[str]:
    calendar, rota = policy.calendars.get(team), policy.rotas.get(team)
    hours = "always"
    if calendar is not None and not calendar.always:
        days = ", ".join(f"{day} {opens}-{closes}" for day, (opens, closes) in calendar.hours.items())
        hours = f"{days} ({calendar.time_zone})"
    holidays = ", ".join(sorted(calendar.holidays)) if calendar and calendar.holidays else "none"
    turn = f"{len(rota.people)} people in turn, from {rota.first_week} on" if rota else "whoever is free"
    return [team, hours, holidays, turn]


def _fields(fields: Sequence[ErpField]) -> Iterator[Block]:
    yield Text(
        "What the desk writes into the sales order, so that finance and ops can trace each decision. People do not write these fields."
    )
    yield Sheet(("field", "label", "type", "holds"), [[x.name, x.label, x.kind, x.holds] for x in fields])


def words(code: str) -> str:
    return str(code).replace("_", " ")


def duration(seconds: int) -> str:
    """In the largest unit that says it exactly."""
    for length, name in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds % length == 0:
            number = seconds // length
            return f"{number} {name}{'s' if number != 1 else ''}"
    return f"{seconds} seconds"
