"""The scheduled function: every connected seller in turn, and one that fails is told after the others had their turn."""

import time
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

from stopship import wiring
from stopship.application.sweep_orders import Change, ChangedOrder, ChangePage
from stopship.contract import route_parameter_name
from stopship.domain.errors import PartnerContractBroken
from stopship.domain.market import Allowance
from stopship.domain.traffic import Traffic
from stopship.handlers import sweep_amazon
from tests.unit.handlers import deployment as d
from tests.unit.handlers.deployment import Deployment

CONTEXT = SimpleNamespace(get_remaining_time_in_millis=lambda: 110_000)


class Found:
    """One lost wish of each seller; ``broken`` ones answer what no contract allows."""

    allowance = Allowance(1.0, 5)
    source, topic = "amazon", "order_sweep"
    asked: ClassVar[list[str]] = []
    broken: ClassVar[set[str]] = set()

    def __init__(self, merchant: str) -> None:
        self._merchant = merchant

    def changed(self, after: str, before: str, token: str, spend: Any) -> ChangePage:
        spend()
        Found.asked.append(self._merchant)
        if self._merchant in Found.broken:
            raise PartnerContractBroken("amazon", "not as the contract says")
        change = Change("buyer-asks:1", b"{}", is_wish=True)
        return ChangePage([ChangedOrder("111-1", "2026-11-24T12:00:00.000000Z", (change,))])


@pytest.fixture(autouse=True)
def sellers(deployed: Deployment, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    monkeypatch.setattr(sweep_amazon, "amazon_changes", lambda merchant, *_: Found(merchant))
    Found.asked, Found.broken = [], set()
    for merchant in (d.ACME, d.ZETA):
        connected = {**wiring.merchants().connections(merchant), "amazon": {"endpoint": "http://127.0.0.1:1"}}
        monkeypatch.setitem(wiring.merchants()._cache, f"secret {merchant}", (float("inf"), connected))
    name = route_parameter_name(d.STAGE, "amazon", "AZETASELLER")
    deployed.clients["ssm"].put_parameter(Name=name, Value=d.ZETA, Type="String")
    return deployed


def test_every_connected_seller_is_swept_and_what_was_lost_is_queued_for_its_merchant(deployed: Deployment) -> None:
    assert sweep_amazon.handler({}, CONTEXT) == {"requests": 2, "orders": 2, "queued": 2}
    assert sorted(m["merchant"] for m in deployed.take_queue()) == [d.ACME, d.ZETA]
    assert len(deployed.evidence) == 2


def test_a_seller_whose_partner_wants_to_be_left_alone_is_not_searched_and_keeps_his_allowance(
    deployed: Deployment,
) -> None:
    wiring.traffic().save(d.ACME, "amazon", Traffic(pauses={"": time.time() + 600}), 0)
    assert sweep_amazon.handler({}, CONTEXT)["requests"] == 1
    assert Found.asked == [d.ZETA]
    state = wiring.ledger().sweep_state(d.ACME, "amazon")
    assert state is not None
    assert state.allowance.spent(wiring.desk().clock.now()) == 0


def test_whoever_was_not_swept_for_longest_is_first(deployed: Deployment) -> None:
    sweep_amazon.handler({}, CONTEXT)
    ledger = wiring.ledger()
    state = ledger.sweep_state(d.ACME, "amazon")
    assert state is not None and Found.asked == [d.ACME, d.ZETA]
    ledger.save_sweep(d.ACME, replace(state, watermark="2999-01-01T00:00:00.000000Z"))
    sweep_amazon.handler({}, CONTEXT)
    assert Found.asked[2:] == [d.ZETA]


def test_a_seller_that_fails_keeps_no_other_from_his_turn_and_fails_the_run(deployed: Deployment) -> None:
    Found.broken = {d.ACME}
    with pytest.raises(PartnerContractBroken):
        sweep_amazon.handler({}, CONTEXT)
    assert Found.asked == [d.ACME, d.ZETA]
    assert [m["merchant"] for m in deployed.take_queue()] == [d.ZETA]


def test_a_sweep_logs_no_order(deployed: Deployment) -> None:
    sweep_amazon.handler({}, CONTEXT)
    assert "swept" in deployed.logged and "111-1" not in deployed.logged
