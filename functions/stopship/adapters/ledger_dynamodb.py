"""The ledger in one DynamoDB table: keys ``pk`` and ``sk``, indexes gsi1, gsi2 and gsi3 (all attributes), ``ttl`` in epoch seconds.

An append is one TransactWriteItems (Amazon DynamoDB API reference). Throttled calls are retried by the client as it is
configured, a bounded number of times, and then raised as they are: the caller's own retry decides.
"""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any

from stopship.adapters import ledger_items as items
from stopship.adapters.ledger_table import TableLedger
from stopship.domain import chain
from stopship.domain.errors import Conflict, StopshipError

_MAX_PK_BYTES, _MAX_SK_BYTES = 2048, 1024


class DynamoTable:
    """``client`` is a low-level DynamoDB client; it is safe to share between threads."""

    def __init__(self, client: Any, table_name: str) -> None:
        self._client, self._name = client, table_name

    def get(self, pk: str, sk: str) -> Mapping[str, Any] | None:
        if not _possible(pk, sk):
            return None
        key = {"pk": {"S": pk}, "sk": {"S": sk}}
        found = self._client.get_item(TableName=self._name, Key=key, ConsistentRead=True).get("Item")
        return decode(found) if found else None

    def query(self, pk: str, low: str, high: str, *, only: Sequence[str] = ()) -> Iterator[Mapping[str, Any]]:
        if not _possible(pk, low, high):
            return iter(())
        request = self._range("pk", pk, "sk", low, high)
        request["ConsistentRead"] = True
        if only:
            request["ExpressionAttributeNames"].update({f"#o{i}": name for i, name in enumerate(only)})
            request["ProjectionExpression"] = ", ".join(f"#o{i}" for i in range(len(only)))
        return self._pages(self._client.query, request)

    def query_index(
        self, index: str, pk: str, low: str, high: str, *, newest_first: bool = False, step: int = 0
    ) -> Iterator[Mapping[str, Any]]:
        if not _possible(pk, low, high):
            return iter(())
        request = self._range(f"{index}pk", pk, f"{index}sk", low, high)
        request |= {"IndexName": index, "ScanIndexForward": not newest_first, **({"Limit": step} if step else {})}
        return self._pages(self._client.query, request)

    def _range(self, hash_key: str, pk: str, range_key: str, low: str, high: str) -> dict[str, Any]:
        return {
            "TableName": self._name,
            "KeyConditionExpression": "#h = :h AND #r BETWEEN :low AND :high",
            "ExpressionAttributeNames": {"#h": hash_key, "#r": range_key},
            "ExpressionAttributeValues": {":h": {"S": pk}, ":low": {"S": low}, ":high": {"S": high}},
        }

    def _pages(self, call: Any, request: dict[str, Any]) -> Iterator[Mapping[str, Any]]:
        """Every item, page after page, as far as the caller reads."""
        while True:
            answer = call(**request)
            yield from (decode(item) for item in answer["Items"])
            if "LastEvaluatedKey" not in answer:
                return
            request = {**request, "ExclusiveStartKey": answer["LastEvaluatedKey"]}

    def write(self, writes: Sequence[items.Write]) -> None:
        if len(writes) == 1:
            self._write_one(writes[0])
        else:
            self._write_all(writes)

    def _write_one(self, write: items.Write) -> None:
        """A single item needs no transaction, and no writer that comes at the same moment makes it fail."""
        failures = self._client.exceptions
        try:
            self._client.put_item(TableName=self._name, Item=encode(write.item), **condition(write.expect))
        except failures.ConditionalCheckFailedException as error:
            raise write.refused(self.get(*write.key)) from error
        except failures.TransactionConflictException as error:
            raise Conflict("a transaction is writing the same item") from error

    def _write_all(self, writes: Sequence[items.Write]) -> None:
        puts = [{"Put": {"TableName": self._name, "Item": encode(w.item), **condition(w.expect)}} for w in writes]
        try:
            self._client.transact_write_items(TransactItems=puts, ClientRequestToken=_token(writes))
        except self._client.exceptions.TransactionCanceledException as error:
            refusal = self._refusal(writes, error.response.get("CancellationReasons", []))
            if refusal is None:
                raise
            raise refusal from error

    def _refusal(self, writes: Sequence[items.Write], reasons: Sequence[Mapping[str, Any]]) -> StopshipError | None:
        """What the cancelled transaction means; None when it was not refused but throttled or broken."""
        found: list[StopshipError] = []
        for write, reason in zip(writes, reasons, strict=True):
            if reason.get("Code") == "ConditionalCheckFailed":
                found.append(write.refused(self.get(*write.key)))
            elif reason.get("Code") == "TransactionConflict":
                found.append(Conflict("another transaction is writing the same items"))
        return items.worst(found) if found else None

    def scan(self) -> Iterator[Mapping[str, Any]]:
        return self._pages(self._client.scan, {"TableName": self._name, "ConsistentRead": True})


def _possible(pk: str, *sks: str) -> bool:
    """Whether any item can have this key; DynamoDB answers a longer one with an error (Developer Guide, constraints on keys)."""
    return len(pk.encode()) <= _MAX_PK_BYTES and all(len(sk.encode()) <= _MAX_SK_BYTES for sk in sks)


class DynamoLedger(TableLedger):
    def __init__(self, client: Any, table_name: str) -> None:
        super().__init__(DynamoTable(client, table_name))


def _token(writes: Sequence[items.Write]) -> str:
    """Names this one attempt: the client's own retries of it act once. Two workers that happen to write the very same facts must
    not share it, or both would be told that they won; hence the drawn part."""
    seals = [write.item["seal"] for write in writes]
    return sha256(f"{chain.canonical(seals)}{uuid.uuid4()}".encode()).hexdigest()[:36]


def encode(item: Mapping[str, items.Value]) -> dict[str, Any]:
    return {name: _wire(value) for name, value in item.items()}


def _wire(value: items.Value) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int):
        return {"N": str(value)}
    return {"S": value}


def decode(item: Mapping[str, Any]) -> dict[str, Any]:
    """The item's attributes. A type that the ledger never writes stays in wire form, where its seal cannot match."""
    return {name: _value(wire) for name, wire in item.items()}


def _value(wire: Mapping[str, Any]) -> Any:
    match wire:
        case {"S": str(text)}:
            return text
        case {"BOOL": bool(flag)}:
            return flag
        case {"N": str(number)} if number.removeprefix("-").isdecimal():
            return int(number)
    return dict(wire)


def condition(expect: items.Expect) -> dict[str, Any]:
    """The expectation as a condition expression. Every attribute name is a placeholder: some are reserved words."""
    ways: list[str] = []
    names: dict[str, str] = {}
    values: dict[str, Any] = {}
    if expect.absent:
        ways.append("attribute_not_exists(pk)")
    if expect.present is not None:
        tests = ["attribute_exists(pk)"]
        for i, (name, allowed) in enumerate(expect.present.items()):
            names[f"#c{i}"] = name
            values |= {f":c{i}_{j}": _wire(value) for j, value in enumerate(allowed)}
            tests.append(f"#c{i} IN ({', '.join(f':c{i}_{j}' for j in range(len(allowed)))})")
        ways.append(f"({' AND '.join(tests)})")
    found: dict[str, Any] = {"ConditionExpression": " OR ".join(ways)}
    if names:
        found |= {"ExpressionAttributeNames": names, "ExpressionAttributeValues": values}
    return found
