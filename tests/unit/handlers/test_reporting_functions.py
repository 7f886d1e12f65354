"""The functions that follow the ledger for figures, export them and make reports, on AWS's services in moto."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import duckdb
import pytest
from moto import mock_aws

from stopship import wiring
from stopship.adapters import aws
from stopship.adapters.clock import SystemClock
from stopship.adapters.facts_table import DynamoFacts
from stopship.adapters.ledger_dynamodb import encode
from stopship.adapters.ledger_memory import MemoryLedger
from stopship.adapters.report import formats
from stopship.application.ports import Append, NewEvent, OrderPlaced
from stopship.contract import merchant_parameter_name, merchant_secret_name
from stopship.handlers import export_facts, make_report, project_facts
from tests.contract.test_fact_book import TABLE as FACTS
from tests.contract.test_fact_book import new_table as new_facts_table
from tests.contract.test_ledger import TABLE as LEDGER
from tests.contract.test_ledger import new_table as new_ledger_table
from tests.unit.kpi.week import MERCHANT, orders, stories

BUCKET = "reports"
MADE = (wiring.settings, wiring.merchants, wiring.ledger, wiring.facts, wiring.reports, aws.client)
NOW = "2026-11-23T12:30:00.000000Z"


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    told = {"stage": "test", "table_name": LEDGER, "facts_table_name": FACTS, "reports_bucket": BUCKET}
    for name, value in {**told, "public_url": "https://desk.example"}.items():
        monkeypatch.setenv(f"STOPSHIP_{name.upper()}", value)
    monkeypatch.setattr(SystemClock, "now", lambda _: NOW)
    with mock_aws():
        _forget()
        new_ledger_table()
        new_facts_table(aws.client("dynamodb"))
        client = boto3.client("s3", region_name="eu-central-1")
        client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        boto3.client("ssm", region_name="eu-central-1").put_parameter(
            Name=merchant_parameter_name("test", MERCHANT),
            Value=json.dumps({"policy": '[reporting]\ntime_zone = "Europe/Berlin"\n'}),
            Type="String",
        )
        yield client
    _forget()


def _forget() -> None:
    for made in (*MADE, export_facts.copy):
        made.cache_clear()


def record_the_week() -> None:
    """All of its items at once: made in memory, and the same to the byte."""
    client, made = aws.client("dynamodb"), [{"PutRequest": {"Item": item}} for item in items_of_the_week()]
    for start in range(0, len(made), 25):
        client.batch_write_item(RequestItems={LEDGER: made[start : start + 25]})


@cache
def items_of_the_week() -> list[dict[str, Any]]:
    ledger = MemoryLedger()
    for story in stories():
        for item in story.recorded:
            ledger.append(Append(MERCHANT, story.case_id, item.version - 1, item.at, [NewEvent(item.event)]))
    for x in orders():
        ledger.count_order(x.merchant, OrderPlaced(x.channel, x.order_ref, x.day, x.fulfillment_type))
    return [encode({**x.attributes, "pk": x.pk, "sk": x.sk}) for x in ledger.scan()]  # type: ignore[dict-item]


def stream(*, removed: int = 0) -> dict[str, Any]:
    """What the ledger's stream tells of it, in some order."""
    records = [
        {"eventName": "INSERT", "dynamodb": {"SequenceNumber": str(number), "NewImage": image}}
        for number, image in enumerate(items_of_the_week())
    ]
    gone: list[dict[str, Any]] = [{"eventName": "REMOVE", "dynamodb": {"SequenceNumber": "x"}}] * removed
    return {"Records": [*records, *gone]}


def keys(s3: Any) -> list[str]:
    return [x["Key"] for x in s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])]


def body(s3: Any, key: str) -> bytes:
    found: bytes = s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    return found


def test_from_the_ledger_to_a_report(s3: Any, tmp_path: Path) -> None:
    record_the_week()
    assert project_facts.handler(stream(removed=1), None) == {"batchItemFailures": []}
    assert export_facts.handler({}, None)["weeks"] == 2
    assert export_facts.handler({}, None)["weeks"] == 0
    file = tmp_path / "cases.parquet"
    file.write_bytes(body(s3, f"facts/cases/merchant={MERCHANT}/week=2026-W47/part.parquet"))
    assert duckdb.sql(f"SELECT count(*) FROM '{file}'").fetchall() == [(9,)]
    assert make_report.handler({}, None) == {"files": 5}
    assert [x for x in keys(s3) if x.startswith("reports/")] == [
        f"reports/{MERCHANT}/2026-W47.{x}" for x in ("csv", "html", "json", "parquet", "pdf")
    ]
    told = json.loads(body(s3, f"reports/{MERCHANT}/2026-W47.json"))
    values = {x["kpi"]: x["value"] for x in told["figures"] if x["section"] == "headlines" and x["week"] == "2026-W47"}
    assert values["stop_success_rate"] == "66.67", "weeks are those of the merchant's time zone"
    assert told["figures"][0]["cases"].startswith("https://desk.example/console/kpi/")


