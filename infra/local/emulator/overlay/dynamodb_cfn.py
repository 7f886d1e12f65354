"""A table from a template keeps its time to live and its point-in-time recovery; stock MiniStack drops both."""

from collections.abc import Callable
from typing import Any

from infra.local.emulator.vendor import module, need

provisioners = module("services.cloudformation.provisioners")
dynamodb = module("services.dynamodb")

KIND = "AWS::DynamoDB::Table"


def _created(stock: Callable[..., Any]) -> Callable[..., Any]:
    def create(logical_id: str, properties: dict[str, Any], stack: str) -> Any:
        created = stock(logical_id, properties, stack)
        name = {"TableName": created[0]}
        if time_to_live := properties.get("TimeToLiveSpecification"):
            dynamodb._update_ttl({**name, "TimeToLiveSpecification": time_to_live})
        if recovery := properties.get("PointInTimeRecoverySpecification"):
            dynamodb._update_continuous_backups({**name, "PointInTimeRecoverySpecification": recovery})
        return created

    return create


def apply() -> None:
    need(dynamodb, "_update_ttl")
    need(dynamodb, "_update_continuous_backups")
    handlers = need(provisioners, "_RESOURCE_HANDLERS")[KIND]
    handlers["create"] = _created(handlers["create"])
