"""`stopship connect zendesk --check` against the Zendesk sandbox, whose answers fit Zendesk's own document where it is at hand."""

from collections.abc import Iterator
from typing import Any

import pytest

from infra.local.sandboxes.process import Sandboxes
from infra.local.sandboxes.zendesk.service import FIELDS, TRIGGERS
from stopship.domain.finding import Finding, Verdict
from tests.contract.connected import DESK, MERCHANT, effects, is_good, look, of, one_is_wrong, told
from tests.fakes.sandboxes_anew import sandboxes_anew

LOGIN = {"email": "desk@acme.example", "api_token": "token-1"}
GOOD: dict[str, Any] = {**LOGIN, "ticket_fields": FIELDS, "triggers": TRIGGERS}


@pytest.fixture(scope="module")
def sandboxes() -> Iterator[Sandboxes]:
    with sandboxes_anew() as running:
        running.configure(merchants={MERCHANT: {"zendesk": GOOD}})
        yield running


def check(sandboxes: Sandboxes, **change: Any) -> list[Finding]:
    endpoint = f"{sandboxes.endpoint}/zendesk/{MERCHANT}"
    config = {"endpoint": endpoint, **LOGIN, "fields": {"order": 11, "reason": 12, "lines": 13}, **change}
    return look({"zendesk": config}, "zendesk")


def test_a_help_desk_that_is_connected_as_it_should_be_is_good_in_all_that_can_be_told(sandboxes: Sandboxes) -> None:
    findings = check(sandboxes)
    is_good(findings)
    fields = {"field order", "field reason", "field lines"}
    assert set(of(findings, Verdict.GOOD)) == {"access token", "reasons", "trigger", *fields}
    assert f"{DESK}/webhooks/zendesk" in next(f.fix for f in findings if f.subject == "webhook address")
    assert effects(sandboxes, "zendesk") == []


@pytest.mark.parametrize("change", [{"api_token": "old-77"}, {"email": "nobody@acme.example"}])
def test_a_token_that_is_not_accepted_is_the_only_thing_that_is_said(
    sandboxes: Sandboxes, change: dict[str, str]
) -> None:
    findings = check(sandboxes, **change)
    assert len(findings) == 1
    one_is_wrong(findings, "access token", "Couldnt_authenticate_you")
    assert "old-77" not in repr(findings)


@pytest.mark.parametrize("name", ["order", "lines"])
@pytest.mark.parametrize("gone", [True, False])
def test_a_field_that_is_missing_or_switched_off_is_named(sandboxes: Sandboxes, name: str, gone: bool) -> None:
    id_ = {"order": 11, "lines": 13}[name]
    others = [row for row in FIELDS if row["id"] != id_]
    off = [] if gone else [{**row, "active": False} for row in FIELDS if row["id"] == id_]
    with told(sandboxes, "zendesk", {"ticket_fields": [*others, *off]}, GOOD):
        one_is_wrong(check(sandboxes), f"field {name}", f"no active ticket field {id_}")


def reason_field(**change: Any) -> list[dict[str, Any]]:
    return [{**row, **(change if row["id"] == 12 else {})} for row in FIELDS]


def test_a_reason_that_anybody_may_write_freely_is_told(sandboxes: Sandboxes) -> None:
    with told(sandboxes, "zendesk", {"ticket_fields": reason_field(type="text")}, GOOD):
        one_is_wrong(check(sandboxes), "reasons", "no drop-down")


def test_a_value_that_is_no_reason_is_named_unless_it_is_translated(sandboxes: Sandboxes) -> None:
    options = [{"id": 1, "name": "Changed mind", "value": "changed_mind"}, {"id": 2, "name": "Fraud", "value": "fraud"}]
    with told(sandboxes, "zendesk", {"ticket_fields": reason_field(custom_field_options=options)}, GOOD):
        one_is_wrong(check(sandboxes), "reasons", "changed_mind")
        is_good(check(sandboxes, reasons={"changed_mind": "customer_request"}))


@pytest.mark.parametrize(
    ("triggers", "says"),
    [
        ([], "no active trigger notifies a webhook"),
        ([{**TRIGGERS[0], "actions": [{"field": "status", "value": "open"}]}], "no active trigger notifies a webhook"),
        (
            [{**TRIGGERS[0], "actions": [{"field": "notification_webhook", "value": ["01S", "{}"]}]}],
            "no webhook is told",
        ),
    ],
)
def test_a_trigger_that_tells_the_desk_nothing_is_told(
    sandboxes: Sandboxes, triggers: list[dict[str, Any]], says: str
) -> None:
    with told(sandboxes, "zendesk", {"triggers": triggers}, GOOD):
        one_is_wrong(check(sandboxes), "trigger", says)


@pytest.mark.parametrize(("operation", "subject"), [("fields", "access token"), ("triggers", "trigger")])
def test_what_is_not_answered_is_not_called_wrong(sandboxes: Sandboxes, operation: str, subject: str) -> None:
    sandboxes.trap("*", operation, "http_500")
    findings = check(sandboxes)
    assert of(findings, Verdict.WRONG) == {}
    assert subject in of(findings, Verdict.UNKNOWN)
