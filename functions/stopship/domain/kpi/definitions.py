"""Every measure, once: what is counted, over what, by which clock, and what is left out. Reports, command line and pages show these and no others.

Weeks are ISO weeks in the merchant's time zone. Facts that come late change the week that they belong to: a figure is what is known now.
"""

from collections.abc import Mapping
from dataclasses import replace

from stopship.domain.kpi.measure import (
    AnyOf,
    Differ,
    Distinct,
    During,
    EarlierMonth,
    Happened,
    Is,
    IsNot,
    Kpi,
    LastDays,
    OnDay,
    Over,
    Quantile,
    Rows,
    Standing,
    Sum,
    Table,
    Tally,
    Unknown,
    Words,
)
from stopship.domain.market import WINDOW_DAYS

HOUR_US = 3_600_000_000
LATE_MONEY_US = 24 * HOUR_US
BACKLOG_HOURS = 24

_CASE = ("merchant", "channel", "fulfillment_type", "reason", "root_cause", "avoidable")
DIMENSIONS: Mapping[Table, tuple[str, ...]] = {
    "orders": ("merchant", "channel", "fulfillment_type"),
    "cases": (*_CASE, "kind", "outcome", "source", "implied_reason"),
    "saves": (*_CASE, "kind", "outcome", "source", "implied_reason"),
    "legs": (*_CASE, "warehouse", "partner", "outcome", "level", "lost_stage", "order_age"),
    "exceptions": (*_CASE, "warehouse", "tier", "owner", "cause", "resolution", "ended_by"),
    "money": (*_CASE, "kind", "state", "currency", "leak"),
}

_ROWS = Rows()
_STOPPED = Is("outcome", ("stopped", "blocked"))
_FINAL = Is("outcome", ("stopped", "blocked", "shipped"))
_WENT_ON = IsNot("outcome", ("withdrawn",))
_RECEIVED, _ENDED = During("received_at"), During("ended_at")
_LEAK = Is("leak", ("shipped", "shipped_approved", "twice"))
_DOUBLE = (Is("outcome", ("shipped",)), AnyOf((Is("paid_back", (True,)), Is("returned", (True,)))))
_OURS = (Is("kind", ("refund", "void")), Is("state", ("done",)), Happened("proven_at"))
_LATE = AnyOf((Over("delay_us", LATE_MONEY_US), EarlierMonth("proven_at", "moved_at")))
_AMAZON = Is("channel", ("amazon",))


def _cases(clock: During, *tests: Is | IsNot | Differ | AnyOf, of: Rows | Sum | Quantile | Distinct = _ROWS) -> Tally:
    return Tally("cases", clock, tests, of)


def _legs(clock: During, *tests: Is | IsNot, of: Rows | Quantile = _ROWS) -> Tally:
    return Tally("legs", clock, tests, of)


def _time_to_cancel(percent: int) -> Kpi:
    return Kpi(
        f"time_to_cancel_p{percent}",
        f"Time to cancel, {percent} of 100 within",
        "seconds",
        Words(
            "from the earliest moment anybody asked to the final state of the case (nearest rank)",
            "",
            "the week in which the case ended",
            "cases that were saved or withdrawn, and cases that are open",
        ),
        _cases(_ENDED, _FINAL, of=Quantile("duration_us", percent)),
        better="less",
        group="speed",
    )


def _answer_time(percent: int) -> Kpi:
    return Kpi(
        f"answer_time_p{percent}",
        f"Warehouse's answer, {percent} of 100 within",
        "seconds",
        Words(
            "from the stop message to the warehouse's first final answer (nearest rank)",
            "",
            "the week in which the message was sent",
            "legs without a final answer: they are in the silent rate",
        ),
        _legs(During("sent_at"), of=Quantile("answer_us", percent)),
        better="less",
        group="warehouse",
    )


def _funnel(stage: str, says: str) -> Kpi:
    return Kpi(
        f"funnel_{stage}",
        f"Stop-ship funnel: {stage}",
        "percent",
        Words(
            says,
            "all legs of cases",
            "the week in which the wish was received",
            "nothing: what is pending counts as not yet reached",
        ),
        _legs(_RECEIVED, Is(stage, (True,))),
        _legs(_RECEIVED),
        better="more",
        group="funnel",
    )


