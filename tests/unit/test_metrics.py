"""A business metric carries the dimensions of the contract and no others: alarms and graphs ask for exactly these."""

import json

import pytest

from stopship.application.project_ledger import Count
from stopship.contract import METRIC_NAMESPACE, METRICS
from stopship.wiring.metrics import partner_called, publish


def test_the_functions_service_name_does_not_become_a_dimension(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "stopship")
    publish([Count("ShippedAfterStop", {"merchant": "acme"}, 2.0)])
    told = json.loads(capsys.readouterr().out)
    (directive,) = told["_aws"]["CloudWatchMetrics"]
    assert (directive["Namespace"], directive["Dimensions"]) == (METRIC_NAMESPACE, [["merchant"]])
    assert (told["merchant"], told["ShippedAfterStop"]) == ("acme", [2.0])


def test_a_call_to_a_partner_is_one_line_with_its_three_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    partner_called("acme", "netsuite", 0.25, trouble=True)
    told = json.loads(capsys.readouterr().out)
    (directive,) = told["_aws"]["CloudWatchMetrics"]
    assert (directive["Namespace"], sorted(directive["Dimensions"][0])) == (METRIC_NAMESPACE, ["merchant", "partner"])
    names = ("PartnerCalls", "PartnerTroubles", "PartnerSeconds")
    assert [told[name] for name in names] == [[1.0], [1.0], [0.25]]
    assert sorted(m["Name"] for m in directive["Metrics"]) == sorted(names)
    assert {name: METRICS[name] for name in names} == dict.fromkeys(names, ("merchant", "partner"))
