"""Unpaid orders of every merchant that gives a time to pay in: asked for once, and not once they are paid."""

import json
import time
from dataclasses import replace
from typing import Any

import pytest

from stopship import wiring
from stopship.adapters.gate import Pacing
from stopship.adapters.shopify.order_system import ShopifyOrderSystem
from stopship.application.ports import UnpaidPage
from stopship.application.sweep_payments import SweepIncomplete
from stopship.contract import merchant_parameter_name
from stopship.domain import instant
from stopship.domain.errors import PartnerRefused
from stopship.domain.payment_timeout import OpenPayment
from stopship.domain.traffic import Traffic
from stopship.handlers.sweep_payments import handler
from tests.unit.handlers import deployment as d
from tests.unit.handlers.deployment import Deployment

LIMIT = 'version = "2"\n[payment_timeout]\nhours = 24\n'


@pytest.fixture
def unpaid(monkeypatch: pytest.MonkeyPatch) -> dict[str, OpenPayment]:
    """What the shop would say now, by order reference."""
    since = instant.plus(wiring.desk().clock.now(), -48 * 3600)
    found = {"5001": OpenPayment("5001", "pending", since, "77", manual=False, terms=False)}

    monkeypatch.setattr(ShopifyOrderSystem, "unpaid_page", lambda *_: UnpaidPage(list(found.values())))
    monkeypatch.setattr(ShopifyOrderSystem, "unpaid_order", lambda _self, ref: found.get(ref))
    return found


def settle_on(deployed: Deployment, text: str, merchant: str = d.ACME) -> None:
    name = merchant_parameter_name(d.STAGE, merchant)
    deployed.clients["ssm"].put_parameter(Name=name, Value=text, Type="String", Overwrite=True)
    wiring.merchants.cache_clear()


@pytest.fixture(autouse=True)
def limit(deployed: Deployment) -> None:
    settle_on(deployed, json.dumps({"policy": LIMIT}))


def sweep() -> dict[str, int]:
    return handler({}, d.CONTEXT)


def test_an_unpaid_order_becomes_a_case_of_the_desks_own(deployed: Deployment, unpaid: Any) -> None:
    assert sweep() == {"merchants": 1, "seen": 1, "asked": 1, "busy": 0}
    assert deployed.work() == []
    (head,) = deployed.cases()
    case = wiring.desk().cases.load(d.ACME, head.case_id)
    request = case.requests[0].fact
    assert (request.reason, request.requester, request.evidence) == (
        "payment_timeout",
        "system",
        ["shopify:payment:5001:77:pending"],
    )
    assert case.for_want_of_payment


def test_every_further_sweep_of_the_same_attempt_acts_no_more(deployed: Deployment, unpaid: Any) -> None:
    for _ in range(3):
        sweep()
        assert deployed.work() == []
    (head,) = deployed.cases()
    assert len(wiring.desk().cases.load(d.ACME, head.case_id).requests) == 1
    assert len(deployed.executions) == len(deployed.evidence) == 1


@pytest.mark.parametrize("change", ["paid", "tried again", "on account", "no limit any more"])
def test_an_order_that_is_not_overdue_any_more_when_its_wish_is_worked_is_left_alone(
    deployed: Deployment, unpaid: dict[str, OpenPayment], change: str
) -> None:
    sweep()
    messages = deployed.take_queue()
    match change:
        case "paid":
            unpaid.clear()
        case "tried again":
            unpaid["5001"] = replace(unpaid["5001"], attempt="78")
        case "on account":
            unpaid["5001"] = replace(unpaid["5001"], terms=True)
        case _:
            settle_on(deployed, json.dumps({"policy": ""}))
    assert deployed.work(messages) == []
    assert (deployed.items, deployed.executions) == ([], [])


def test_merchants_without_settings_or_without_a_limit_are_left_alone(deployed: Deployment, unpaid: Any) -> None:
    settle_on(deployed, json.dumps({"policy": ""}))
    assert sweep() == {"merchants": 0, "seen": 0, "asked": 0, "busy": 0}
    assert deployed.untouched()


def test_more_merchants_than_one_page_of_settings_are_all_read(deployed: Deployment, unpaid: Any) -> None:
    for n in range(25):
        settle_on(deployed, json.dumps({"policy": ""}), f"m{n:02}")
    assert len(dict(wiring.merchants().all_settings())) == 26
    assert sweep()["asked"] == 1


@pytest.mark.parametrize("text", ["not json", json.dumps({"policy": "[payment_timeout]\nhours = -1\n"})])
def test_settings_that_cannot_be_read_are_named_once_all_others_are_swept(
    deployed: Deployment, unpaid: Any, text: str
) -> None:
    settle_on(deployed, text, "broken")
    with pytest.raises(SweepIncomplete, match="broken"):
        sweep()
    assert len(deployed.take_queue()) == 1


def test_a_shop_that_lets_nobody_in_is_named(deployed: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any) -> UnpaidPage:
        raise PartnerRefused("shopify", "HTTP_401", "no")

    monkeypatch.setattr(ShopifyOrderSystem, "unpaid_page", refused)
    with pytest.raises(SweepIncomplete, match="acme"):
        sweep()
    assert deployed.untouched()


def test_a_shop_that_wants_to_be_left_alone_is_not_called_by_the_sweep(
    deployed: Deployment, unpaid: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    wiring.traffic().save(d.ACME, "shopify", Traffic(pauses={"": time.time() + 600}), 0)
    monkeypatch.setattr(ShopifyOrderSystem, "unpaid_page", lambda *_: pytest.fail("called"))
    assert sweep()["busy"] == 1
    assert deployed.untouched()


def test_a_shop_that_is_down_ends_its_sweep_and_is_an_outage_that_people_see(
    deployed: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole way over the wire; nothing listens at the shop's address."""
    waits: list[float] = []
    monkeypatch.setattr(
        wiring.connected_partners(), "_pacing", Pacing(now=lambda: 2e9 + sum(waits), pause=waits.append)
    )
    monkeypatch.setattr(time, "sleep", waits.append)
    assert sweep() == {"merchants": 1, "seen": 0, "asked": 0, "busy": 1}
    (found,) = wiring.traffic().outages(d.ACME)
    assert (found.partner, bool(found.traffic.outage)) == ("shopify", True)
    assert deployed.untouched()
    sweep()
    assert wiring.traffic().load(d.ACME, "shopify")[0] == found.traffic


def test_a_merchant_with_a_limit_and_no_store_is_named(deployed: Deployment, unpaid: Any) -> None:
    settle_on(deployed, json.dumps({"policy": LIMIT}), d.ZETA)
    with pytest.raises(SweepIncomplete, match="zeta"):
        sweep()
    assert len(deployed.take_queue()) == 1