def _amazon_rate(name: str, title: str, counts: str, plus: int = 0) -> Kpi:
    return Kpi(
        name,
        title,
        "percent",
        Words(
            counts,
            f"Amazon orders placed in those {WINDOW_DAYS} days",
            "UTC dates that end with the week, or with now while it lasts",
            "cancels by the buyer's official request, of pending orders, and refused ones",
        ),
        Tally("cases", LastDays("seller_cancel_day", WINDOW_DAYS), (_AMAZON,), Distinct("order_ref")),
        Tally("orders", LastDays("day", WINDOW_DAYS), (_AMAZON,)),
        dimensions=("merchant",),
        better="less",
        plus=plus,
        group="amazon",
    )


def _all() -> tuple[Kpi, ...]:
    return (
        Kpi(
            "orders_placed",
            "Orders placed",
            "count",
            Words(
                "orders that the desk was told of", "", "the order's own UTC date", "channels that tell of no orders"
            ),
            Tally("orders", OnDay("day")),
            group="volume",
        ),
        Kpi(
            "cases_received",
            "Cancel cases received",
            "count",
            Words(
                "cases; all wishes for one order's lines are one case",
                "",
                "the week in which the first wish was received",
                "nothing",
            ),
            _cases(_RECEIVED),
            better="less",
            group="volume",
        ),
        Kpi(
            "cases_ended",
            "Cancel cases ended",
            "count",
            Words(
                "cases that are closed",
                "",
                "the week of their last closing",
                "cases that were opened again and are not closed",
            ),
            _cases(_ENDED),
            group="volume",
        ),
        Kpi(
            "cancellation_rate",
            "Cancellation rate",
            "percent",
            Words(
                "cases",
                "orders placed; of a reason or a root cause, all orders of the same merchant, channel and fulfillment type",
                "cases by the week in which they were received, orders by their own UTC date",
                "nothing: an order that is cancelled twice counts twice",
            ),
            _cases(_RECEIVED),
            Tally("orders", OnDay("day")),
            better="less",
            group="rate",
        ),
        *(_time_to_cancel(p) for p in (50, 90, 95)),
        Kpi(
            "stop_success_rate",
            "Stop-ship success",
            "percent",
            Words(
                "cases that ended as stopped or blocked",
                "cases that ended as stopped, blocked or shipped",
                "the week in which the case ended",
                "cases that were saved or withdrawn, and cases that are open",
            ),
            _cases(_ENDED, _STOPPED),
            _cases(_ENDED, _FINAL),
            better="more",
            group="rate",
        ),
        _funnel("sent", "legs whose warehouse was sent a stop, or answered one"),
        _funnel("accepted", "legs whose warehouse took the stop on, or did it"),
        _funnel("acknowledged", "legs whose warehouse said that it stopped, in its system or by a person"),
        _funnel("stopped", "legs that the warehouse said it stopped, and that ended as stopped or blocked"),
        Kpi(
            "funnel_lost",
            "Legs lost in the funnel",
            "count",
            Words(
                "decided legs that did not get through the funnel",
                "",
                "the week in which the wish was received",
                "legs that are undecided",
            ),
            _legs(_RECEIVED, IsNot("lost_stage", ("", "pending"))),
            better="less",
            group="funnel",
        ),
        Kpi(
            "stopped_otherwise",
            "Legs stopped outside the funnel",
            "count",
            Words(
                "legs that ended as stopped or blocked without the warehouse's word",
                "",
                "the week in which the wish was received",
                "nothing",
            ),
            _legs(_RECEIVED, Is("stopped_otherwise", (True,))),
            group="funnel",
        ),
        Kpi(
            "save_rate_gross",
            "Save rate, gross",
            "percent",
            Words(
                "cases that ended as saved",
                "cases that ended",
                "the week in which the case ended",
                "cases that were withdrawn",
            ),
            _cases(_ENDED, Is("outcome", ("saved",))),
            _cases(_ENDED, _WENT_ON),
            better="more",
            group="rate",
        ),
        Kpi(
            "save_rate_net",
            "Save rate, net",
            "percent",
            Words(
                "cases that ended as saved, and whose order saw no other cancel case and no return afterwards",
                "cases that ended",
                "the week in which the case ended",
                "cases that were withdrawn",
            ),
            Tally("saves", _ENDED, (Is("undone", (False,)),)),
            _cases(_ENDED, _WENT_ON),
            better="more",
            group="rate",
        ),
        Kpi(
            "leakage_count",
            "Refund leakage: refunds",
            "count",
            Words(
                "refunds for goods that left and are not back, or that had been paid back before, whoever made them",
                "",
                "the week in which the money moved",
                "refunds that failed or are pending",
            ),
            Tally("money", During("moved_at"), (_LEAK,)),
            better="less",
            group="money",
        ),
        Kpi(
            "leakage",
            "Refund leakage: money",
            "money",
            Words(
                "the part of those refunds that was not owed, by quantities, in thousandths rounded half up",
                "",
                "the week in which the money moved",
                "refunds made elsewhere whose amount nobody told: leakage_unpriced counts them",
            ),
            Tally("money", During("moved_at"), (_LEAK, IsNot("currency", ("",))), Sum("leaked")),
            always_by=("currency",),
            better="less",
            group="money",
        ),
        Kpi(
            "leakage_unpriced",
            "Refund leakage: refunds of unknown amount",
            "count",
            Words("refunds of that kind whose amount nobody told", "", "the week in which the money moved", "nothing"),
            Tally("money", During("moved_at"), (_LEAK, Unknown("leaked"))),
            better="less",
            group="money",
        ),
        Kpi(
            "double_cost_cases",
            "Double cost: cases",
            "count",
            Words(
                "cases that ended as shipped and were refunded, or whose goods come back or came back",
                "",
                "the week in which the case ended",
                "cases that shipped and stayed sold",
            ),
            _cases(_ENDED, *_DOUBLE),
            better="less",
            group="money",
        ),
        Kpi(
            "double_cost",
            "Double cost: money",
            "money",
            Words(
                "parcels of those cases times what the merchant's policy says one costs: outbound, return shipping and handling",
                "",
                "the week in which the case ended",
                "merchants whose policy names no costs: they are named, never estimated",
            ),
            _cases(_ENDED, *_DOUBLE, of=Sum("parcels_left")),
            better="less",
            priced=True,
            group="money",
        ),
        Kpi(
            "finance_drift",
            "Money settled late or in another month",
            "percent",
            Words(
                "refunds and voids more than 24 hours after the proof, or in a later calendar month than it",
                "refunds and voids that are done",
                "the week in which the money moved, months in the merchant's time zone",
                "money that moved without a proof of the desk's own, and money that others moved",
            ),
            Tally("money", During("moved_at"), (*_OURS, _LATE)),
            Tally("money", During("moved_at"), _OURS),
            better="less",
            group="money",
        ),
        Kpi(
            "money_pending",
            "Money under way for more than a day",
            "count",
            Words(
                "refunds and voids asked for more than 24 hours ago and not done",
                "",
                "the end of the week, or now while it lasts",
                "those that failed: they are exceptions",
            ),
            Tally(
                "money",
                Standing("requested_at", "moved_at", LATE_MONEY_US),
                (Is("state", ("pending", "done")), Happened("requested_at")),
            ),
            better="less",
            group="money",
        ),
        Kpi(
            "exceptions_open",
            "Open exceptions",
            "count",
            Words("exceptions that are open", "", "the end of the week, or now while it lasts", "nothing"),
            Tally("exceptions", Standing("opened_at", "ended_at")),
            better="less",
            group="exceptions",
        ),
        Kpi(
            "exception_backlog",
            "Exception backlog",
            "count",
            Words(
                f"exceptions that have been open for {BACKLOG_HOURS} hours or more, or for the hours that are asked for",
                "",
                "the end of the week, or now while it lasts",
                "nothing",
            ),
            Tally("exceptions", Standing("opened_at", "ended_at", BACKLOG_HOURS * HOUR_US)),
            better="less",
            group="exceptions",
        ),
        Kpi(
            "exceptions_overdue",
            "Exceptions past their first deadline",
            "count",
            Words(
                "open exceptions whose first deadline has passed",
                "",
                "the end of the week, or now while it lasts",
                "nothing",
            ),
            Tally("exceptions", Standing("first_deadline", "ended_at")),
            better="less",
            group="exceptions",
        ),
        Kpi(
            "sla_attainment",
            "Exceptions ended in time",
            "percent",
            Words(
                "exceptions that were ended by their first deadline",
                "exceptions whose first deadline fell in the week",
                "the week of the first deadline, as far as it has gone",
                "nothing: an escalation does not move the deadline that counts",
            ),
            Tally("exceptions", During("first_deadline"), (Is("met", (True,)),)),
            Tally("exceptions", During("first_deadline")),
            better="more",
            group="exceptions",
        ),
        Kpi(
            "reason_noise",
            "Stated reason is not the cause",
            "percent",
            Words(
                "cases whose stated reason is another than the one that the evidence shows",
                "cases whose evidence shows a reason",
                "the week in which the case ended",
                "cases whose evidence shows no reason, or only why they shipped",
            ),
            _cases(_ENDED, IsNot("implied_reason", ("",)), Differ("reason", "implied_reason")),
            _cases(_ENDED, IsNot("implied_reason", ("",))),
            better="less",
            group="rate",
        ),
        *(_answer_time(p) for p in (50, 95)),
        Kpi(
            "silent_rate",
            "Warehouse silent",
            "percent",
            Words(
                "legs whose warehouse let a deadline pass without an answer",
                "legs that were sent a stop",
                "the week in which the message was sent",
                "nothing: a late answer does not undo the silence",
            ),
            _legs(During("sent_at"), Is("silent", (True,))),
            _legs(During("sent_at")),
            better="less",
            group="warehouse",
        ),
        Kpi(
            "false_ok_rate",
            "Warehouse's OK was false",
            "percent",
            Words(
                "legs that were said to be stopped and were then read as in work, or left",
                "legs that were said to be stopped",
                "the week of the first final answer",
                "goods in work that a person vouches to hold back",
            ),
            _legs(During("answered_at"), Is("promised", (True,)), Is("false_ok", (True,))),
            _legs(During("answered_at"), Is("promised", (True,))),
            better="less",
            group="warehouse",
        ),
        Kpi(
            "left_after_ok_rate",
            "Left after the warehouse's OK",
            "percent",
            Words(
                "legs that were said to be stopped and left",
                "legs that were said to be stopped",
                "the week of the first final answer",
                "nothing",
            ),
            _legs(During("answered_at"), Is("promised", (True,)), Is("left_after_ok", (True,))),
            _legs(During("answered_at"), Is("promised", (True,))),
            better="less",
            group="warehouse",
        ),
        Kpi(
            "stop_chance",
            "Chance of a stop",
            "percent",
            Words(
                "legs that ended as stopped or blocked",
                "legs that ended as stopped, blocked or shipped",
                "the week in which the wish was received; order_age is from the order to the wish",
                "legs that were saved or withdrawn, and legs that are undecided",
            ),
            _legs(_RECEIVED, _STOPPED),
            _legs(_RECEIVED, _FINAL),
            better="more",
            group="warehouse",
        ),
        _amazon_rate(
            "amazon_cancel_rate",
            "Amazon pre-fulfillment cancel rate",
            f"orders whose cancel counts against the seller, of the last {WINDOW_DAYS} days",
        ),
        _amazon_rate(
            "amazon_cancel_rate_next", "Amazon rate with one more cancel", "the same orders, and one more", plus=1
        ),
    )


def _with_dimensions(kpi: Kpi) -> Kpi:
    """Those of its table, unless it names its own."""
    return kpi if kpi.dimensions else replace(kpi, dimensions=DIMENSIONS[kpi.upper.table])


KPIS: Mapping[str, Kpi] = {kpi.name: _with_dimensions(kpi) for kpi in _all()}


def find(name: str) -> Kpi:
    """Raises KeyError."""
    return KPIS[name]


def older_than(kpi: Kpi, hours: int) -> Kpi:
    """The same measure of what stands, for another age. Raises ValueError for a measure of something else."""
    clock = kpi.upper.clock
    if not isinstance(clock, Standing):
        raise ValueError(f"{kpi.name} does not count what is open for a time")
    return replace(kpi, upper=replace(kpi.upper, clock=replace(clock, older_us=hours * HOUR_US)))
