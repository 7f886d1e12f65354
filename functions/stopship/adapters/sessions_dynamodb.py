"""Sessions in a DynamoDB table of their own: key ``pk``, ``ttl`` in epoch seconds.

The refresh token is encrypted by KMS before it is written, bound to its session: who can read the table needs the key as well. A token that
cannot be decrypted (the key was replaced) is no session.
"""

from typing import Any

from stopship.adapters.access_tokens_dynamodb import UNDECIPHERABLE
from stopship.domain.instant import parse
from stopship.domain.session import Session

_TEXTS = ("subject", "name", "groups_until", "csrf", "signed_in_at", "seen_at", "merchant")


class DynamoSessions:
    """``database`` and ``kms`` are low-level clients, ``key_id`` a symmetric key's ARN. Implements ``ports.Sessions``."""

    def __init__(self, database: Any, table_name: str, kms: Any, key_id: str) -> None:
        self._database, self._table, self._kms, self._key_id = database, table_name, kms, key_id
        self._opened: dict[tuple[str, bytes], str] = {}
        """Decrypted once per process: a page that refreshes itself asks every few seconds."""

    def load(self, key: str) -> Session | None:
        item = self._database.get_item(TableName=self._table, Key=_key(key), ConsistentRead=True).get("Item")
        if not item:
            return None
        token = self._open(key, item["sealed"]["B"])
        if token is None:
            return None
        texts = {name: str(item[name]["S"]) for name in _TEXTS}
        groups = frozenset(str(item["groups"]["S"]).split())
        return Session(key=key, groups=groups, refresh_token=token, **texts)

    def save(self, session: Session) -> None:
        texts = {name: {"S": getattr(session, name)} for name in _TEXTS}
        self._database.put_item(
            TableName=self._table,
            Item={
                **_key(session.key),
                **texts,
                "groups": {"S": " ".join(sorted(session.groups))},
                "sealed": {"B": self._seal(session)},
                "ttl": {"N": str(int(parse(session.ends_at).timestamp()))},
            },
        )

    def delete(self, key: str) -> None:
        self._database.delete_item(TableName=self._table, Key=_key(key))

    def _seal(self, session: Session) -> bytes:
        """What lies there already is written again as it is: only a new token asks the key."""
        known = [sealed for (key, sealed), token in self._opened.items() if (key, token) == _held(session)]
        if known:
            return known[-1]
        sealed: bytes = self._kms.encrypt(
            KeyId=self._key_id, Plaintext=session.refresh_token.encode(), EncryptionContext=_context(session.key)
        )["CiphertextBlob"]
        self._remember(session.key, sealed, session.refresh_token)
        return sealed

    def _open(self, key: str, sealed: bytes) -> str | None:
        if (key, sealed) not in self._opened:
            try:
                opened = self._kms.decrypt(KeyId=self._key_id, CiphertextBlob=sealed, EncryptionContext=_context(key))
            except self._kms.exceptions.ClientError as error:
                if error.response["Error"]["Code"] not in UNDECIPHERABLE:
                    raise
                return None
            self._remember(key, sealed, opened["Plaintext"].decode())
        return self._opened[key, sealed]

    def _remember(self, key: str, sealed: bytes, token: str) -> None:
        if len(self._opened) >= _REMEMBERED:
            self._opened.clear()
        self._opened[key, sealed] = token


_REMEMBERED = 500


def _held(session: Session) -> tuple[str, str]:
    return session.key, session.refresh_token


def _key(key: str) -> dict[str, Any]:
    return {"pk": {"S": key}}


def _context(key: str) -> dict[str, str]:
    return {"session": key}
