"""The daily look at credentials, as it is deployed: every merchant's secret, whatever is in the others."""

import json
from typing import Any

import pytest

from stopship.contract import METRIC_NAMESPACE, merchant_secret_name
from tests.unit.handlers import deployment as d


def run() -> dict[str, int]:
    from stopship.handlers.check_credentials import handler

    return handler({}, d.CONTEXT)


def metrics(capsys: pytest.CaptureFixture[str]) -> list[tuple[str, dict[str, str], float]]:
    """(name, dimensions, value) of every number in embedded metric format."""
    found = []
    for line in capsys.readouterr().out.splitlines():
        told = json.loads(line)
        for directive in told.get("_aws", {}).get("CloudWatchMetrics", []):
            assert directive["Namespace"] == METRIC_NAMESPACE
            names = directive["Dimensions"][0]
            name = directive["Metrics"][0]["Name"]
            found.append((name, {key: told[key] for key in names}, told[name][0]))
    return found


def connect(deployed: d.Deployment, merchant: str, **secret: Any) -> None:
    deployed.connect(merchant, secret, {})


def test_each_merchants_connections_are_measured_and_the_first_to_end_of_all(
    deployed: d.Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    connect(deployed, "omega", netsuite={"expires_at": {"certificate": "2020-01-01T00:00:00Z"}})
    connect(deployed, "sigma", amazon={"expires_at": {"client_secret": "2999-01-01T00:00:00Z"}})
    assert run() == {"credentials": 2}
    (omega, sigma, first) = metrics(capsys)
    assert omega[:2] == ("CredentialDaysLeft", {"merchant": "omega", "connection": "netsuite"})
    assert sigma[:2] == ("CredentialDaysLeft", {"merchant": "sigma", "connection": "amazon"})
    assert first == ("FirstCredentialDaysLeft", {"stage": d.STAGE}, omega[2])
    assert omega[2] < 0 < sigma[2]


def test_what_ends_soon_is_named_in_the_log_without_the_credential(deployed: d.Deployment) -> None:
    connect(
        deployed, "omega", netsuite={"client_id": "client-77", "expires_at": {"certificate": "2020-01-01T00:00:00Z"}}
    )
    run()
    assert '"credential":"certificate"' in deployed.logged.replace(" ", "")
    assert "client-77" not in deployed.logged


@pytest.mark.parametrize("content", ["not filled yet", "[]", '"text"'])
def test_a_secret_that_nobody_filled_leaves_no_other_merchant_out(
    deployed: d.Deployment, capsys: pytest.CaptureFixture[str], content: str
) -> None:
    name = merchant_secret_name(d.STAGE, "aaa")
    deployed.clients["secretsmanager"].create_secret(Name=name, SecretString=content)
    connect(deployed, "omega", netsuite={"expires_at": "2999-01-01T00:00:00Z"})
    assert run() == {"credentials": 1}
    assert [name for name, *_ in metrics(capsys)] == ["CredentialDaysLeft", "FirstCredentialDaysLeft"]
    assert '"merchant":"aaa"' in deployed.logged.replace(" ", "")


def test_another_stages_merchants_are_not_looked_at(deployed: d.Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    told = json.dumps({"netsuite": {"expires_at": "2999-01-01T00:00:00Z"}})
    deployed.clients["secretsmanager"].create_secret(
        Name=f"old-{merchant_secret_name(d.STAGE, 'x')}", SecretString=told
    )
    deployed.clients["secretsmanager"].create_secret(Name=merchant_secret_name("other", "x"), SecretString=told)
    assert run() == {"credentials": 0}
    assert metrics(capsys) == []
