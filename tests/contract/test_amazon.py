"""The Amazon adapter against the Amazon sandbox, over HTTP."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from itertools import count
from typing import Any

import httpx
import pytest

from infra.local.sandboxes.process import Sandboxes, until
from stopship.adapters import http
from stopship.adapters.access_tokens import MemoryTokens, SharedTokens
from stopship.adapters.amazon.client import RATES
from stopship.adapters.amazon.connection import AmazonConnection
from stopship.adapters.amazon.order_system import REASONS, AmazonOrderSystem
from stopship.adapters.clock import SystemClock
from stopship.adapters.merchants import Merchants
from stopship.application.ports import CancelCommand, CancelProgress, CancelState
from stopship.domain.carrier import CarrierState
from stopship.domain.errors import PartnerContractBroken, PartnerRefused, PartnerUnavailable
from stopship.domain.order import AckLevel, FulfillmentType, OrderSnapshot
from stopship.wiring.partners import ConfiguredPartners
from tests.fakes.sandboxes_anew import sandboxes_anew

MERCHANT = "acme"
SECRETS: dict[str, Any] = {"client_id": "client-1", "client_secret": "secret-1", "refresh_token": "refresh-1"}
QUICK = {"queue_seconds": 0.02, "work_seconds": 0.03}
_numbers = count(1_000_001)


@pytest.fixture(scope="module")
def sandboxes() -> Iterator[Sandboxes]:
    with sandboxes_anew() as running:
        running.configure(merchants={MERCHANT: {"amazon": {**SECRETS, **QUICK, "seller_id": "A1SELLER"}}})
        yield running


@pytest.fixture(autouse=True)
def no_traps_left(sandboxes: Sandboxes) -> Iterator[None]:
    yield
    sandboxes.clear_traps()


@pytest.fixture
def connection(sandboxes: Sandboxes) -> AmazonConnection:
    endpoint = f"{sandboxes.endpoint}/amazon/{MERCHANT}"
    return AmazonConnection(MERCHANT, endpoint, "A1SELLER", ("ATVPDKIKX0DER",), **SECRETS, warehouse="east")


@pytest.fixture
def amazon(connection: AmazonConnection) -> AmazonOrderSystem:
    return AmazonOrderSystem(connection, SystemClock())


class Placed:
    """An order of two items, and what Amazon holds of it."""

    def __init__(self, sandboxes: Sandboxes, merchant: str = MERCHANT, **more: Any) -> None:
        self.sandboxes, self.merchant = sandboxes, merchant
        number = next(_numbers)
        self.ref, self.mug, self.tee = f"111-{number}-{number}", f"mug-{number}", f"tee-{number}"
        lines = [
            {"id": self.mug, "sku": "MUG", "quantity": 2, "price": "12.50"},
            {"id": self.tee, "sku": "TEE", "quantity": 3, "price": "20.00"},
        ]
        sandboxes.command(f"amazon/{merchant}/orders", {"order_ref": self.ref, "lines": lines, **more})

    def tell(self, command: str, **more: Any) -> None:
        self.sandboxes.command(f"amazon/{self.merchant}/{command}", {"order_ref": self.ref, **more})

    def trap(self, operation: str, kind: Any, **more: Any) -> None:
        """Document operations come before the order is known."""
        early = operation in ("document", "upload", "report", "download", "token")
        self.sandboxes.trap("*" if early else self.ref, operation, kind, **more)

    def feeds(self) -> list[dict[str, Any]]:
        found = self.sandboxes.command(f"amazon/{self.merchant}/feeds", method="GET")
        return [feed for feed in found if feed["order_ref"] == self.ref]

    def effects(self) -> list[tuple[str, str]]:
        return [
            (entry.operation, entry.detail.get("item", ""))
            for entry in self.sandboxes.journal("amazon", self.merchant, self.ref)
        ]

    def both(self) -> list[tuple[str, str]]:
        return [("cancel", self.mug), ("cancel", self.tee)]

    def whole(self, **more: Any) -> CancelCommand:
        told = {"order_ref": self.ref, "case_id": f"case-{self.ref}", "full": True, "reason": "NoInventory"}
        lines = {self.mug: 2, self.tee: 3}
        return CancelCommand(**{**told, "lines": lines, "official": False, "key": f"{self.ref}:cancel:1", **more})

    def only_mug(self, quantity: int = 2) -> CancelCommand:
        return self.whole(full=False, lines={self.mug: quantity})


@pytest.fixture
def placed(sandboxes: Sandboxes) -> Placed:
    return Placed(sandboxes)


def read(amazon: AmazonOrderSystem, placed: Placed) -> OrderSnapshot:
    found = amazon.read_order(placed.ref)
    assert found is not None
    return found


def quantities(order: OrderSnapshot) -> list[tuple[int, int, int]]:
    return [(line.shipped, line.cancelled, line.open) for line in order.lines]


def confirm(amazon: AmazonOrderSystem, command: CancelCommand, reference: str) -> CancelProgress:
    """What the feed became, once it is no longer under way."""
    last = [CancelProgress(CancelState.SUBMITTED, reference)]

    def ended() -> bool:
        last.append(amazon.read_cancel(command, reference))
        return last[-1].state is not CancelState.SUBMITTED

    assert until(ended, 20.0), "the feed did not end"
    return last[-1]


def cancel(amazon: AmazonOrderSystem, command: CancelCommand) -> CancelProgress:
    taken = amazon.cancel(command)
    return confirm(amazon, command, taken.reference) if taken.state is CancelState.SUBMITTED else taken


def worked(placed: Placed) -> bool:
    return until(lambda: all(feed["ended"] for feed in placed.feeds()), 20.0)


# -------------------------------------------------------------------------------------------- reading


def test_an_open_order_is_one_leg_at_the_merchants_warehouse(amazon: AmazonOrderSystem, placed: Placed) -> None:
    order = read(amazon, placed)
    assert (order.total, order.currency, order.cancelled) == (Decimal("85.00"), "USD", False)
    assert [(line.line_id, line.sku, line.ordered) for line in order.lines] == [
        (placed.mug, "MUG", 2),
        (placed.tee, "TEE", 3),
    ]
    (leg,) = order.legs
    assert (leg.leg_id, leg.warehouse, leg.fulfillment_type) == (
        f"amazon-{placed.ref}",
        "east",
        FulfillmentType.THIRD_PARTY,
    )
    assert dict(leg.lines) == {placed.mug: 2, placed.tee: 3}


def test_what_is_confirmed_as_shipped_is_no_longer_open(amazon: AmazonOrderSystem, placed: Placed) -> None:
    placed.tell("ship", lines={placed.mug: 2})
    order = read(amazon, placed)
    assert quantities(order) == [(2, 0, 0), (0, 0, 3)]
    assert [dict(leg.lines) for leg in order.legs] == [{placed.tee: 3}]


def test_whether_open_or_not_the_order_names_the_sellers_warehouse(amazon: AmazonOrderSystem, placed: Placed) -> None:
    assert read(amazon, placed).places == ("east",)
    cancel(amazon, placed.whole())
    assert read(amazon, placed).places == ("east",)


def test_an_order_that_amazon_cancelled_has_nothing_left_to_stop(amazon: AmazonOrderSystem, placed: Placed) -> None:
    placed.tell("cancel")
    order = read(amazon, placed)
    assert (order.cancelled, order.legs, quantities(order)) == (True, (), [(0, 2, 0), (0, 3, 0)])


def test_a_pending_order_has_no_total_yet(sandboxes: Sandboxes, amazon: AmazonOrderSystem) -> None:
    order = read(amazon, Placed(sandboxes, pending=True))
    assert (order.payment_pending, order.total, order.currency) == (True, Decimal(0), "")


def test_an_order_that_amazon_does_not_have_is_none(amazon: AmazonOrderSystem) -> None:
    assert amazon.read_order("000-0000000-0000000") is None


def test_an_order_that_amazon_fulfils_is_not_ours_to_stop(sandboxes: Sandboxes, amazon: AmazonOrderSystem) -> None:
    placed = Placed(sandboxes, fulfilled_by="AMAZON")
    with pytest.raises(PartnerRefused) as caught:
        amazon.cancel(placed.whole())
    assert caught.value.code == "not_merchant_fulfilled"
    assert (placed.feeds(), placed.effects()) == ([], [])


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("order.fulfillment.fulfillmentStatus", "PAUSED"),
        ("order.fulfillment.fulfillmentStatus", None),
        ("order.fulfillment", "UNSHIPPED"),
        ("order.orderItems.0.fulfillment.quantityFulfilled", "2"),
        ("order.orderItems.0.fulfillment.quantityUnfulfilled", 9),
        ("order.orderItems.0.fulfillment", "none"),
        ("order.orderItems.0.quantityOrdered", True),
        ("order.orderItems.0", "an item"),
        ("order.proceeds.grandTotal.amount", "twelve"),
        ("order", []),
    ],
)
def test_an_order_of_a_shape_we_do_not_know_is_never_guessed_at(
    amazon: AmazonOrderSystem, placed: Placed, place: str, value: object
) -> None:
    placed.trap("read", "false_ok", detail={"change": {place: value}})
    with pytest.raises(PartnerContractBroken):
        amazon.cancel(placed.whole())
    assert (placed.feeds(), placed.effects()) == ([], [])


def test_amazon_has_no_holds(amazon: AmazonOrderSystem, placed: Placed) -> None:
    answer = amazon.place_hold(placed.ref, read(amazon, placed).legs[0], "k")
    assert (answer.level, answer.reason) == (AckLevel.REJECTED, "no_holds")


# -------------------------------------------------------------------------------------------- cancelling


def test_items_are_cancelled_once_amazon_worked_the_feed(amazon: AmazonOrderSystem, placed: Placed) -> None:
    done = cancel(amazon, placed.whole())
    assert (done.state, done.by_us) == (CancelState.DONE, True)
    assert placed.effects() == placed.both()
    order = read(amazon, placed)
    assert (order.cancelled, quantities(order)) == (True, [(0, 2, 0), (0, 3, 0)])


def test_one_item_is_cancelled_and_the_other_stays(amazon: AmazonOrderSystem, placed: Placed) -> None:
    assert cancel(amazon, placed.only_mug()).state is CancelState.DONE
    assert placed.effects() == [("cancel", placed.mug)]
    assert quantities(read(amazon, placed)) == [(0, 2, 0), (0, 0, 3)]


def test_a_feed_that_was_only_taken_is_not_a_cancel(amazon: AmazonOrderSystem, placed: Placed) -> None:
    placed.trap("feed", "silent")
    taken = amazon.cancel(placed.whole())
    assert taken.state is CancelState.SUBMITTED
    assert amazon.read_cancel(placed.whole(), taken.reference).state is CancelState.SUBMITTED
    assert placed.effects() == []


def test_a_feed_that_is_done_with_a_clean_report_is_not_a_cancel_while_the_order_is_open(
    amazon: AmazonOrderSystem, placed: Placed
) -> None:
    placed.trap("feed", "false_ok")
    taken = amazon.cancel(placed.whole())
    assert worked(placed)
    assert [feed["ended"] for feed in placed.feeds()] == ["DONE"]
    assert amazon.read_cancel(placed.whole(), taken.reference).state is CancelState.SUBMITTED
    assert quantities(read(amazon, placed)) == [(0, 0, 2), (0, 0, 3)]


def test_a_late_feed_is_waited_for(amazon: AmazonOrderSystem, placed: Placed) -> None:
    placed.trap("feed", "late", seconds=0.5)
    taken = amazon.cancel(placed.whole())
    assert amazon.read_cancel(placed.whole(), taken.reference).state is CancelState.SUBMITTED
    assert confirm(amazon, placed.whole(), taken.reference).state is CancelState.DONE


def test_a_refused_item_is_a_refusal_in_amazons_own_words(amazon: AmazonOrderSystem, placed: Placed) -> None:
    placed.trap("feed", "rejected", detail={"code": "18030", "text": "Not now."})
    refused = cancel(amazon, placed.whole())
    assert (refused.state, refused.code) == (CancelState.REFUSED, "18030")
    assert f"{placed.mug} 18030 Not now." in refused.message
    assert f"{placed.tee} 18030 Not now." in refused.message
    assert placed.effects() == []


def test_one_refused_item_refuses_the_cancel_although_the_other_is_gone(
    amazon: AmazonOrderSystem, placed: Placed
) -> None:
    placed.trap("feed", "rejected", detail={"items": [placed.tee]})
    refused = cancel(amazon, placed.whole())
    assert refused.state is CancelState.REFUSED
    assert placed.mug not in refused.message
    assert placed.effects() == [("cancel", placed.mug)]
    assert quantities(read(amazon, placed)) == [(0, 2, 0), (0, 0, 3)]


@pytest.mark.parametrize("status", ["CANCELLED", "FATAL"])
def test_a_feed_that_amazon_gave_up_is_a_refusal(amazon: AmazonOrderSystem, placed: Placed, status: str) -> None:
    placed.trap("feed", "rejected", detail={"status": status})
    refused = cancel(amazon, placed.whole())
    assert (refused.state, refused.code) == (CancelState.REFUSED, f"feed_{status.lower()}")
    assert placed.effects() == []


def test_a_fatal_feed_that_acted_in_part_is_a_refusal(amazon: AmazonOrderSystem, placed: Placed) -> None:
    placed.trap("feed", "rejected", detail={"status": "FATAL", "items": [placed.tee]})
    assert cancel(amazon, placed.whole()).state is CancelState.REFUSED
    assert placed.effects() == [("cancel", placed.mug)]


def test_a_fatal_feed_that_did_it_all_the_same_is_seen_on_the_order(amazon: AmazonOrderSystem, placed: Placed) -> None:
    placed.trap("feed", "rejected", detail={"status": "FATAL", "items": []})
    assert cancel(amazon, placed.whole()).state is CancelState.DONE
    assert placed.effects() == placed.both()


def test_what_is_confirmed_as_shipped_is_refused_before_a_feed_is_made(
    amazon: AmazonOrderSystem, placed: Placed
) -> None:
    placed.tell("ship")
    with pytest.raises(PartnerRefused) as caught:
        amazon.cancel(placed.whole())
    assert caught.value.code == "already_shipped"
    assert (placed.feeds(), placed.effects()) == ([], [("ship", "")])


def test_goods_that_ship_while_the_feed_waits_are_not_taken_for_cancelled(
    amazon: AmazonOrderSystem, placed: Placed
) -> None:
    placed.trap("feed", "late", seconds=0.5)
    taken = amazon.cancel(placed.whole())
    placed.tell("ship")
    refused = confirm(amazon, placed.whole(), taken.reference)
    assert (refused.state, refused.code) == (CancelState.REFUSED, "18028")
    assert placed.effects() == [("ship", "")]


def test_a_part_of_an_item_cannot_be_cancelled(amazon: AmazonOrderSystem, placed: Placed) -> None:
    with pytest.raises(PartnerRefused) as caught:
        amazon.cancel(placed.only_mug(quantity=1))
    assert caught.value.code == "partial_item"
    assert placed.feeds() == []


def test_an_item_that_the_order_does_not_have_is_refused(amazon: AmazonOrderSystem, placed: Placed) -> None:
    with pytest.raises(PartnerRefused) as caught:
        amazon.cancel(placed.whole(lines={"elsewhere": 1}))
    assert caught.value.code == "unknown_item"
    assert placed.feeds() == []


def test_an_order_that_amazon_does_not_have_cannot_be_cancelled(amazon: AmazonOrderSystem, placed: Placed) -> None:
    with pytest.raises(PartnerRefused) as caught:
        amazon.cancel(placed.whole(order_ref="000-0000000-0000000"))
    assert caught.value.code == "unknown_order"
    assert placed.feeds() == []


# -------------------------------------------------------------------------------------------- reasons


@pytest.mark.parametrize("reason", ["BuyerCanceled", "CustomerExchange", "CustomerReturn"])
@pytest.mark.parametrize("official", [False, True])
def test_a_buyers_reason_that_amazon_has_no_request_for_is_never_sent(
    amazon: AmazonOrderSystem, placed: Placed, reason: str, official: bool
) -> None:
    with pytest.raises(PartnerRefused) as caught:
        amazon.cancel(placed.whole(reason=reason, official=official))
    assert caught.value.code == "reason_not_backed"
    assert (placed.feeds(), placed.effects()) == ([], [])


def test_a_request_for_one_item_does_not_back_the_cancel_of_both(amazon: AmazonOrderSystem, placed: Placed) -> None:
    placed.tell("buyer-cancel", items=[placed.mug])
    with pytest.raises(PartnerRefused) as caught:
        amazon.cancel(placed.whole(reason="BuyerCanceled", official=True))
    assert caught.value.code == "reason_not_backed"
    assert placed.feeds() == []


def test_the_buyers_own_request_backs_the_buyers_reason(amazon: AmazonOrderSystem, placed: Placed) -> None:
    placed.tell("buyer-cancel")
    assert cancel(amazon, placed.whole(reason="BuyerCanceled", official=True)).state is CancelState.DONE
    (feed,) = placed.feeds()
    assert feed["text"].count("<CancelReason>BuyerCanceled</CancelReason>") == 2


def test_an_unknown_requester_backs_no_reason(amazon: AmazonOrderSystem, placed: Placed) -> None:
    asked = {"cancellationRequest": {"requester": "SOMEBODY"}}
    placed.trap("read", "false_ok", detail={"change": {f"order.orderItems.{i}.cancellation": asked for i in range(2)}})
    with pytest.raises(PartnerRefused) as caught:
        amazon.cancel(placed.whole(reason="BuyerCanceled", official=True))
    assert caught.value.code == "reason_not_backed"
    assert placed.feeds() == []


def test_a_reason_that_the_feed_does_not_have_is_refused(amazon: AmazonOrderSystem, placed: Placed) -> None:
    assert "PricingError" not in REASONS
    with pytest.raises(PartnerRefused) as caught:
        amazon.cancel(placed.whole(reason="PricingError"))
    assert caught.value.code == "unknown_reason"
    assert placed.feeds() == []


# -------------------------------------------------------------------------------------------- reports


CLEAN = "<AmazonEnvelope><Message><ProcessingReport>{}</ProcessingReport></Message></AmazonEnvelope>"


@pytest.mark.parametrize(
    "text",
    [
        "Done.",
        '{"header": {"status": "DONE"}}',
        "<AmazonEnvelope/>",
        CLEAN.format(""),
        CLEAN.format("<ProcessingSummary><MessagesWithError>none</MessagesWithError></ProcessingSummary>"),
        '<!DOCTYPE x [<!ENTITY a "b">]><AmazonEnvelope/>',
        "<AmazonEnvelope>",
    ],
)
def test_a_report_of_the_wrong_shape_is_never_guessed_at(amazon: AmazonOrderSystem, placed: Placed, text: str) -> None:
    placed.trap("feed", "false_ok")
    taken = amazon.cancel(placed.whole())
    assert worked(placed)
    placed.trap("download", "false_ok", detail={"text": text})
    with pytest.raises(PartnerContractBroken):
        amazon.read_cancel(placed.whole(), taken.reference)
    assert placed.effects() == []


def test_a_report_with_errors_but_without_results_is_a_refusal(amazon: AmazonOrderSystem, placed: Placed) -> None:
    placed.trap("feed", "false_ok")
    taken = amazon.cancel(placed.whole())
    assert worked(placed)
    summary = "<ProcessingSummary><MessagesWithError>1</MessagesWithError></ProcessingSummary>"
    placed.trap("download", "false_ok", detail={"text": CLEAN.format(summary)})
    refused = amazon.read_cancel(placed.whole(), taken.reference)
    assert (refused.state, refused.code) == (CancelState.REFUSED, "unexplained")


@pytest.mark.parametrize(
    ("operation", "place", "value"),
    [
        ("feed_status", "processingStatus", "PAUSED"),
        ("feed_status", "processingStatus", None),
        ("feed_status", "resultFeedDocumentId", ""),
        ("report", "url", 7),
        ("report", "url", "http://elsewhere.example/report"),
        ("report", "compressionAlgorithm", "GZIP"),
    ],
)
def test_an_answer_about_a_feed_that_breaks_the_contract_is_no_result(
    amazon: AmazonOrderSystem, placed: Placed, operation: str, place: str, value: object
) -> None:
    taken = amazon.cancel(placed.whole())
    assert worked(placed)
    placed.trap(operation, "false_ok", detail={"change": {place: value}})
    with pytest.raises(PartnerContractBroken):
        amazon.read_cancel(placed.whole(), taken.reference)
    assert confirm(amazon, placed.whole(), taken.reference).state is CancelState.DONE


def test_a_compressed_report_is_read(sandboxes: Sandboxes, connection: AmazonConnection) -> None:
    settings = {**SECRETS, **QUICK, "refresh_token": "refresh-gzip", "gzip_reports": True}
    sandboxes.configure(merchants={"zipped": {"amazon": settings}})
    placed = Placed(sandboxes, "zipped")
    placed.trap("feed", "rejected", detail={"code": "18030"})
    endpoint = f"{sandboxes.endpoint}/amazon/zipped"
    zipped = AmazonOrderSystem(replace(connection, endpoint=endpoint, refresh_token="refresh-gzip"), SystemClock())
    assert cancel(zipped, placed.whole()).code == "18030"


def test_a_feed_that_amazon_does_not_have_is_refused(amazon: AmazonOrderSystem, placed: Placed) -> None:
    with pytest.raises(PartnerRefused) as caught:
        amazon.read_cancel(placed.whole(), "404")
    assert caught.value.code == "not_found"


# -------------------------------------------------------------------------------------------- once


def test_the_same_command_twice_makes_one_feed(amazon: AmazonOrderSystem, placed: Placed) -> None:
    cancel(amazon, placed.whole())
    again = amazon.cancel(placed.whole())
    assert (again.state, again.by_us) == (CancelState.DONE, False)
    assert len(placed.feeds()) == 1
    assert placed.effects() == placed.both()


def test_a_command_repeated_before_amazon_worked_the_first_cancels_every_item_once(
    amazon: AmazonOrderSystem, placed: Placed
) -> None:
    placed.trap("feed", "late", seconds=3)
    first, second = amazon.cancel(placed.whole()), amazon.cancel(placed.whole())
    assert worked(placed)
    assert first.reference
    for taken in (first, second):
        # A second command that comes after the work was done finds it done and has no feed of its own.
        ended = confirm(amazon, placed.whole(), taken.reference) if taken.reference else taken
        assert ended.state is CancelState.DONE
    assert sorted(placed.effects()) == sorted(placed.both())


def test_the_command_finds_what_amazon_cancelled_by_itself(amazon: AmazonOrderSystem, placed: Placed) -> None:
    placed.tell("cancel")
    done = amazon.cancel(placed.whole())
    assert (done.state, done.by_us) == (CancelState.DONE, False)
    assert placed.feeds() == []


# -------------------------------------------------------------------------------------------- trouble


@pytest.mark.parametrize(("kind", "in_doubt"), [("http_429", False), ("http_500", True), ("reset", True)])
@pytest.mark.parametrize("operation", ["read", "document", "upload", "feed"])
def test_a_call_that_fails_can_be_repeated(
    amazon: AmazonOrderSystem, placed: Placed, operation: str, kind: Any, in_doubt: bool
) -> None:
    placed.trap(operation, kind)
    with pytest.raises(PartnerUnavailable) as caught:
        amazon.cancel(placed.whole())
    assert caught.value.in_doubt is in_doubt
    assert (placed.feeds(), placed.effects()) == ([], [])
    assert cancel(amazon, placed.whole()).state is CancelState.DONE
    assert placed.effects() == placed.both()


@pytest.mark.parametrize("kind", ["http_429", "http_500", "reset"])
@pytest.mark.parametrize("operation", ["feed_status", "report", "download", "read"])
def test_a_result_that_could_not_be_read_is_read_again(
    amazon: AmazonOrderSystem, placed: Placed, operation: str, kind: Any
) -> None:
    taken = amazon.cancel(placed.whole())
    assert worked(placed)
    placed.trap(operation, kind)
    with pytest.raises(PartnerUnavailable):
        amazon.read_cancel(placed.whole(), taken.reference)
    assert amazon.read_cancel(placed.whole(), taken.reference).state is CancelState.DONE
    assert len(placed.feeds()) == 1


@pytest.mark.parametrize(("kind", "after"), [("http_500_after", False), ("reset", True)])
def test_a_lost_answer_to_a_feed_cancels_every_item_once(
    amazon: AmazonOrderSystem, placed: Placed, kind: Any, after: bool
) -> None:
    placed.trap("feed", kind, after=after)
    with pytest.raises(PartnerUnavailable) as caught:
        amazon.cancel(placed.whole())
    assert caught.value.in_doubt
    assert worked(placed)
    assert amazon.cancel(placed.whole()).state is CancelState.DONE
    assert len(placed.feeds()) == 1
    assert placed.effects() == placed.both()


def test_a_429_is_waited_out_by_the_rate_that_amazon_names(amazon: AmazonOrderSystem, placed: Placed) -> None:
    placed.trap("read", "http_429", seconds=8)
    with pytest.raises(PartnerUnavailable) as caught:
        amazon.read_order(placed.ref)
    assert caught.value.retry_after == 8.0


@pytest.mark.parametrize(
    ("operation", "name"), [("read", "getOrder"), ("document", "createFeedDocument"), ("feed", "createFeed")]
)
def test_a_429_without_a_rate_is_waited_out_by_the_usual_one(
    amazon: AmazonOrderSystem, placed: Placed, operation: str, name: str
) -> None:
    placed.trap(operation, "http_429")
    with pytest.raises(PartnerUnavailable) as caught:
        amazon.cancel(placed.whole())
    assert caught.value.retry_after == round(1 / RATES[name], 1)
    assert placed.feeds() == []


def test_an_answer_that_is_too_slow_is_in_doubt(
    amazon: AmazonOrderSystem, placed: Placed, monkeypatch: pytest.MonkeyPatch
) -> None:
    read(amazon, placed)
    with httpx.Client(timeout=0.3, trust_env=False) as hasty:
        monkeypatch.setattr(http, "client", lambda: hasty)
        placed.trap("feed", "slow", seconds=1.0)
        with pytest.raises(PartnerUnavailable) as caught:
            amazon.cancel(placed.whole())
    assert caught.value.in_doubt


def test_an_answer_that_is_slow_is_waited_for(amazon: AmazonOrderSystem, placed: Placed) -> None:
    placed.trap("read", "slow", seconds=0.3)
    assert read(amazon, placed).order_ref == placed.ref


# -------------------------------------------------------------------------------------------- tokens


def granted(sandboxes: Sandboxes, merchant: str = MERCHANT) -> int:
    return len([e for e in sandboxes.journal("amazon", merchant) if e.operation == "token"])


def test_one_token_serves_many_calls_and_many_instances(
    sandboxes: Sandboxes, connection: AmazonConnection, placed: Placed
) -> None:
    read(AmazonOrderSystem(connection, SystemClock()), placed)
    before = granted(sandboxes)
    read(AmazonOrderSystem(connection, SystemClock()), placed)
    assert granted(sandboxes) == before


def test_a_token_that_ends_before_its_time_is_replaced_once(
    sandboxes: Sandboxes, amazon: AmazonOrderSystem, placed: Placed
) -> None:
    read(amazon, placed)
    before = granted(sandboxes)
    placed.tell("revoke")
    read(amazon, placed)
    assert granted(sandboxes) == before + 1


def test_a_token_that_is_about_to_end_is_renewed_first(sandboxes: Sandboxes, connection: AmazonConnection) -> None:
    settings = {**SECRETS, "refresh_token": "refresh-brief", "token_seconds": 30}
    sandboxes.configure(merchants={"brief": {"amazon": settings}})
    brief = replace(connection, endpoint=f"{sandboxes.endpoint}/amazon/brief", refresh_token="refresh-brief")
    for _ in range(2):
        AmazonOrderSystem(brief, SystemClock()).read_order("000-0000000-0000000")
    assert granted(sandboxes, "brief") == 2


@pytest.mark.parametrize("name", ["client_id", "client_secret", "refresh_token"])
def test_a_wrong_secret_gets_no_token(connection: AmazonConnection, placed: Placed, name: str) -> None:
    wrong: dict[str, Any] = {"refresh_token": "refresh-1", name: "wrong"}
    stranger = AmazonOrderSystem(replace(connection, **wrong), SystemClock())
    with pytest.raises(PartnerRefused) as caught:
        stranger.cancel(placed.whole())
    assert caught.value.code == "not_authorised"
    assert placed.feeds() == []


@pytest.mark.parametrize("kind", ["http_500", "reset", "http_429"])
def test_a_token_endpoint_that_is_down_is_not_a_refusal(
    sandboxes: Sandboxes, connection: AmazonConnection, placed: Placed, kind: Any
) -> None:
    amazon = AmazonOrderSystem(connection, SystemClock(), SharedTokens(MemoryTokens(), SystemClock()))
    placed.trap("token", kind)
    with pytest.raises(PartnerUnavailable):
        amazon.read_order(placed.ref)
    assert read(amazon, placed).order_ref == placed.ref


# -------------------------------------------------------------------------------------------- money


def test_no_money_moves_for_an_order_that_has_not_shipped(amazon: AmazonOrderSystem, placed: Placed) -> None:
    cancel(amazon, placed.whole())
    assert placed.effects() == placed.both()
    (feed,) = placed.feeds()
    assert "<MessageType>OrderAcknowledgement</MessageType>" in feed["text"]
    assert not any(word in feed["text"] for word in ("Refund", "Adjustment", "Amount", "Principal"))


def test_a_return_is_the_buyers_to_open_and_changes_nothing(amazon: AmazonOrderSystem, placed: Placed) -> None:
    placed.tell("ship")
    assert amazon.open_return(placed.ref, {placed.mug: 2}, "k") == ""
    assert placed.effects() == [("ship", "")]


def test_the_desk_has_no_way_to_pay_for_an_amazon_order() -> None:
    class NoMerchants(Merchants):
        def __init__(self) -> None: ...

        def connections(self, merchant: str) -> dict[str, Any]:
            raise AssertionError("not even a connection is read for it")

    assert ConfiguredPartners(NoMerchants()).payments(MERCHANT, "amazon") is None


# ---------------------------------------------------------------------------------------------- parcels


def test_the_parcels_of_an_order_are_the_packages_that_its_seller_confirmed(
    amazon: AmazonOrderSystem, placed: Placed
) -> None:
    assert amazon.parcels(placed.ref) == []
    placed.tell("package", tracking=" 1Z999AA10123456784 ", lines={placed.mug: 2}, at="2026-11-25T10:00:00Z")
    placed.tell("package", tracking="9400100000000000000000", carrier="USPS", status="DELIVERED", lines={placed.tee: 3})
    placed.tell("package", tracking="X", status="CANCELLED")
    first, second = amazon.parcels(placed.ref)
    assert (first.carrier, first.number, first.lines) == ("ups", "1Z999AA10123456784", {placed.mug: 2})
    assert (first.state, first.sent_at) == (CarrierState.UNKNOWN, "2026-11-25T10:00:00.000000Z")
    assert (second.carrier, second.state, second.lines) == ("usps", CarrierState.DELIVERED, {placed.tee: 3})
    assert first.number not in repr(first) and first.shipment != second.shipment


@pytest.mark.parametrize("status", ["PENDING", "SHIPPED", "IN_TRANSIT", "UNDELIVERABLE"])
def test_only_what_the_carrier_told_is_taken_for_on_its_way(
    amazon: AmazonOrderSystem, placed: Placed, status: str
) -> None:
    placed.tell("package", tracking="X1", status=status)
    (parcel,) = amazon.parcels(placed.ref)
    assert (parcel.state is CarrierState.IN_TRANSIT) == (status == "IN_TRANSIT")


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("order.packages", "none"),
        ("order.packages.0.packageItems.0.quantity", "2"),
        ("order.packages.0.shipTime", "yesterday"),
        ("order.packages.0.packageStatus", "SHIPPED"),
    ],
)
def test_packages_of_a_shape_that_we_do_not_know_break_the_contract(
    amazon: AmazonOrderSystem, placed: Placed, place: str, value: object
) -> None:
    placed.tell("package", tracking="X1")
    placed.trap("read", "false_ok", detail={"change": {place: value}})
    with pytest.raises(PartnerContractBroken, match="packages"):
        amazon.parcels(placed.ref)


def test_an_order_that_amazon_does_not_know_has_no_parcels(amazon: AmazonOrderSystem) -> None:
    assert list(amazon.parcels("000-0000000-0000000")) == []
