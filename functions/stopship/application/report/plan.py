"""What the report shows, in which order: the headlines of its first page, and the tables behind it."""

from collections.abc import Mapping
from dataclasses import field

from stopship.frozen import frozen

HEADLINES = (
    "orders_placed",
    "cases_received",
    "cancellation_rate",
    "stop_success_rate",
    "time_to_cancel_p50",
    "time_to_cancel_p90",
    "save_rate_net",
    "leakage",
    "double_cost",
    "exceptions_open",
    "exception_backlog",
    "sla_attainment",
    "reason_noise",
    "finance_drift",
    "amazon_cancel_rate",
)


@frozen
class Table:
    """``in_order``: the rows stand in the order of their names. ``matrix``: two dimensions, one across and one down."""

    title: str
    says: str
    by: tuple[str, ...]
    kpis: tuple[str, ...]
    drawn: str = ""
    only: Mapping[str, str] = field(default_factory=dict)
    in_order: bool = False
    matrix: bool = False


_CASES = ("cases_received", "cancellation_rate")
_SPEED = ("cases_ended", "time_to_cancel_p50", "time_to_cancel_p90", "time_to_cancel_p95", "stop_success_rate")
_HOUSE = ("silent_rate", "answer_time_p50", "answer_time_p95", "false_ok_rate", "left_after_ok_rate")

SECTIONS: tuple[tuple[str, tuple[Table, ...]], ...] = (
    (
        "Merchants",
        (
            Table(
                "Merchant by merchant",
                "The same measures for each of them.",
                ("merchant",),
                (
                    "cases_received",
                    "cancellation_rate",
                    "stop_success_rate",
                    "time_to_cancel_p90",
                    "sla_attainment",
                    "exceptions_open",
                ),
                "stop_success_rate",
            ),
        ),
    ),
    (
        "How much is cancelled, and why",
        (
            Table("By channel", "Cases over orders placed there.", ("channel",), _CASES, "cancellation_rate"),
            Table(
                "By fulfillment type",
                "Orders whose messages do not tell it are unknown.",
                ("fulfillment_type",),
                _CASES,
                "cancellation_rate",
            ),
            Table("By stated reason", "Each over all orders.", ("reason",), _CASES, "cases_received"),
            Table(
                "By root cause",
                "From evidence; undecided until the case is closed.",
                ("root_cause",),
                _CASES,
                "cases_received",
            ),
            Table(
                "Avoidable and structural",
                "As the policy calls the reason.",
                ("avoidable",),
                (*_CASES, "stop_success_rate"),
                "cases_received",
            ),
            Table(
                "Stated reason and the reason that the evidence shows",
                "Cases that ended.",
                ("reason",),
                ("reason_noise",),
                "reason_noise",
            ),
        ),
    ),
    (
        "Stopped in time, and how fast",
        (
            Table("By channel", "Cases that ended in the week.", ("channel",), _SPEED, "stop_success_rate"),
            Table("By stated reason", "Cases that ended in the week.", ("reason",), _SPEED, "stop_success_rate"),
            Table(
                "The funnel, by fulfillment type",
                "Of all legs whose wish came in the week: so many got so far.",
                ("fulfillment_type",),
                ("funnel_sent", "funnel_accepted", "funnel_acknowledged", "funnel_stopped"),
                "funnel_stopped",
            ),
            Table(
                "Where legs were lost",
                "The first stage that they did not reach.",
                ("lost_stage",),
                ("funnel_lost",),
                "funnel_lost",
            ),
        ),
    ),
    (
        "Warehouses",
        (
            Table(
                "Scorecard",
                "What their word is worth, and how long it takes.",
                ("warehouse", "partner"),
                _HOUSE,
                "false_ok_rate",
            ),
            Table(
                "Chance of a stop by the order's age",
                "From the order to the wish.",
                ("order_age",),
                ("stop_chance",),
                "stop_chance",
                in_order=True,
            ),
            Table(
                "Chance of a stop by warehouse and the order's age",
                "From the order to the wish.",
                ("warehouse", "order_age"),
                ("stop_chance",),
                "stop_chance",
                in_order=True,
                matrix=True,
            ),
        ),
    ),
    (
        "Exceptions",
        (
            Table(
                "Open, by tier and owner",
                "At the end of the week.",
                ("tier", "owner"),
                ("exceptions_open", "exception_backlog", "exceptions_overdue"),
                "exceptions_open",
            ),
            Table(
                "Open, by cause",
                "At the end of the week.",
                ("cause",),
                ("exceptions_open", "exception_backlog", "exceptions_overdue"),
                "exceptions_open",
            ),
            Table(
                "Ended in time",
                "By the first deadline.",
                ("tier",),
                ("sla_attainment",),
                "sla_attainment",
                in_order=True,
            ),
        ),
    ),
    (
        "Money",
        (
            Table("Refund leakage, by kind", "Money that moved in the week.", ("leak",), ("leakage",), "leakage"),
            Table(
                "Refund leakage, by channel",
                "Refunds.",
                ("channel",),
                ("leakage_count", "leakage_unpriced"),
                "leakage_count",
            ),
            Table(
                "Late money, by channel",
                "More than 24 hours after the proof, or in a later month.",
                ("channel",),
                ("finance_drift",),
                "finance_drift",
            ),
        ),
    ),
)
