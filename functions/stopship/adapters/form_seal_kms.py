"""The seal of the form's tokens: a key that never leaves KMS, so that the public door holds no secret."""

from typing import Any


class KmsSeal:
    """Implements cancel_form.intent.Seal. ``client`` is a kms client, ``key_id`` an HMAC_256 key."""

    def __init__(self, client: Any, key_id: str) -> None:
        self._client, self._key_id = client, key_id

    def mac(self, message: bytes) -> bytes:
        answer = self._client.generate_mac(KeyId=self._key_id, Message=message, MacAlgorithm="HMAC_SHA_256")
        sealed: bytes = answer["Mac"]
        return sealed
