"""A merchant's configuration: credentials from Secrets Manager, routing and policy from Parameter Store, both cached briefly."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

from stopship.contract import merchant_parameter_name, merchant_secret_name, route_parameter_name
from stopship.domain.errors import NotFound

_KEEP_SECONDS = 60.0
_AGAIN_SECONDS = 5.0
"""Until a name is asked for again that AWS refused to read for want of rate."""
_MOST_MISSING = 1000


class Merchants:
    """``secrets`` and ``parameters`` are secretsmanager and ssm clients."""

    def __init__(
        self, stage: str, secrets: Any, parameters: Any, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._stage, self._secrets, self._parameters, self._monotonic = stage, secrets, parameters, monotonic
        self._cache: dict[str, tuple[float, Any]] = {}
        self._missing: dict[str, tuple[float, str]] = {}

    def connections(self, merchant: str) -> dict[str, Any]:
        """The merchant's secret, parsed. Raises NotFound when there is no such merchant."""
        found: dict[str, Any] = self._cached(f"secret {merchant}", lambda: self._read_secret(merchant))
        return found

    def names(self) -> list[str]:
        """Every merchant that has a secret."""
        prefix = merchant_secret_name(self._stage, "")
        request: dict[str, Any] = {"Filters": [{"Key": "name", "Values": [prefix]}]}
        found: list[str] = []
        while True:
            answer = self._secrets.list_secrets(**request)
            # The filter finds the words of a name; the stage's own merchants begin with them.
            found += [x["Name"].removeprefix(prefix) for x in answer["SecretList"] if x["Name"].startswith(prefix)]
            if not answer.get("NextToken"):
                return sorted(found)
            request["NextToken"] = answer["NextToken"]

    def settings(self, merchant: str) -> dict[str, Any]:
        """{"policy": TOML text of the merchant's override, ...}; empty when the merchant has none."""
        try:
            found: dict[str, Any] = self._cached(f"settings {merchant}", lambda: self._read_settings(merchant))
        except NotFound:
            return {}
        return found

    def all_settings(self) -> Iterator[tuple[str, str]]:
        """Every merchant that has settings, with their JSON text, read now."""
        told: dict[str, str] = {}
        path = merchant_parameter_name(self._stage, "")
        while True:
            page = self._parameters.get_parameters_by_path(Path=path.rstrip("/"), **told)
            for parameter in page["Parameters"]:
                yield parameter["Name"].removeprefix(path), parameter["Value"]
            if not page.get("NextToken"):
                return
            told = {"NextToken": page["NextToken"]}

    def route(self, source: str, address: str) -> str:
        """The merchant that a sender's address belongs to. Raises NotFound for an unknown one."""
        return str(self._cached(f"route {source} {address}", lambda: self._read_route(source, address)))

    def connected(self, source: str) -> list[str]:
        """Every merchant that a route of this source leads to."""
        pages = self._parameters.get_paginator("get_parameters_by_path").paginate(
            Path=route_parameter_name(self._stage, source, "").rstrip("/")
        )
        return sorted({str(x["Value"]) for page in pages for x in page["Parameters"]})

    def _cached(self, key: str, read: Callable[[], Any]) -> Any:
        """Raises NotFound, without asking again for a while. What was known is true a little longer when AWS refuses to say more often."""
        now = self._monotonic()
        until, value = self._cache.get(key, (float("-inf"), None))
        if now < until:
            return value
        until, what = self._missing.get(key, (float("-inf"), ""))
        if now < until:
            raise NotFound(what)
        try:
            value = read()
        except NotFound as error:
            self._forget(key, now, str(error))
            raise
        except Exception as error:
            if key not in self._cache or not _throttled(error):
                raise
            self._cache[key] = (now + _AGAIN_SECONDS, value)
            return value
        self._cache[key] = (now + _KEEP_SECONDS, value)
        return value

    def _forget(self, key: str, now: float, what: str) -> None:
        """Names that are not there are anybody's to invent: only so many are remembered, and they push out no name that is there."""
        self._cache.pop(key, None)
        self._missing.pop(key, None)
        if len(self._missing) >= _MOST_MISSING:
            del self._missing[next(iter(self._missing))]
        self._missing[key] = (now + _KEEP_SECONDS, what)

    def _read_secret(self, merchant: str) -> dict[str, Any]:
        """A name that no secret can have (ValidationException) is just as unknown."""
        try:
            answer = self._secrets.get_secret_value(SecretId=merchant_secret_name(self._stage, merchant))
        except self._secrets.exceptions.ClientError as error:
            if error.response["Error"]["Code"] not in ("ResourceNotFoundException", "ValidationException"):
                raise
            raise NotFound("merchant") from error
        value: dict[str, Any] = json.loads(answer["SecretString"])
        return value

    def _read_settings(self, merchant: str) -> dict[str, Any]:
        try:
            answer = self._parameters.get_parameter(Name=merchant_parameter_name(self._stage, merchant))
        except self._parameters.exceptions.ParameterNotFound as error:
            raise NotFound("settings") from error
        value: dict[str, Any] = json.loads(answer["Parameter"]["Value"])
        return value

    def _read_route(self, source: str, address: str) -> str:
        """A colon would ask Parameter Store for a version of another address's parameter."""
        if ":" in address:
            raise NotFound(f"{source} address")
        try:
            name = route_parameter_name(self._stage, source, address)
            answer = self._parameters.get_parameter(Name=name)
        except (self._parameters.exceptions.ParameterNotFound, self._parameters.exceptions.ClientError) as error:
            if error.response["Error"]["Code"] not in ("ParameterNotFound", "ValidationException"):
                raise
            raise NotFound(f"{source} address") from error
        return str(answer["Parameter"]["Value"])


def _throttled(error: Exception) -> bool:
    told = getattr(error, "response", {})
    return bool(told.get("Error", {}).get("Code") == "ThrottlingException")
