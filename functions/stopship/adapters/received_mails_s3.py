"""Mails as SES has put them into its bucket."""

from typing import Any

from stopship.domain.errors import NotFound


class S3Mails:
    """``client`` is a low-level S3 client. The bucket encrypts by its own default key."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client, self._bucket = client, bucket

    def read(self, key: str) -> bytes:
        """The mail byte for byte. Raises NotFound when it is not there, or not any more."""
        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=key)
        except self._client.exceptions.NoSuchKey as error:
            raise NotFound(f"mail {key}") from error
        content: bytes = answer["Body"].read()
        return content
