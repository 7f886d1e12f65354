"""A business metric carries the dimensions of the contract and no others: alarms and graphs ask for exactly these."""

import json

import pytest

from stopship.application.project_ledger import Count
from stopship.contract import METRIC_NAMESPACE
from stopship.wiring.metrics import publish


def test_the_functions_service_name_does_not_become_a_dimension(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "stopship")
    publish([Count("ShippedAfterStop", {"merchant": "acme"}, 2.0)])
    told = json.loads(capsys.readouterr().out)
    (directive,) = told["_aws"]["CloudWatchMetrics"]
    assert (directive["Namespace"], directive["Dimensions"]) == (METRIC_NAMESPACE, [["merchant"]])
    assert (told["merchant"], told["ShippedAfterStop"]) == ("acme", [2.0])
