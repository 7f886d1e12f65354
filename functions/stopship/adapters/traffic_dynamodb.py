"""Traffic in a DynamoDB table of its own: keys ``merchant`` and ``partner``, the state as JSON, and a version that each write must expect.

A table of its own, because the ledger's stream would carry each place that a call takes. Outages are in the sparse index ``outages``
(``banner``, ``merchant``): only items that have one are there.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from stopship.application.ports import PartnerTraffic
from stopship.contract import OUTAGES_INDEX
from stopship.domain.errors import Conflict
from stopship.domain.traffic import CALM, Traffic, from_data, to_data

_BANNER = "down"


class DynamoTraffic:
    """Implements ports.TrafficBook. ``client`` is a low-level DynamoDB client."""

    def __init__(self, client: Any, table_name: str) -> None:
        self._client, self._table = client, table_name

    def load(self, merchant: str, partner: str) -> tuple[Traffic, int]:
        key = {"merchant": {"S": merchant}, "partner": {"S": partner}}
        item = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")
        return (_traffic(item), int(item["version"]["N"])) if item else (CALM, 0)

    def save(self, merchant: str, partner: str, traffic: Traffic, expected: int) -> int:
        item = {
            "merchant": {"S": merchant},
            "partner": {"S": partner},
            "state": {"S": json.dumps(to_data(traffic), separators=(",", ":"))},
            "version": {"N": str(expected + 1)},
        }
        if traffic.banner:
            item["banner"] = {"S": _BANNER}
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(merchant)"}
        if expected:
            condition = {
                "ConditionExpression": "#version = :expected",
                "ExpressionAttributeNames": {"#version": "version"},
                "ExpressionAttributeValues": {":expected": {"N": str(expected)}},
            }
        try:
            self._client.put_item(TableName=self._table, Item=item, **condition)
        except self._client.exceptions.ConditionalCheckFailedException as error:
            raise Conflict(f"traffic with {partner} has moved on") from error
        return expected + 1

    def outages(self, merchant: str = "") -> Sequence[PartnerTraffic]:
        names, values = {"#banner": "banner"}, {":down": {"S": _BANNER}}
        condition = "#banner = :down"
        if merchant:
            names["#merchant"], values[":merchant"] = "merchant", {"S": merchant}
            condition += " AND #merchant = :merchant"
        request = {
            "TableName": self._table,
            "IndexName": OUTAGES_INDEX,
            "KeyConditionExpression": condition,
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": values,
        }
        found = [PartnerTraffic(x["merchant"]["S"], x["partner"]["S"], _traffic(x)) for x in self._pages(request)]
        return sorted(found, key=lambda x: (x.merchant, x.partner))

    def _pages(self, request: dict[str, Any]) -> Iterator[Mapping[str, Any]]:
        while True:
            answer = self._client.query(**request)
            yield from answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return
            request = {**request, "ExclusiveStartKey": answer["LastEvaluatedKey"]}


def _traffic(item: Mapping[str, Any]) -> Traffic:
    return from_data(json.loads(item["state"]["S"]))
