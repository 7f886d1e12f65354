"""How long logs are kept: the stage's days, which must be a number that CloudWatch knows."""

from aws_cdk import aws_logs as logs

from infra.stages import BadStage, Stage

_DAYS = {
    7: logs.RetentionDays.ONE_WEEK,
    14: logs.RetentionDays.TWO_WEEKS,
    30: logs.RetentionDays.ONE_MONTH,
    90: logs.RetentionDays.THREE_MONTHS,
    180: logs.RetentionDays.SIX_MONTHS,
    365: logs.RetentionDays.ONE_YEAR,
    731: logs.RetentionDays.TWO_YEARS,
}


def retention(stage: Stage) -> logs.RetentionDays:
    """Raises BadStage for days that CloudWatch does not offer."""
    if stage.log_retention_days not in _DAYS:
        known = ", ".join(map(str, _DAYS))
        raise BadStage(f"cdk.json, stage {stage.name}: log_retention_days is {stage.log_retention_days}, use {known}")
    return _DAYS[stage.log_retention_days]
