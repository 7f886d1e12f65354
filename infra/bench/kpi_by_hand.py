"""The same questions as somebody would write them in SQL who knows the files and nothing of the definitions: what the engine is measured by.

``{facts}`` is the folder. Each gives rows of (dimensions ..., numbers ...) for all merchants, whose week is Berlin's.
"""

WEEK = "TIMESTAMP '2026-11-15 23:00:00' AND {column} < TIMESTAMP '2026-11-22 23:00:00'"


def _during(column: str) -> str:
    return f"{column} >= {WEEK.format(column=column)}"


_CASES = "read_parquet('{facts}/cases/*.parquet')"
_ORDERS = "read_parquet('{facts}/orders/*.parquet')"
_LEGS = "read_parquet('{facts}/legs/*.parquet')"
_EXCEPTIONS = "read_parquet('{facts}/exceptions/*.parquet')"
_MONEY = "read_parquet('{facts}/money/*.parquet')"

QUERIES: tuple[tuple[tuple[str, ...], tuple[str, ...], str], ...] = (
    (
        ("cancellation_rate",),
        ("channel", "fulfillment_type"),
        f"""WITH c AS (SELECT channel, fulfillment_type, count(*) AS n FROM {_CASES} WHERE {_during("received_at")} GROUP BY ALL),
        o AS (SELECT channel, fulfillment_type, count(*) AS n FROM {_ORDERS}
              WHERE day BETWEEN DATE '2026-11-16' AND DATE '2026-11-22' GROUP BY ALL)
        SELECT channel, fulfillment_type, c.n, o.n FROM c FULL JOIN o USING (channel, fulfillment_type)""",
    ),
    (
        ("time_to_cancel_p50", "time_to_cancel_p90", "time_to_cancel_p95"),
        ("channel",),
        f"""SELECT channel, quantile_disc(duration_us, [0.5, 0.9, 0.95]) FROM {_CASES}
        WHERE {_during("ended_at")} AND outcome IN ('stopped', 'blocked', 'shipped') GROUP BY channel""",
    ),
    (
        ("stop_success_rate", "reason_noise", "save_rate_gross"),
        ("reason", "avoidable"),
        f"""SELECT reason, avoidable, count(*) FILTER (outcome IN ('stopped', 'blocked')),
        count(*) FILTER (outcome IN ('stopped', 'blocked', 'shipped')),
        count(*) FILTER (implied_reason <> '' AND implied_reason <> reason), count(*) FILTER (implied_reason <> ''),
        count(*) FILTER (outcome = 'saved'), count(*) FILTER (outcome <> 'withdrawn')
        FROM {_CASES} WHERE {_during("ended_at")} GROUP BY ALL""",
    ),
    (
        ("funnel_sent", "funnel_accepted", "funnel_acknowledged", "funnel_stopped"),
        ("warehouse",),
        f"""SELECT warehouse, count(*), count(*) FILTER (sent), count(*) FILTER (accepted), count(*) FILTER (acknowledged),
        count(*) FILTER (stopped) FROM {_LEGS} WHERE {_during("received_at")} GROUP BY warehouse""",
    ),
    (
        ("stop_chance",),
        ("warehouse", "order_age"),
        f"""SELECT warehouse, order_age, count(*) FILTER (outcome IN ('stopped', 'blocked')), count(*) FROM {_LEGS}
        WHERE {_during("received_at")} AND outcome IN ('stopped', 'blocked', 'shipped') GROUP BY ALL""",
    ),
    (
        ("answer_time_p50", "answer_time_p95", "silent_rate"),
        ("warehouse",),
        f"""SELECT warehouse, quantile_disc(answer_us, [0.5, 0.95]), count(*) FILTER (silent), count(*) FROM {_LEGS}
        WHERE {_during("sent_at")} GROUP BY warehouse""",
    ),
    (
        ("exceptions_open", "exception_backlog"),
        ("tier", "owner", "cause"),
        f"""SELECT tier, owner, cause, count(*), count(*) FILTER (opened_at <= TIMESTAMP '2026-11-21 23:00:00') FROM {_EXCEPTIONS}
        WHERE opened_at <= TIMESTAMP '2026-11-22 23:00:00' AND (ended_at IS NULL OR ended_at > TIMESTAMP '2026-11-22 23:00:00')
        GROUP BY ALL""",
    ),
    (
        ("leakage_count", "leakage", "finance_drift"),
        ("channel",),
        f"""SELECT channel, currency, count(*) FILTER (leak <> ''), sum(leaked) FILTER (leak <> '' AND currency <> ''),
        count(*) FILTER (kind IN ('refund', 'void') AND state = 'done' AND proven_at IS NOT NULL
                         AND (delay_us > 86400000000 OR proven_at < TIMESTAMP '2026-10-31 23:00:00')),
        count(*) FILTER (kind IN ('refund', 'void') AND state = 'done' AND proven_at IS NOT NULL)
        FROM {_MONEY} WHERE {_during("moved_at")} GROUP BY ALL""",
    ),
)
"""(measures, by, SQL)."""
