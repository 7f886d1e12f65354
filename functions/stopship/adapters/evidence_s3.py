"""Raw messages in one encrypted bucket. The ledger holds their hash; what must be erasable lies here and only here."""

from collections.abc import Callable
from hashlib import sha256
from typing import Any

from stopship.domain.errors import InvalidInput, NotFound, StopshipError

_ALREADY_THERE = (409, 412)
"""S3's answers to a conditional PutObject (Amazon S3 API reference, If-None-Match): the key exists, or is being written."""


class S3Evidence:
    """Implements ``ports.Evidence``. ``client`` is a low-level S3 client. The bucket encrypts by its own default key."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client, self._bucket = client, bucket

    def keep(self, merchant: str, source: str, delivery_id: str, body: bytes) -> tuple[str, str]:
        """The first bytes of a delivery stay. Gives the key, and the sha256 of what is kept there."""
        key = key_of(merchant, source, delivery_id)
        try:
            self._client.put_object(Bucket=self._bucket, Key=key, Body=body, IfNoneMatch="*")
        except self._client.exceptions.ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] not in _ALREADY_THERE:
                raise
            return key, sha256(self.load(key)).hexdigest()
        return key, sha256(body).hexdigest()

    def load(self, key: str) -> bytes:
        """Raises NotFound, also when it has been erased."""
        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=key)
        except self._client.exceptions.NoSuchKey as error:
            raise NotFound(f"evidence {key}") from error
        content: bytes = answer["Body"].read()
        return content

    def key_of(self, merchant: str, source: str, delivery_id: str) -> str:
        return key_of(merchant, source, delivery_id)

    def erase(self, key: str) -> int:
        """Every version and every marker of exactly this key: in a versioned bucket a plain delete would only hide it."""
        return self._erase(key, lambda found: found == key)

    def erase_source(self, merchant: str, source: str, but: str) -> int:
        prefix = key_of(merchant, source, "").rpartition("/")[0] + "/"
        return self._erase(prefix, lambda found: found != but)

    def _erase(self, prefix: str, chosen: Callable[[str], bool]) -> int:
        """A page is erased once the next one is at hand: the listing goes on from the last key of the page before."""
        erased, waiting = 0, list[dict[str, str]]()
        for page in self._client.get_paginator("list_object_versions").paginate(Bucket=self._bucket, Prefix=prefix):
            self._delete(waiting)
            found = [x for part in ("Versions", "DeleteMarkers") for x in page.get(part, []) if chosen(x["Key"])]
            waiting = [{"Key": x["Key"], "VersionId": x["VersionId"]} for x in found]
            erased += sum(chosen(x["Key"]) for x in page.get("Versions", []))
        self._delete(waiting)
        return erased

    def _delete(self, versions: list[dict[str, str]]) -> None:
        """A page holds as many as one call takes (1,000). Raises EvidenceNotErased when S3 kept one: nothing may be said to be gone."""
        if not versions:
            return
        answer = self._client.delete_objects(Bucket=self._bucket, Delete={"Objects": versions, "Quiet": True})
        if answer.get("Errors"):
            raise EvidenceNotErased(f"{len(answer['Errors'])} of {len(versions)}: {answer['Errors'][0].get('Code')}")


class EvidenceNotErased(StopshipError):
    """S3 did not erase all that it was told to."""


def key_of(merchant: str, source: str, delivery_id: str) -> str:
    """The delivery's id is hashed: some senders put what is personal, or what is no file name, into it."""
    for name, value in (("merchant", merchant), ("source", source)):
        if not value or "/" in value:
            raise InvalidInput(name, f"{value!r} cannot be part of an object key", "use a name without '/'")
    return f"{merchant}/{source}/{sha256(delivery_id.encode()).hexdigest()}"
