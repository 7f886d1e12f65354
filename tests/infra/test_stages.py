from dataclasses import replace
from pathlib import Path

import pytest

from infra import stages
from infra.log_retention import retention
from infra.synth import SynthesisFailed, run_app


def test_a_stage_that_is_not_in_the_table_is_named_with_those_that_are() -> None:
    with pytest.raises(stages.BadStage, match=r"'qa' is not in cdk\.json; it has dev, prod, staging"):
        stages.stage("qa")


def test_a_misspelt_field_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    table = stages.context()["stopship:stages"]
    table["dev"]["retain_dta"] = table["dev"].pop("retain_data")
    monkeypatch.setattr(stages, "context", lambda: {"stopship:stages": table})
    with pytest.raises(stages.BadStage, match="stage dev: retain_data, retain_dta is missing or unknown"):
        stages.stages()


def test_days_that_cloudwatch_does_not_offer_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    table = stages.context()["stopship:stages"]
    table["dev"]["log_retention_days"] = 8
    monkeypatch.setattr(stages, "context", lambda: {"stopship:stages": table})
    with pytest.raises(stages.BadStage, match="log_retention_days is 8, use 7, 14"):
        retention(stages.stage("dev"))


def test_a_stage_that_keeps_its_data_is_not_deployed_while_nobody_would_hear_its_alarms(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(SynthesisFailed, match=r"cdk\.json, stage prod: alarm_email is empty"):
        run_app(out, {"stopship:stage": "prod", "stopship:check": "no"})
    assert not (out / "manifest.json").exists()


@pytest.mark.parametrize("changes", [{"alarm_email": "desk@shop.example"}, {"retain_data": False}])
def test_it_is_when_somebody_does_and_one_that_keeps_nothing_always(changes: dict[str, object]) -> None:
    stages.check_deployable(replace(stages.stage("prod"), **changes))  # type: ignore[arg-type]
