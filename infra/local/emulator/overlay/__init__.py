"""Corrections to MiniStack, one a file; each says what stock MiniStack does and what AWS does.

They replace names inside one released version. `apply` refuses another version, and each correction refuses a name
that is gone. The environment must be complete before this package is imported: MiniStack reads it at import.
"""

from infra.local.emulator.overlay import (
    alarms,
    aws_sdk_integrations,
    cfn_conditions,
    cognito_cfn,
    composite_alarms,
    dynamodb_cfn,
    emf,
    http_cors,
    http_failures,
    iam_resources,
    iam_transport,
    lambda_pool,
    lambda_runtime,
    partner_events,
    scheduler_pace,
    scheduler_rearm,
    secrets_cfn,
    service_metrics,
    ses_receipt_cfn,
    step_functions_executions,
    step_functions_fields,
    step_functions_history,
    step_functions_tasks,
)
from infra.local.emulator.vendor import check_version

# Later ones wrap earlier ones where both replace the same name.
CORRECTIONS = (
    lambda_runtime,
    lambda_pool,
    step_functions_tasks,
    step_functions_fields,
    step_functions_executions,
    step_functions_history,
    aws_sdk_integrations,
    cfn_conditions,
    dynamodb_cfn,
    http_cors,
    http_failures,
    cognito_cfn,
    secrets_cfn,
    composite_alarms,
    emf,
    alarms,
    service_metrics,
    ses_receipt_cfn,
    scheduler_pace,
    scheduler_rearm,
    iam_transport,
    iam_resources,
    partner_events,
)


def apply() -> None:
    """Put every correction in its place, or raise."""
    check_version()
    for correction in CORRECTIONS:
        correction.apply()
