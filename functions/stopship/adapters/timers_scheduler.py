"""EventBridge Scheduler: one-time hints that a deadline has come. Each deletes itself when it has fired."""

import json
from collections.abc import Mapping
from typing import Any

from stopship.domain.instant import parse


class SchedulerTimers:
    def __init__(self, client: Any, group: str, target_arn: str, role_arn: str) -> None:
        self._client, self._group, self._target, self._role = client, group, target_arn, role_arn

    def at(self, name: str, when: str, payload: Mapping[str, str]) -> None:
        """The same name twice is one timer. Scheduler's resolution is a minute."""
        try:
            self._client.create_schedule(
                Name=name,
                GroupName=self._group,
                ScheduleExpression=f"at({parse(when):%Y-%m-%dT%H:%M:%S})",
                ScheduleExpressionTimezone="UTC",
                FlexibleTimeWindow={"Mode": "OFF"},
                ActionAfterCompletion="DELETE",
                Target={"Arn": self._target, "RoleArn": self._role, "Input": json.dumps(dict(payload))},
            )
        except self._client.exceptions.ConflictException:
            return
