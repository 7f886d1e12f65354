"""Writing to an Amazon buyer: only what Amazon allows for the order, in his language, once, and never again in doubt."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from infra.local.sandboxes.process import Sandboxes
from stopship.adapters.amazon.connection import AmazonConnection
from stopship.adapters.amazon.messaging import MAX_TEXT, AmazonMessages
from stopship.adapters.clock import SystemClock
from stopship.application.buyer_texts import TEXTS, buyer_texts
from stopship.domain.errors import PartnerContractBroken, PartnerRefused, PartnerUnavailable
from stopship.domain.letter import Language
from tests.fakes.sandboxes_anew import sandboxes_anew

MERCHANT = "acme"
SECRETS = {"client_id": "client-1", "client_secret": "secret-1", "refresh_token": "refresh-1"}
GOOD_DAY = {"en": "Good day"}
_numbers = count(3_000_001)


@pytest.fixture(scope="module")
def sandboxes() -> Iterator[Sandboxes]:
    with sandboxes_anew() as running:
        running.configure(merchants={MERCHANT: {"amazon": {**SECRETS, "seller_id": "A1SELLER"}}})
        yield running


@pytest.fixture
def messages(sandboxes: Sandboxes) -> Iterator[AmazonMessages]:
    endpoint = f"{sandboxes.endpoint}/amazon/{MERCHANT}"
    connection = AmazonConnection(MERCHANT, endpoint, "A1SELLER", ("OTHER", "ATVPDKIKX0DER"), **SECRETS, warehouse="")
    yield AmazonMessages(connection, SystemClock())
    sandboxes.clear_traps()


class Order:
    def __init__(self, sandboxes: Sandboxes, **more: Any) -> None:
        self._sandboxes, number = sandboxes, next(_numbers)
        self.ref = f"333-{number}-{number}"
        lines = [{"id": f"mug-{number}", "sku": "MUG", "quantity": 1, "price": "1.00"}]
        sandboxes.command(f"amazon/{MERCHANT}/orders", {"order_ref": self.ref, "lines": lines, **more})

    @property
    def written(self) -> list[str]:
        found = self._sandboxes.command(f"amazon/{MERCHANT}/orders/{self.ref}", method="GET")
        messages: list[str] = found["messages"]
        return messages


@pytest.fixture
def order(sandboxes: Sandboxes) -> Order:
    return Order(sandboxes)


@pytest.mark.parametrize("template", sorted(TEXTS[Language.EN]))
@pytest.mark.parametrize(("locale", "language"), [("en-GB", "en"), ("de-AT", "de"), ("fr-FR", "fr"), ("", "en")])
def test_every_text_of_the_desk_is_one_that_amazon_takes_and_the_buyer_reads(
    messages: AmazonMessages, sandboxes: Sandboxes, template: str, locale: str, language: str
) -> None:
    order = Order(sandboxes, locale=locale)
    texts = buyer_texts(template, order.ref)
    assert messages.send(order.ref, texts) == "sent"
    assert order.written == [texts[language]] and order.ref in texts[language]


def test_what_amazon_does_not_allow_for_the_order_is_not_sent(messages: AmazonMessages, sandboxes: Sandboxes) -> None:
    order = Order(sandboxes, actions=["confirmOrderDetails"])
    assert (messages.send(order.ref, GOOD_DAY), order.written) == ("skipped:not_allowed", [])


@pytest.mark.parametrize("locale", ["es-MX", "zh-CN"])
def test_a_buyer_who_reads_another_language_is_not_written_to_in_one_of_ours(
    messages: AmazonMessages, sandboxes: Sandboxes, locale: str
) -> None:
    order = Order(sandboxes, locale=locale)
    assert (messages.send(order.ref, GOOD_DAY), order.written) == ("skipped:another_language", [])


def test_an_order_that_amazon_does_not_know_is_skipped(messages: AmazonMessages) -> None:
    assert messages.send("000-0000000-0000000", GOOD_DAY) == "skipped:unknown_order"


@pytest.mark.parametrize(
    "text",
    ["", "x" * (MAX_TEXT + 1), "see https://example.com", "see www.example.com", "<b>now</b>", "write to a@b.example"],
)
def test_a_text_that_amazon_forbids_never_leaves(messages: AmazonMessages, order: Order, text: str) -> None:
    with pytest.raises(PartnerRefused) as caught:
        messages.send(order.ref, {"en": "Good day", "de": text})
    assert (caught.value.code, order.written) == ("text_not_allowed", [])


def test_a_refusal_is_told_in_amazons_words(messages: AmazonMessages, sandboxes: Sandboxes, order: Order) -> None:
    sandboxes.trap(order.ref, "message", "rejected", detail={"code": "Unauthorized"})
    with pytest.raises(PartnerRefused) as caught:
        messages.send(order.ref, GOOD_DAY)
    assert (caught.value.code, order.written) == ("Unauthorized", [])


@pytest.mark.parametrize("operation", ["read", "actions", "attributes"])
@pytest.mark.parametrize("kind", ["http_500", "reset", "http_429"])
def test_trouble_before_the_message_leaves_no_doubt(
    messages: AmazonMessages, sandboxes: Sandboxes, order: Order, operation: str, kind: Any
) -> None:
    sandboxes.trap(order.ref, operation, kind)
    with pytest.raises(PartnerUnavailable) as caught:
        messages.send(order.ref, GOOD_DAY)
    assert (caught.value.in_doubt, order.written) == (False, [])


@pytest.mark.parametrize(("kind", "written"), [("http_500", 0), ("reset", 0), ("http_500_after", 1)])
def test_trouble_with_the_message_itself_is_a_doubt(
    messages: AmazonMessages, sandboxes: Sandboxes, order: Order, kind: Any, written: int
) -> None:
    sandboxes.trap(order.ref, "message", kind)
    with pytest.raises(PartnerUnavailable) as caught:
        messages.send(order.ref, GOOD_DAY)
    assert (caught.value.in_doubt, len(order.written)) == (True, written)


def test_a_message_that_amazon_has_no_time_for_is_no_doubt(
    messages: AmazonMessages, sandboxes: Sandboxes, order: Order
) -> None:
    sandboxes.trap(order.ref, "message", "http_429")
    with pytest.raises(PartnerUnavailable) as caught:
        messages.send(order.ref, GOOD_DAY)
    assert (caught.value.in_doubt, order.written) == (False, [])


@pytest.mark.parametrize(
    ("operation", "place", "value"),
    [("actions", "_links", None), ("actions", "_links.actions", "all"), ("read", "order.salesChannel", None)],
)
def test_an_answer_of_a_shape_we_do_not_know_sends_nothing(
    messages: AmazonMessages, sandboxes: Sandboxes, order: Order, operation: str, place: str, value: object
) -> None:
    sandboxes.trap(order.ref, operation, "false_ok", detail={"change": {place: value}})
    with pytest.raises(PartnerContractBroken):
        messages.send(order.ref, GOOD_DAY)
    assert order.written == []
