"""Composite alarms from a template: MiniStack has them in its API, CloudFormation here did not."""

from typing import Any

from infra.local.emulator.vendor import module, need

provisioners = module("services.cloudformation.provisioners")
cloudwatch = module("services.cloudwatch")

KIND = "AWS::CloudWatch::CompositeAlarm"


def _create(logical_id: str, properties: dict[str, Any], stack: str) -> tuple[str, dict[str, str]]:
    name = properties.get("AlarmName") or provisioners._physical_name(stack, logical_id)
    cloudwatch._put_composite_alarm({}, {**properties, "AlarmName": name}, False, True)
    account, region = provisioners.get_account_id(), provisioners.get_region()
    return name, {"Arn": f"arn:aws:cloudwatch:{region}:{account}:alarm:{name}"}


def _delete(physical_id: str, _properties: dict[str, Any]) -> None:
    cloudwatch._composite_alarms.pop(physical_id, None)


def apply() -> None:
    need(cloudwatch, "_put_composite_alarm")
    need(cloudwatch, "_composite_alarms")
    need(provisioners, "_physical_name")
    need(provisioners, "_RESOURCE_HANDLERS").setdefault(KIND, {"create": _create, "delete": _delete})
