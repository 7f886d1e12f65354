"""A user pool from a template has ProviderURL, the issuer that a JWT authorizer is given; stock MiniStack has none."""

from collections.abc import Callable
from typing import Any

from infra.local.emulator.vendor import module, replace

provisioners = module("services.cloudformation.provisioners")


def _attributes(stock: Callable[..., Any]) -> Callable[..., Any]:
    def attributes(pool: str) -> dict[str, Any]:
        region = provisioners.get_region()
        return {**stock(pool), "ProviderURL": f"https://cognito-idp.{region}.amazonaws.com/{pool}"}

    return attributes


def apply() -> None:
    replace(provisioners, "_cognito_user_pool_attributes", _attributes)
