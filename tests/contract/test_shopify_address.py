"""An order's address at Shopify: written once, read back, and never repeated in an error."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from infra.local.sandboxes.process import Sandboxes
from stopship.adapters.amazon.order_system import AmazonOrderSystem
from stopship.adapters.shopify.connection import ShopifyConnection
from stopship.adapters.shopify.order_system import ShopifyOrderSystem
from stopship.domain.address import ShippingAddress
from stopship.domain.errors import PartnerRefused, PartnerUnavailable
from tests.fakes.sandboxes_anew import sandboxes_anew

MERCHANT, TOKEN = "acme", "token-1"
LOCATIONS = {"7000000001": "east"}
RIGHT = ShippingAddress("Ida van Example", "Ring 7", "Berlin", "DE", zip="10115")
WRONG = {"firstName": "Ida", "lastName": "Exmaple", "address1": "Rinng 7", "city": "Berlin", "countryCode": "DE"}
KEPT = {"company": "Example & Co", "phone": "+493012345"}
_numbers = count(6_900_000_001)


@pytest.fixture(scope="module")
def sandboxes() -> Iterator[Sandboxes]:
    with sandboxes_anew() as running:
        settings = {
            "shop": "acme.myshopify.com",
            "access_token": TOKEN,
            "webhook_secrets": ["w"],
            "locations": LOCATIONS,
        }
        running.configure(merchants={MERCHANT: {"shopify": settings}})
        yield running


@pytest.fixture
def orders(sandboxes: Sandboxes) -> ShopifyOrderSystem:
    endpoint = f"{sandboxes.endpoint}/shopify/{MERCHANT}"
    return ShopifyOrderSystem(
        ShopifyConnection(MERCHANT, "acme.myshopify.com", endpoint, TOKEN, LOCATIONS), pause=lambda _: None
    )


@pytest.fixture
def ref(sandboxes: Sandboxes) -> str:
    """An order that would go to the wrong address."""
    order, line, leg = (str(next(_numbers)) for _ in range(3))
    lines = [{"id": line, "sku": "MUG", "quantity": 1, "price": "12.50"}]
    legs = [{"id": leg, "warehouse": "east", "lines": {line: 1}}]
    told = {"order_ref": order, "lines": lines, "legs": legs, "address": {**WRONG, **KEPT}}
    sandboxes.command(f"shopify/{MERCHANT}/orders", told)
    return order


def address_of(sandboxes: Sandboxes, ref: str) -> Any:
    return sandboxes.command(f"shopify/{MERCHANT}/orders/{ref}", method="GET")["address"]


def writes(sandboxes: Sandboxes, ref: str) -> int:
    return [x.operation for x in sandboxes.journal("shopify", MERCHANT, ref)].count("address")


def test_the_address_is_overwritten_and_what_nobody_was_asked_about_stays(
    sandboxes: Sandboxes, orders: ShopifyOrderSystem, ref: str
) -> None:
    orders.change_address(ref, RIGHT, "k")
    assert address_of(sandboxes, ref) == {
        "firstName": "Ida van",
        "lastName": "Example",
        "address1": "Ring 7",
        "zip": "10115",
        "city": "Berlin",
        "countryCode": "DE",
        **KEPT,
    }


def test_a_repeat_finds_it_there_and_writes_nothing(sandboxes: Sandboxes, orders: ShopifyOrderSystem, ref: str) -> None:
    orders.change_address(ref, RIGHT, "k")
    orders.change_address(ref, replace(RIGHT, name="IDA VAN EXAMPLE", zip="101 15"), "k")
    assert writes(sandboxes, ref) == 1


def test_a_name_of_one_word_and_a_province_are_written(
    sandboxes: Sandboxes, orders: ShopifyOrderSystem, ref: str
) -> None:
    orders.change_address(ref, ShippingAddress("Ida", "1 Main St", "Ottawa", "CA", "Unit 2", "K1A 0B1", "ON"), "k")
    told = address_of(sandboxes, ref)
    assert (told.get("firstName"), told["lastName"], told["provinceCode"]) == (None, "Ida", "ON")


def test_what_the_shop_does_not_take_is_named_by_field_and_nothing_is_written(
    sandboxes: Sandboxes, orders: ShopifyOrderSystem, ref: str
) -> None:
    with pytest.raises(PartnerRefused) as refusal:
        orders.change_address(ref, replace(RIGHT, zip=""), "k")
    assert refusal.value.code == "ADDRESS_REFUSED" and "shippingAddress.zip" in str(refusal.value)
    assert "Ring" not in str(refusal.value) and "Ida" not in str(refusal.value)
    assert writes(sandboxes, ref) == 0


def test_a_country_that_shopify_does_not_know_is_refused_and_nothing_is_written(
    sandboxes: Sandboxes, orders: ShopifyOrderSystem, ref: str
) -> None:
    with pytest.raises(PartnerRefused) as refusal:
        orders.change_address(ref, replace(RIGHT, country_code="XX"), "k")
    assert "country" in str(refusal.value) and "XX" not in str(refusal.value)
    assert refusal.value.__cause__ is None and writes(sandboxes, ref) == 0


def test_a_yes_that_changed_nothing_is_found(sandboxes: Sandboxes, orders: ShopifyOrderSystem, ref: str) -> None:
    sandboxes.trap(ref, "address", "false_ok")
    with pytest.raises(PartnerRefused) as refusal:
        orders.change_address(ref, RIGHT, "k")
    assert refusal.value.code == "ADDRESS_NOT_TAKEN" and writes(sandboxes, ref) == 0


def test_a_lost_answer_is_in_doubt_and_the_next_try_finds_it_there(
    sandboxes: Sandboxes, orders: ShopifyOrderSystem, ref: str
) -> None:
    sandboxes.trap(ref, "address", "http_500_after")
    with pytest.raises(PartnerUnavailable):
        orders.change_address(ref, RIGHT, "k")
    orders.change_address(ref, RIGHT, "k")
    assert writes(sandboxes, ref) == 1


def test_an_order_that_is_not_there_is_told(orders: ShopifyOrderSystem) -> None:
    with pytest.raises(PartnerRefused) as refusal:
        orders.change_address("6999999999", RIGHT, "k")
    assert refusal.value.code == "unknown_order"


def test_amazon_takes_no_address() -> None:
    with pytest.raises(PartnerRefused) as refusal:
        AmazonOrderSystem.change_address(None, "1-2-3", RIGHT, "k")  # type: ignore[arg-type]
    assert refusal.value.code == "not_supported"
