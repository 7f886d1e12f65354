"""Ref of a secret in a template is its ARN, as on AWS; stock MiniStack gives the name.

Policies and environments are written from that Ref. The stock handlers look secrets up by name, so the ARN is
translated back for them.
"""

from collections.abc import Callable
from typing import Any

from infra.local.emulator.vendor import module, need

provisioners = module("services.cloudformation.provisioners")
secrets = module("services.secretsmanager")

KIND = "AWS::SecretsManager::Secret"


def _name(physical_id: str) -> str:
    for name, secret in secrets._secrets.items():
        if physical_id in (name, secret["ARN"]):
            return str(name)
    return physical_id


def _created(stock: Callable[..., Any]) -> Callable[..., Any]:
    def create(logical_id: str, properties: dict[str, Any], stack: str) -> Any:
        _, attributes = stock(logical_id, properties, stack)
        return attributes["Arn"], attributes

    return create


def _updated(stock: Callable[..., Any]) -> Callable[..., Any]:
    def update(physical_id: str, *rest: Any, **named: Any) -> Any:
        _, attributes = stock(_name(physical_id), *rest, **named)
        return attributes["Arn"], attributes

    return update


def _deleted(stock: Callable[..., Any]) -> Callable[..., Any]:
    return lambda physical_id, properties: stock(_name(physical_id), properties)


def apply() -> None:
    need(secrets, "_secrets")
    handlers = need(provisioners, "_RESOURCE_HANDLERS")[KIND]
    for verb, change in (("create", _created), ("update", _updated), ("delete", _deleted)):
        handlers[verb] = change(handlers[verb])
