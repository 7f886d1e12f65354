"""Signs with an RSA key that stays in KMS."""

from typing import Any


class KmsSigner:
    """``kms`` is a KMS client; ``key_id`` an asymmetric RSA key for signing."""

    def __init__(self, kms: Any, key_id: str) -> None:
        self._kms, self._key_id = kms, key_id

    def sign(self, message: bytes) -> bytes:
        """At most 4,096 bytes, which an assertion never comes near. KMS salts with the hash's length, as PS256 wants."""
        answer = self._kms.sign(
            KeyId=self._key_id, Message=message, MessageType="RAW", SigningAlgorithm="RSASSA_PSS_SHA_256"
        )
        signature: bytes = answer["Signature"]
        return signature
