"""How many days credentials have left, as the merchants' secrets say."""

from typing import Any

import pytest

from stopship.application.expiring_credentials import Expiry, counts, expiries
from stopship.application.project_ledger import Count

NOW = "2026-11-26T10:00:00.000000Z"
IN_TEN_DAYS = "2026-12-06T10:00:00Z"


def found(secret: dict[str, Any], merchant: str = "acme") -> list[Expiry]:
    return list(expiries(merchant, secret))


def test_each_connection_says_when_its_credentials_end() -> None:
    secret = {
        "desk_url": "https://desk.example",
        "netsuite": {"client_id": "c", "expires_at": {"certificate": IN_TEN_DAYS}},
        "amazon": {"expires_at": {"client_secret": "2027-01-01T00:00:00+01:00"}},
        "warehouses": {"east": {"secrets": ["s"], "expires_at": IN_TEN_DAYS}, "west": {"secrets": ["s"]}},
    }
    assert [(x.connection, x.credential, x.ends_at) for x in found(secret)] == [
        ("netsuite", "certificate", "2026-12-06T10:00:00.000000Z"),
        ("amazon", "client_secret", "2026-12-31T23:00:00.000000Z"),
        ("warehouses.east", "", "2026-12-06T10:00:00.000000Z"),
    ]


def test_a_connection_counts_by_the_credential_that_ends_first() -> None:
    secret = {"shopify": {"expires_at": {"webhook_secret": "2027-06-01T00:00:00Z", "access_token": IN_TEN_DAYS}}}
    assert counts(found(secret), NOW, "dev") == [
        Count("CredentialDaysLeft", {"merchant": "acme", "connection": "shopify"}, 10.0),
        Count("FirstCredentialDaysLeft", {"stage": "dev"}, 10.0),
    ]


def test_the_first_of_all_merchants_is_what_an_alarm_watches() -> None:
    late = found({"netsuite": {"expires_at": "2028-11-26T10:00:00Z"}})
    soon = found({"netsuite": {"expires_at": IN_TEN_DAYS}}, "borealis")
    assert [c.value for c in counts([*late, *soon], NOW, "dev")] == [731.0, 10.0, 10.0]


def test_what_has_ended_counts_below_zero() -> None:
    (first, _) = counts(found({"netsuite": {"expires_at": "2026-11-25T22:00:00Z"}}), NOW, "dev")
    assert first.value == -0.5


@pytest.mark.parametrize("told", ["soon", "2026-12-06T10:00:00", 20261206, None, ""])
def test_what_is_no_moment_counts_as_ending_now(told: Any) -> None:
    (first, _) = counts(found({"netsuite": {"expires_at": {"certificate": told}}}), NOW, "dev")
    assert first.value == 0.0


def test_who_says_nothing_is_not_counted() -> None:
    assert counts(found({"netsuite": {"client_id": "c"}}), NOW, "dev") == []
