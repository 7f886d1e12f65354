"""The deployment that a door test runs on: as new for every test."""

import hmac
import io
import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import pytest
from moto import mock_aws
from moto.moto_api._internal.models import moto_api_backend

from stopship import wiring
from stopship.adapters import aws
from stopship.adapters.form_seal_kms import KmsSeal
from tests.contract.test_access_tokens import TABLE as TOKENS
from tests.contract.test_access_tokens import new_token_table
from tests.contract.test_ledger import new_table
from tests.contract.test_traffic_book import TABLE as TRAFFIC
from tests.contract.test_traffic_book import new_table as new_traffic_table
from tests.unit.handlers import deployment as d
from tests.unit.handlers.kept_state import KeptState

REGION = "eu-central-1"
NO_KEY = "alias/form"
ROLE = "arn:aws:iam::123456789012:role/machine"
MACHINE = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 1, "End": True}}}
MADE_ONCE = (
    *(wiring.settings, wiring.merchants, wiring.ledger, wiring.evidence, wiring.intake_queue, wiring.desk),
    *(wiring.received_mails, wiring.form_seal, wiring.counts_queue, wiring.privacy_queue),
    *(wiring.traffic, wiring.access_tokens, wiring.connected_partners),
)


@pytest.fixture(scope="module")
def account() -> Iterator[None]:
    """Making clients and all that they find is slow, so it lasts for a file; before every test the account is as it was deployed."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "testing")
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        aws.client.cache_clear()
        with mock_aws():
            yield
        aws.client.cache_clear()


@dataclass(frozen=True)
class Made:
    """``told`` are the functions' variables; ``kept`` is what lies in the account before anything has happened."""

    deployment: d.Deployment
    told: Mapping[str, str]
    kept: KeptState


@pytest.fixture(scope="module")
def made(account: None) -> Made:
    moto_api_backend.reset()
    deployment, told = _deploy()
    return Made(deployment, told, KeptState(REGION))


@pytest.fixture
def deployed(made: Made, monkeypatch: pytest.MonkeyPatch) -> Iterator[d.Deployment]:
    made.kept.put_back()
    _forget()
    _seal_without_a_key(monkeypatch)
    for name, value in made.told.items():
        monkeypatch.setenv(f"STOPSHIP_{name.upper()}", value)
    deployment = replace(made.deployment, log=io.StringIO())
    ear = d.listen(deployment)
    yield deployment
    logging.getLogger("stopship").removeHandler(ear)
    _forget()


def _forget() -> None:
    for made in MADE_ONCE:
        made.cache_clear()


def _seal_without_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """The form's own tests make the key, which costs a fifth of a second; for all others a hash of a fixed secret does."""
    real = KmsSeal.mac

    def mac(seal: KmsSeal, message: bytes) -> bytes:
        return hmac.digest(b"sealed", message, "sha256") if seal._key_id == NO_KEY else real(seal, message)

    monkeypatch.setattr(KmsSeal, "mac", mac)


def _deploy() -> tuple[d.Deployment, dict[str, str]]:
    new_table()
    new_token_table()
    new_traffic_table()
    services = ("s3", "sqs", "dynamodb", "secretsmanager", "ssm", "stepfunctions", "kms")
    clients = {name: aws.client(name) for name in services}
    clients["s3"].create_bucket(Bucket=d.BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    queue, counts, privacy = (
        clients["sqs"].create_queue(QueueName=name)["QueueUrl"] for name in ("intake", "counts", "privacy")
    )
    machine = clients["stepfunctions"].create_state_machine(
        name="cancel-case", definition=json.dumps(MACHINE), roleArn=ROLE
    )["stateMachineArn"]
    key = clients["kms"].create_key()["KeyMetadata"]["Arn"]
    told = {
        "form_key": NO_KEY,
        "stage": d.STAGE,
        "table_name": d.TABLE,
        "evidence_bucket": d.BUCKET,
        "intake_queue_url": queue,
    }
    told |= {"counts_queue_url": counts, "privacy_queue_url": privacy}
    tiers = {t: clients["sqs"].create_queue(QueueName=f"exceptions-{t}")["QueueUrl"] for t in ("P1", "P2", "P3")}
    told["exception_queue_urls"] = " ".join(f"{tier}={url}" for tier, url in tiers.items())
    told |= {"traffic_table_name": TRAFFIC, "token_table_name": TOKENS, "token_key_arn": key}
    told |= {"state_machine_arn": machine, "public_url": "https://desk.example"}
    deployment = d.Deployment(clients, queue, counts, privacy)
    acme = d.connections({"north": d.NORTH_SECRET, "south": d.SOUTH_SECRET}, shopify=d.STORE)
    deployment.connect(d.ACME, acme, {"shopify": d.SHOP, "amazon": "AACMESELLER"})
    deployment.connect(d.ZETA, d.connections({"north": d.ZETA_SECRET}), {})
    return deployment, told
