"""A store's order by its number: people leave the ``#`` out, or put it in."""

from typing import Any

import pytest

from stopship import wiring
from stopship.adapters.shopify.order_system import ShopifyOrderSystem
from stopship.wiring.by_number import find_in_store
from tests.unit.handlers import deployment as d
from tests.unit.handlers.deployment import Deployment

NAMED = {"#1001": ("5001",), "EN-7": ("5002",), "#EN-7": ("5003",), "#9": ("5004",), "9": ("5004",)}


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("1001", ["5001"]),
        ("#1001", ["5001"]),
        (" #1001 ", ["5001"]),
        ("EN-7", ["5003", "5002"]),
        ("9", ["5004"]),
        ("8", []),
        ("#", []),
        ("", []),
    ],
)
def test_a_number_is_looked_for_with_and_without_its_sign(
    deployed: Deployment, monkeypatch: pytest.MonkeyPatch, asked: str, found: list[str]
) -> None:
    def named(_self: Any, name: str) -> tuple[str, ...]:
        return NAMED.get(name, ())

    monkeypatch.setattr(ShopifyOrderSystem, "orders_named", named)
    assert find_in_store(wiring.merchants(), d.ACME, asked) == found


def test_where_no_store_is_connected_no_order_is_found(deployed: Deployment) -> None:
    assert find_in_store(wiring.merchants(), d.ZETA, "1001") == []
