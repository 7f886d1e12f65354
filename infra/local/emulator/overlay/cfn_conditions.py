"""A condition may ask for the region and the account; stock MiniStack compares the pseudo parameter's name instead of its value."""

from collections.abc import Callable
from typing import Any

from infra.local.emulator.vendor import module, replace

responses = module("core.responses")
OWNERS = ("engine", "changesets", "handlers", "stacks")
"""Each has the function under a name of its own."""


def _pseudo() -> dict[str, dict[str, str]]:
    values = {"Region": responses.get_region(), "AccountId": responses.get_account_id(), "Partition": "aws"}
    return {f"AWS::{name}": {"Value": str(value)} for name, value in values.items()}


def _evaluated(stock: Callable[..., Any]) -> Callable[..., Any]:
    def evaluate(template: dict[str, Any], parameters: dict[str, Any]) -> Any:
        return stock(template, {**_pseudo(), **parameters})

    return evaluate


def apply() -> None:
    for name in OWNERS:
        replace(module(f"services.cloudformation.{name}"), "_evaluate_conditions", _evaluated)
