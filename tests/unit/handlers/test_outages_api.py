"""GET /outages: one item for a partner that does not answer, and only the caller's own merchant's."""

import pytest

from stopship import wiring
from stopship.domain.traffic import Traffic
from stopship.handlers import desk_api
from tests.unit.handlers import deployment as d
from tests.unit.handlers.deployment import Deployment

DOWN = Traffic(failures=4, outage="outage-a", since=1_772_442_000.0, waiting=214)
BACK = Traffic(returned="outage-b", since=1_772_442_000.0, returned_at=1_772_442_060.5, waiting=3)


def outages(**wanted: str) -> d.Answer:
    answer: d.Answer = desk_api.handler(d.request("GET /outages", claims=d.PERSON, query=wanted), d.CONTEXT)
    return answer


def test_without_an_outage_there_is_no_banner(deployed: Deployment) -> None:
    wiring.traffic().save(d.ACME, "shopify", Traffic(failures=3), 0)
    assert d.body_of(outages()) == {"items": []}


def test_a_partner_that_is_down_is_one_item_however_many_cases_wait(deployed: Deployment) -> None:
    wiring.traffic().save(d.ACME, "netsuite", DOWN, 0)
    wiring.traffic().save(d.ACME, "north", BACK, 0)
    wiring.traffic().save(d.ZETA, "north", DOWN, 0)
    assert d.body_of(outages())["items"] == [
        {
            "outage": "outage-a",
            "partner": "netsuite",
            "state": "down",
            "since": "2026-03-02T09:00:00.000000Z",
            "returned_at": "",
            "waiting": 214,
        },
        {
            "outage": "outage-b",
            "partner": "north",
            "state": "returned",
            "since": "2026-03-02T09:00:00.000000Z",
            "returned_at": "2026-03-02T09:01:00.500000Z",
            "waiting": 3,
        },
    ]


@pytest.mark.parametrize("claims", [None, {}])
def test_without_a_person_in_the_token_nothing_is_told(deployed: Deployment, claims: dict[str, str] | None) -> None:
    wiring.traffic().save(d.ACME, "netsuite", DOWN, 0)
    answer = desk_api.handler(d.request("GET /outages", claims=claims), d.CONTEXT)
    assert answer["statusCode"] == 401 and "netsuite" not in answer["body"]


def test_another_merchants_outages_are_not_told(deployed: Deployment) -> None:
    wiring.traffic().save(d.ZETA, "netsuite", DOWN, 0)
    answer = outages(merchant=d.ZETA)
    assert answer["statusCode"] == 404 and "netsuite" not in answer["body"]
