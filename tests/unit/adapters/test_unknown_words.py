"""Every partner may use a word one day that is none of its contract's: it is kept for a person, and nothing is done on it."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import httpx
import pytest

from stopship.adapters import http
from stopship.adapters.amazon import feeds, orders
from stopship.adapters.amazon.connection import AmazonConnection
from stopship.adapters.clock import SystemClock
from stopship.adapters.generic_3pl import warehouse as generic_3pl
from stopship.adapters.netsuite.mapping import sales_order
from stopship.adapters.shipbob import warehouse as shipbob
from stopship.adapters.shiphero import mapping as shiphero
from stopship.adapters.shipstation import warehouse as shipstation
from stopship.adapters.shopify import mapping as shopify
from stopship.adapters.shopify import money as shopify_money
from stopship.adapters.stripe import mapping as stripe
from stopship.adapters.words import known, word
from stopship.application.ports import StopCommand
from stopship.domain.errors import PartnerContractBroken
from stopship.domain.money import MoveState
from stopship.domain.order import PickState

NEW, PERSONAL = "TELEPORTED", "Jane Roe, 12 Elm St, +1 555 0100"
CONNECTION = AmazonConnection("acme", "https://amazon.example", "S", ("M",), "c", "s", "r", warehouse="north")
STOP = StopCommand("case-1", "1001", "", {"L1": 1}, False, "2026-03-02T10:00:00.000000Z", "https://desk.example", "k")

type Read = Callable[[str], object]


# ------------------------------------------------------------------------------------------------ what each partner says


def shopify_work(said: str) -> object:
    location = {"location": {"id": "gid://shopify/Location/1", "isFulfillmentService": False}}
    node = {"id": "gid://shopify/FulfillmentOrder/1", "status": said, "assignedLocation": location}
    rest = {"fulfillments": {"nodes": []}, "fulfillmentHolds": [], "fulfillBy": None}
    return shopify.fulfillment_order({**node, **rest}, [])


def shopify_fulfillment(**more: str) -> object:
    node = {"id": "gid://shopify/Fulfillment/1", "status": "SUCCESS", "displayStatus": None, "inTransitAt": None}
    return shopify.fulfillment({**node, "deliveredAt": None, **more}, [])


def shopify_transaction(**more: str) -> object:
    node = {"kind": "SALE", "status": "SUCCESS", **more}
    return shopify_money.kind(node), shopify_money.status(node)


def amazon_order(said: str) -> object:
    item = {"orderItemId": "1", "quantityOrdered": 1, "product": {"sellerSku": "MUG"}}
    order = {
        "orderId": "1",
        "fulfillment": {"fulfillmentStatus": said, "fulfilledBy": "MERCHANT"},
        "orderItems": [item],
    }
    return orders.snapshot(order, CONNECTION, "2026-03-02T10:00:00.000000Z")


class _AmazonSays:
    def __init__(self, body: Mapping[str, Any]) -> None:
        self._body = body

    def call(self, *_: object, **__: object) -> httpx.Response:
        return httpx.Response(200, json=self._body)


def amazon_fulfilled_by(said: str) -> object:
    says: Any = _AmazonSays({"order": {"fulfillment": {"fulfilledBy": said, "fulfillmentStatus": "UNSHIPPED"}}})
    return orders.fetch(says, "1")


def amazon_feed(said: str) -> object:
    says: Any = _AmazonSays({"feedId": "1", "processingStatus": said})
    return feeds.read_report(says, CONNECTION, "1")


def amazon_report(said: str) -> object:
    row = f"<Result><MessageID>1</MessageID><ResultCode>{said}</ResultCode></Result>"
    summary = "<ProcessingSummary><MessagesWithError>0</MessagesWithError></ProcessingSummary>"
    report = f"<E><Message><ProcessingReport>{summary}{row}</ProcessingReport></Message></E>"
    return feeds.parse_report(report.encode())


def stripe_payment(status: str = "succeeded", charge: str = "succeeded") -> object:
    intent = {"id": "pi_1", "status": status, "currency": "usd", "amount": 100, "created": 1}
    return stripe.payment(intent, [{"id": "ch_1", "status": charge}], [], [])


def netsuite_status(said: str) -> object:
    return sales_order({"id": "9", "orderStatus": {"id": said}, "status": {"id": "B"}, "item": {"items": []}}, "")


READS: dict[str, Read] = {
    "shopify fulfillment order": shopify_work,
    "shopify fulfillment": lambda said: shopify_fulfillment(status=said),
    "shopify display status": lambda said: shopify_fulfillment(displayStatus=said),
    "shopify risk": lambda said: shopify._risk([{"riskLevel": "LOW"}, {"riskLevel": said}]),
    "shopify transaction": lambda said: shopify_transaction(status=said),
    "shopify transaction kind": lambda said: shopify_transaction(kind=said),
    "amazon order": amazon_order,
    "amazon fulfilled by": amazon_fulfilled_by,
    "amazon feed": amazon_feed,
    "amazon report": amazon_report,
    "stripe payment": lambda said: stripe_payment(status=said.lower()),
    "stripe charge": lambda said: stripe_payment(charge=said.lower()),
    "netsuite": netsuite_status,
}


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_a_word_that_is_new_breaks_the_contract_and_is_kept(read: Read) -> None:
    with pytest.raises(PartnerContractBroken) as broken:
        read(NEW)
    assert NEW in str(broken.value).upper() and len(str(broken.value)) < 300


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_what_is_no_word_is_not_repeated(read: Read) -> None:
    with pytest.raises(PartnerContractBroken) as broken:
        read(PERSONAL)
    said = (str(broken.value) + json.dumps(broken.value.evidence)).lower()
    assert [x for x in ("jane", "roe", "elm", "555") if x in said] == []


@pytest.mark.parametrize(
    ("read", "said"),
    [
        (shopify_work, sorted(shopify.WORK_STATUSES)),
        (READS["shopify fulfillment"], sorted(shopify.FULFILLMENT_STATUSES)),
        (READS["shopify display status"], sorted(shopify.DISPLAY_STATUSES)),
        (READS["shopify risk"], sorted(shopify.RISKS)),
        (READS["shopify transaction"], sorted(shopify_money.STATUSES)),
        (READS["shopify transaction kind"], sorted(shopify_money.KINDS)),
        (amazon_order, orders.STATUSES),
        (amazon_report, feeds.RESULT_CODES),
        (netsuite_status, "ABCDEFGH"),
    ],
)
def test_every_word_of_the_contract_is_read(read: Read, said: list[str]) -> None:
    for one in said:
        read(one)


# ------------------------------------------------------------------------------------------------ money that may still move


def test_a_refund_in_a_state_that_is_new_may_still_move_money_and_says_so() -> None:
    refund = stripe.Refund("re_1", "pi_1", "ch_1", 1, "teleported", MoveState.PENDING, "", "k", {}, False)  # type: ignore[arg-type]
    answer = stripe.answer([refund])
    assert (answer.state, answer.code) == (MoveState.PENDING, "teleported")
    assert "teleported" not in stripe.REFUND_STATES


# ------------------------------------------------------------------------------------------------ warehouses


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Callable[[Mapping[str, Any]], list[str]]:
    """Answers by path; gives the list of the requests that were sent."""

    def answers(by_path: Mapping[str, Any]) -> list[str]:
        sent: list[str] = []

        def answer(request: httpx.Request) -> httpx.Response:
            sent.append(f"{request.method} {request.url.path}")
            return httpx.Response(200, json=by_path[request.url.path])

        made = httpx.Client(transport=httpx.MockTransport(answer))
        monkeypatch.setattr(http, "client", lambda: made)
        return sent

    return answers


def shipbob_says(status: str, step: int) -> dict[str, Any]:
    one = {"id": 7, "status": status, "products": [{"inventory_items": [{"quantity": 1}]}]}
    timeline = [{"log_type_id": step, "timestamp": "2026-03-02T09:00:00Z"}]
    return {
        "/2026-01/order": [{"id": 1, "reference_id": "1001", "shipments": [one]}],
        "/2026-01/shipment/7/timeline": timeline,
    }


def a_shipbob() -> shipbob.ShipBobWarehouse:
    config = {"endpoint": "https://shipbob.example", "token": "t", "channel_id": 1}
    return shipbob.connect("acme", "bob", config, SystemClock())


@pytest.mark.parametrize(
    ("status", "step", "said"),
    [(NEW, 601, f"status {NEW}"), ("Processing", 699, "log type 699"), (PERSONAL, 601, "status no word")],
)
def test_shipbobs_new_word_makes_the_state_unknown_and_is_shown(
    asked: Callable[[Mapping[str, Any]], list[str]], status: str, step: int, said: str
) -> None:
    asked(shipbob_says(status, step))
    seen = a_shipbob().read_pick_state("1001", "")
    assert (seen.state, seen.said) == (PickState.UNKNOWN, said)


def test_shipbob_is_told_to_cancel_nothing_in_a_state_that_is_new(
    asked: Callable[[Mapping[str, Any]], list[str]],
) -> None:
    sent = asked(shipbob_says(NEW, 601))
    with pytest.raises(PartnerContractBroken) as broken:
        a_shipbob().stop_ship(STOP)
    assert broken.value.evidence["value"] == NEW and sent == ["GET /2026-01/order"]


@pytest.mark.parametrize(("said", "shown"), [(NEW, f"status {NEW}"), (PERSONAL, "status no word"), ("pending", "")])
def test_shipheros_new_word_makes_the_state_unknown_and_is_shown(said: str, shown: str) -> None:
    order = {"id": "1", "fulfillment_status": said, "holds": {}, "shipments": [], "order_history": []}
    seen = shiphero.work(order, [], ("pending",), "2026-03-02T09:00:00.000000Z")
    assert (seen.state, seen.said) == (PickState.UNKNOWN, shown)


def test_shipstation_is_told_to_void_and_cancel_nothing_in_a_state_that_is_new(
    asked: Callable[[Mapping[str, Any]], list[str]],
) -> None:
    item = {"quantity": 1, "external_order_id": "1001", "external_order_item_id": "L1"}
    one = {"shipment_id": "se-1", "shipment_status": NEW, "external_order_id": "1001", "items": [item]}
    sent = asked({"/v2/shipments": {"shipments": [one], "pages": 1}})
    station = shipstation.connect(
        "acme", "station", {"endpoint": "https://station.example/v2", "api_key": "k"}, SystemClock()
    )
    with pytest.raises(PartnerContractBroken) as broken:
        station.stop_ship(STOP)
    assert broken.value.evidence == {"field": "shipment_status", "value": NEW}
    assert sent == ["GET /v2/shipments"]


@pytest.mark.parametrize(("said", "shown"), [(NEW, NEW), (PERSONAL, "no word")])
def test_a_warehouse_of_the_generic_contract_that_says_a_new_word_breaks_it(
    asked: Callable[[Mapping[str, Any]], list[str]], said: str, shown: str
) -> None:
    leg = {"legId": "1", "state": said, "stateAt": "2026-03-02T09:00:00Z", "lines": []}
    asked({"/orders/1001/pick-state": {"legs": [leg]}})
    north = generic_3pl.connect("acme", "north", {"endpoint": "https://north.example", "secrets": ["s"]}, SystemClock())
    with pytest.raises(PartnerContractBroken) as broken:
        north.read_pick_state("1001", "")
    assert broken.value.evidence == {"field": "legs.0.state", "value": shown}
    assert "Jane" not in str(broken.value)


# ------------------------------------------------------------------------------------------------ the two functions


@pytest.mark.parametrize("value", ["A" * 51, "", "a b", "1st", "Ärger", "a\nb", None, 7, ["A"]])
def test_only_a_short_plain_word_is_repeated(value: object) -> None:
    assert word(value) == "no word"


@pytest.mark.parametrize("value", [None, 1, True, ["A"], {"A": 1}, "a", "B"])
def test_nothing_but_the_very_word_is_known(value: object) -> None:
    with pytest.raises(PartnerContractBroken):
        known("x", "field", value, ("A",))
    assert known("x", "field", "A", ("A",)) == "A"