SENDER, TO = "desk@acme.example", ["lead@acme.example", "finance@acme.example"]


def name_recipients(*, verified: bool) -> None:
    policy = '[reporting]\ntime_zone = "Europe/Berlin"\n'
    told = json.dumps({"policy": policy, "report_to": TO})
    ssm = boto3.client("ssm", region_name="eu-central-1")
    ssm.put_parameter(Name=merchant_parameter_name("test", MERCHANT), Value=told, Type="String", Overwrite=True)
    secret = json.dumps({"mail": {"sender": SENDER}})
    secrets = boto3.client("secretsmanager", region_name="eu-central-1")
    secrets.create_secret(Name=merchant_secret_name("test", MERCHANT), SecretString=secret)
    if verified:
        boto3.client("sesv2", region_name="eu-central-1").create_email_identity(EmailIdentity=SENDER)


def mailed() -> list[Any]:
    from moto.core import DEFAULT_ACCOUNT_ID
    from moto.ses.models import ses_backends

    return list(ses_backends[DEFAULT_ACCOUNT_ID]["eu-central-1"].sent_messages)


def test_a_report_is_mailed_once_to_whom_the_merchant_names(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "FORMATS", formats.FORMATS[:1])
    name_recipients(verified=True)
    record_the_week()
    project_facts.handler(stream(), None)
    export_facts.handler({}, None)
    for _ in range(2):
        assert make_report.handler({}, None) == {"files": 1}
    assert [x.destinations["ToAddresses"] for x in mailed()] == [[x] for x in TO]
    assert mailed()[0].subject == "Cancellation desk, acme, week 2026-W47"
    assert f"reports/{MERCHANT}/2026-W47.mailed" in keys(s3)


def test_a_mail_that_is_refused_costs_nobody_the_report(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "FORMATS", formats.FORMATS[:1])
    name_recipients(verified=False)
    record_the_week()
    project_facts.handler(stream(), None)
    export_facts.handler({}, None)
    assert make_report.handler({}, None) == {"files": 1}
    assert mailed() == []
    assert f"reports/{MERCHANT}/2026-W47.mailed" not in keys(s3)


def test_a_week_is_reported_again_when_it_is_asked_for(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "FORMATS", formats.FORMATS[:1])
    record_the_week()
    project_facts.handler(stream(), None)
    export_facts.handler({}, None)
    assert make_report.handler({"week": "2026-W46"}, None) == {"files": 1}
    assert f"reports/{MERCHANT}/2026-W46.html" in keys(s3)


def test_without_facts_there_is_no_report(s3: Any) -> None:
    assert make_report.handler({}, None) == {"files": 0}
    assert keys(s3) == []


def test_a_batch_that_fails_is_tried_again_and_nothing_of_it_is_exported(
    s3: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_the_week()
    event = stream()

    def throttled(*_: object) -> Mapping[str, Any]:
        raise ConnectionError("slow down")

    with monkeypatch.context() as broken:
        broken.setattr(DynamoFacts, "put", throttled)
        assert project_facts.handler(event, None) == {"batchItemFailures": [{"itemIdentifier": "0"}]}
    assert export_facts.handler({}, None)["weeks"] == 0
    assert project_facts.handler(event, None) == {"batchItemFailures": []}
    assert export_facts.handler({}, None)["weeks"] == 2


def test_an_export_that_died_is_done_again(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    record_the_week()
    project_facts.handler(stream(), None)

    def dies(*_: object) -> None:
        raise ConnectionError("gone")

    with monkeypatch.context() as broken:
        broken.setattr(DynamoFacts, "exported", dies)
        with pytest.raises(ConnectionError):
            export_facts.handler({}, None)
    assert export_facts.handler({}, None)["weeks"] == 2


def test_facts_that_nobody_exports_any_more_make_no_report(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    record_the_week()
    project_facts.handler(stream(), None)
    export_facts.handler({}, None)
    monkeypatch.setattr(SystemClock, "now", lambda _: "2026-11-30T12:30:00.000000Z")
    with pytest.raises(make_report.StaleFacts, match="2026-11-23T12:30"):
        make_report.handler({}, None)
    assert not [x for x in keys(s3) if x.startswith("reports/")]


def test_old_weeks_are_not_fetched(s3: Any) -> None:
    record_the_week()
    project_facts.handler(stream(), None)
    export_facts.handler({}, None)
    assert make_report.handler({"week": "2027-W47"}, None) == {"files": 0}
