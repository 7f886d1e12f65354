"""The shared access tokens in a DynamoDB table of their own: key ``pk``, ``ttl`` in epoch seconds.

A token is encrypted by KMS before it is written, bound to its place: who can read the table needs the key as well. What cannot be
decrypted (the key was replaced) is no token, and another is fetched.
"""

import secrets
from collections.abc import Mapping
from typing import Any, Final

from stopship.adapters.access_tokens import NOTHING, AccessToken, Kept, Place
from stopship.domain.instant import parse

UNDECIPHERABLE: Final = frozenset(
    {"InvalidCiphertextException", "IncorrectKeyException", "NotFoundException", "DisabledException"}
)


class DynamoTokens:
    """``database`` and ``kms`` are low-level clients, ``key_id`` a symmetric key's ARN. Implements access_tokens.TokenStore."""

    def __init__(self, database: Any, table_name: str, kms: Any, key_id: str) -> None:
        self._database, self._table, self._kms, self._key_id = database, table_name, kms, key_id
        self._opened: dict[tuple[str, str], AccessToken] = {}
        """Decrypted once, by place and generation."""

    def read(self, place: Place) -> Kept:
        found = self._database.get_item(TableName=self._table, Key=_key(place), ConsistentRead=True).get("Item")
        if not found:
            return NOTHING
        text = {name: str(value["S"]) for name, value in found.items() if "S" in value}
        return Kept(
            self._open(place, found, text) if "sealed" in found else None,
            text.get("generation", ""),
            text.get("replaced_at", ""),
            text.get("leased_until", ""),
        )

    def lease(self, place: Place, worker: str, generation: str, now: str, until: str) -> bool:
        same = "generation = :generation" if generation else "attribute_not_exists(generation)"
        values = {":worker": worker, ":until": until, ":now": now}
        return self._update(
            place,
            "SET worker = :worker, leased_until = :until, #ttl = if_not_exists(#ttl, :ttl)",
            f"(attribute_not_exists(leased_until) OR leased_until <= :now) AND {same}",
            {**values, ":generation": generation} if generation else values,
            until,
        )

    def keep(self, place: Place, worker: str, token: AccessToken, replaced_at: str) -> bool:
        sealed = self._kms.encrypt(
            KeyId=self._key_id, Plaintext=token.value.encode(), EncryptionContext=_context(place)
        )["CiphertextBlob"]
        values = {":worker": worker, ":ends": token.ends_at, ":generation": secrets.token_hex(8), ":at": replaced_at}
        return self._update(
            place,
            "SET sealed = :sealed, ends_at = :ends, generation = :generation, replaced_at = :at, #ttl = :ttl"
            " REMOVE worker, leased_until",
            "worker = :worker",
            values,
            token.ends_at,
            {":sealed": {"B": sealed}},
        )

    def put_off(self, place: Place, worker: str, until: str) -> None:
        change = "SET leased_until = :until, #ttl = if_not_exists(#ttl, :ttl) REMOVE worker"
        self._update(place, change, "worker = :worker", {":worker": worker, ":until": until}, until)

    def _update(
        self,
        place: Place,
        change: str,
        condition: str,
        values: Mapping[str, str],
        gone_after: str,
        more: Mapping[str, Any] | None = None,
    ) -> bool:
        texts = {name: {"S": value} for name, value in values.items()}
        try:
            self._database.update_item(
                TableName=self._table,
                Key=_key(place),
                UpdateExpression=change,
                ConditionExpression=condition,
                ExpressionAttributeNames={"#ttl": "ttl"},
                ExpressionAttributeValues={**texts, ":ttl": {"N": _epoch(gone_after)}, **(more or {})},
            )
        except self._database.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def _open(self, place: Place, item: Mapping[str, Any], text: Mapping[str, str]) -> AccessToken | None:
        known = (place.key, text["generation"])
        if known not in self._opened:
            plain = self._decrypt(place, item["sealed"]["B"])
            if plain is None:
                return None
            self._opened[known] = AccessToken(plain, text["ends_at"])
        return self._opened[known]

    def _decrypt(self, place: Place, sealed: bytes) -> str | None:
        try:
            opened = self._kms.decrypt(KeyId=self._key_id, CiphertextBlob=sealed, EncryptionContext=_context(place))
        except self._kms.exceptions.ClientError as error:
            if error.response["Error"]["Code"] not in UNDECIPHERABLE:
                raise
            return None
        plain: bytes = opened["Plaintext"]
        return plain.decode()


def _key(place: Place) -> dict[str, Any]:
    return {"pk": {"S": place.key}}


def _context(place: Place) -> dict[str, str]:
    return {"place": place.key}


def _epoch(moment: str) -> str:
    return str(int(parse(moment).timestamp()))
