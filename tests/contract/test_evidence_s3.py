"""Raw messages are kept once, as they first came."""

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from moto import mock_aws

from stopship.adapters.evidence_s3 import EvidenceNotErased, S3Evidence, key_of
from stopship.domain.errors import InvalidInput, NotFound

BUCKET = "evidence"


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket=BUCKET)
        yield s3


def versions(client: Any) -> list[str]:
    answer = client.list_object_versions(Bucket=BUCKET)
    return [x["Key"] for part in ("Versions", "DeleteMarkers") for x in answer.get(part, [])]


def keys(client: Any) -> list[str]:
    return [x["Key"] for x in client.list_objects_v2(Bucket=BUCKET).get("Contents", [])]


def test_a_message_is_kept_and_loaded_byte_for_byte(client: Any) -> None:
    evidence, body = S3Evidence(client, BUCKET), b"\x00\xff{}"
    key, digest = evidence.keep("acme", "shopify:orders", "d-1", body)
    assert evidence.load(key) == body
    assert digest == sha256(body).hexdigest()
    assert key == f"acme/shopify:orders/{sha256(b'd-1').hexdigest()}"


def test_the_same_delivery_again_is_one_object(client: Any) -> None:
    evidence = S3Evidence(client, BUCKET)
    first = evidence.keep("acme", "shopify", "d-1", b"one")
    assert evidence.keep("acme", "shopify", "d-1", b"one") == first
    assert keys(client) == [first[0]]


def test_other_bytes_under_a_known_delivery_do_not_replace_the_first(client: Any) -> None:
    evidence = S3Evidence(client, BUCKET)
    first = evidence.keep("acme", "shopify", "d-1", b"one")
    assert evidence.keep("acme", "shopify", "d-1", b"two") == first
    assert evidence.load(first[0]) == b"one"


def test_merchants_sources_and_deliveries_do_not_meet(client: Any) -> None:
    evidence = S3Evidence(client, BUCKET)
    places = [("acme", "shopify", "1"), ("zeta", "shopify", "1"), ("acme", "amazon", "1"), ("acme", "shopify", "2")]
    kept = {evidence.keep(*place, b"x")[0] for place in places}
    assert len(kept) == len(places)
    assert sorted(keys(client)) == sorted(kept)


@pytest.mark.parametrize(("merchant", "source"), [("", "shopify"), ("acme/zeta", "shopify"), ("acme", "a/b")])
def test_a_name_that_would_reach_into_another_folder_is_refused(client: Any, merchant: str, source: str) -> None:
    with pytest.raises(InvalidInput):
        S3Evidence(client, BUCKET).keep(merchant, source, "d-1", b"x")
    assert keys(client) == []


def test_what_was_erased_or_never_kept_is_not_found(client: Any) -> None:
    evidence = S3Evidence(client, BUCKET)
    key, _ = evidence.keep("acme", "shopify", "d-1", b"x")
    client.delete_object(Bucket=BUCKET, Key=key)
    with pytest.raises(NotFound):
        evidence.load(key)


def test_a_refusal_that_means_something_else_is_not_taken_for_kept() -> None:
    s3 = boto3.client("s3", region_name="us-east-1", aws_access_key_id="testing", aws_secret_access_key="testing")
    with Stubber(s3) as stub:
        stub.add_client_error("put_object", "AccessDenied", http_status_code=403)
        with pytest.raises(ClientError, match="AccessDenied"):
            S3Evidence(s3, BUCKET).keep("acme", "shopify", "d-1", b"x")
        stub.assert_no_pending_responses()


@pytest.mark.parametrize("versioned", [False, True])
def test_what_is_erased_is_gone_in_all_its_versions_and_its_neighbours_stay(client: Any, *, versioned: bool) -> None:
    if versioned:
        client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    evidence = S3Evidence(client, BUCKET)
    key, _ = evidence.keep("acme", "shopify", "d-1", b"one")
    client.put_object(Bucket=BUCKET, Key=key, Body=b"two")
    client.put_object(Bucket=BUCKET, Key=f"{key}0", Body=b"a longer key")
    if versioned:
        client.delete_object(Bucket=BUCKET, Key=key)
    assert evidence.erase(key) == (2 if versioned else 1)
    assert versions(client) == [f"{key}0"]
    assert evidence.erase(key) == 0
    with pytest.raises(NotFound):
        evidence.load(key)


def test_a_source_is_erased_whole_but_for_one(client: Any) -> None:
    evidence = S3Evidence(client, BUCKET)
    mine = [evidence.keep("acme", "shopify", f"d-{n}", b"x")[0] for n in range(3)]
    others = [evidence.keep(m, s, "d", b"x")[0] for m, s in (("acme", "shopify-flow"), ("acme2", "shopify"))]
    assert evidence.erase_source("acme", "shopify", mine[1]) == 2
    assert sorted(keys(client)) == sorted([mine[1], *others])


def test_more_than_one_page_is_erased(client: Any) -> None:
    evidence = S3Evidence(client, BUCKET)
    for n in range(1003):
        client.put_object(Bucket=BUCKET, Key=f"acme/shopify/{n:05}", Body=b"x")
    assert evidence.erase_source("acme", "shopify", "") == 1003
    assert keys(client) == []


def test_an_erasure_that_s3_refused_is_no_erasure() -> None:
    client = boto3.client("s3", region_name="us-east-1", aws_access_key_id="testing", aws_secret_access_key="testing")
    key = key_of("acme", "shopify", "d-1")
    found = {"Key": key, "VersionId": "v1"}
    with Stubber(client) as stub:
        stub.add_response("list_object_versions", {"Versions": [found]})
        stub.add_response("delete_objects", {"Errors": [{**found, "Code": "AccessDenied"}]})
        with pytest.raises(EvidenceNotErased):
            S3Evidence(client, BUCKET).erase(key)


def test_without_a_source_nothing_is_erased(client: Any) -> None:
    evidence = S3Evidence(client, BUCKET)
    evidence.keep("acme", "shopify", "d-1", b"x")
    for merchant, source in (("", "shopify"), ("acme", ""), ("acme/shopify", "x")):
        with pytest.raises(InvalidInput):
            evidence.erase_source(merchant, source, "")
    assert len(keys(client)) == 1
