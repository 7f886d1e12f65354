"""Receipt rules from a template: MiniStack has them in its API, CloudFormation here did not."""

from typing import Any

from infra.local.emulator.vendor import module, need

provisioners = module("services.cloudformation.provisioners")
ses = module("services.ses")

RULE_SET, RULE = "AWS::SES::ReceiptRuleSet", "AWS::SES::ReceiptRule"


def _create_set(logical_id: str, properties: dict[str, Any], stack: str) -> tuple[str, dict[str, str]]:
    name = properties.get("RuleSetName") or provisioners._physical_name(stack, logical_id)
    _done(ses._create_receipt_rule_set({"RuleSetName": [name]}))
    return name, {}


def _delete_set(physical_id: str, _properties: dict[str, Any]) -> None:
    ses._receipt_rule_sets.pop(physical_id, None)


def _create_rule(logical_id: str, properties: dict[str, Any], stack: str) -> tuple[str, dict[str, str]]:
    told = properties["Rule"]
    name = told.get("Name") or provisioners._physical_name(stack, logical_id)
    rule = {
        "Name": name,
        "Enabled": _is_true(told.get("Enabled")),
        "TlsPolicy": told.get("TlsPolicy", "Optional"),
        "Actions": [dict(action) for action in told.get("Actions", [])],
        "Recipients": [str(x) for x in told.get("Recipients", [])],
        "ScanEnabled": _is_true(told.get("ScanEnabled")),
    }
    refused = ses._receipt_rule_error(rule)
    if refused is not None:
        _done(refused)
    rule_set = ses._receipt_rule_sets[properties["RuleSetName"]]
    rule_set["Rules"] = [*(x for x in rule_set["Rules"] if x["Name"] != name), rule]
    return name, {}


def _delete_rule(physical_id: str, properties: dict[str, Any]) -> None:
    rule_set = ses._receipt_rule_sets.get(properties.get("RuleSetName", ""))
    if rule_set:
        rule_set["Rules"] = [x for x in rule_set["Rules"] if x["Name"] != physical_id]


def _is_true(value: object) -> bool:
    return str(value).lower() == "true"


def _done(answer: tuple[int, Any, Any]) -> None:
    if answer[0] >= 400:
        raise ValueError(f"SES refused it: {answer[2]!r}")


def apply() -> None:
    for name in ("_create_receipt_rule_set", "_receipt_rule_sets", "_receipt_rule_error"):
        need(ses, name)
    need(provisioners, "_physical_name")
    handlers = need(provisioners, "_RESOURCE_HANDLERS")
    handlers.setdefault(RULE_SET, {"create": _create_set, "delete": _delete_set})
    handlers.setdefault(RULE, {"create": _create_rule, "delete": _delete_rule})
