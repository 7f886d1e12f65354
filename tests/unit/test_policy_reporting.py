"""Where a merchant's weeks begin, and what a parcel costs it: said in its policy, or not known."""

import json
from decimal import Decimal

import pytest

from stopship.adapters.policy_file import check, effective, from_canonical, load_default
from stopship.domain.policy import ParcelCosts, ReportingRule

COSTS = '[costs]\ncurrency = "EUR"\noutbound = "4.90"\nreturn_shipping = "5.50"\nhandling = "3.10"\n'


def test_by_default_weeks_are_utcs_and_costs_are_not_known() -> None:
    assert load_default().reporting == ReportingRule("UTC", None)


def test_a_merchant_says_its_time_zone_and_its_costs() -> None:
    _, policy = effective('[reporting]\ntime_zone = "America/New_York"\n' + COSTS)
    costs = ParcelCosts("EUR", Decimal("4.90"), Decimal("5.50"), Decimal("3.10"))
    assert policy.reporting == ReportingRule("America/New_York", costs)
    assert costs.each == Decimal("13.50")


def test_the_way_an_amount_is_written_does_not_make_another_policy() -> None:
    assert effective(COSTS)[1].hash == effective(COSTS.replace('"5.50"', '"5.5"'))[1].hash != effective("")[1].hash


def test_a_policy_from_before_there_were_reports_reads_as_it_was() -> None:
    text, _ = effective("")
    old = json.loads(text)
    del old["reporting"], old["costs"]
    assert from_canonical(json.dumps(old)).reporting == ReportingRule()


@pytest.mark.parametrize(
    ("text", "field", "fix"),
    [
        ('[reporting]\ntime_zone = "Europe/Berlyn"\n', "reporting.time_zone", "did you mean Europe/Berlin?"),
        ('[reporting]\ntime_zone = "+01:00"\n', "reporting.time_zone", "use a name like Europe/Berlin"),
        ('[costs]\noutbound = "4.90"\n', "costs.currency", "name the currency, as EUR"),
        ('[costs]\ncurrency = "Euro"\n', "costs.currency", "choose a value within the limits"),
        ('[costs]\ncurrency = "EUR"\noutbound = "-1"\n', "costs.outbound", "choose a value within the limits"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_line_and_the_fix(text: str, field: str, fix: str) -> None:
    (found,) = check(text)
    assert (found.field, found.fix, found.line > 0) == (field, fix, True)
