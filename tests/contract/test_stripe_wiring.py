"""Who holds a channel's money, by configuration; and Shopify's arithmetic paid back by Stripe, over HTTP."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from infra.local.sandboxes.process import Sandboxes
from stopship.adapters.merchants import Merchants
from stopship.adapters.shopify.payments import ShopifyPayments
from stopship.adapters.stripe.payments import StripePayments
from stopship.domain.errors import NotFound, PartnerRefused
from stopship.domain.money import MoneyMove, MoveKind, MoveState
from stopship.wiring.partners import ConfiguredPartners
from tests.fakes.sandboxes_anew import sandboxes_anew

MERCHANT, TOKEN, KEY = "acme", "token", "rk_acme"
SHOP: dict[str, Any] = {"shop": "acme.myshopify.com", "endpoint": "http://127.0.0.1:1", "access_token": TOKEN}
STRIPE: dict[str, Any] = {"endpoint": "http://127.0.0.1:1", "secret_key": KEY, "webhook_secrets": ["whsec"]}


class Configured(Merchants):
    def __init__(self, told: dict[str, Any]) -> None:
        self._told = told

    def connections(self, merchant: str) -> dict[str, Any]:
        return self._told


def partners(**told: Any) -> ConfiguredPartners:
    return ConfiguredPartners(Configured(told))


def test_shopifys_own_transactions_are_the_default_even_when_stripe_is_connected() -> None:
    assert isinstance(partners(shopify=SHOP, stripe=STRIPE).payments(MERCHANT, "shopify"), ShopifyPayments)


def test_a_channel_can_name_stripe_as_the_holder_of_its_money() -> None:
    connected = partners(shopify={**SHOP, "payments": "stripe"}, stripe=STRIPE)
    found = connected.payments(MERCHANT, "shopify")
    assert isinstance(found, StripePayments)
    assert connected.payments(MERCHANT, "shopify") is found


@pytest.mark.parametrize("told", ["strype", "Stripe", "amazon"])
def test_a_holder_that_nobody_knows_is_never_read_as_nothing_to_pay(told: str) -> None:
    with pytest.raises(NotFound):
        partners(shopify={**SHOP, "payments": told}, stripe=STRIPE).payments(MERCHANT, "shopify")


def test_stripe_without_a_connection_is_not_found() -> None:
    with pytest.raises(NotFound):
        partners(shopify={**SHOP, "payments": "stripe"}).payments(MERCHANT, "shopify")


def test_amazons_money_stays_amazons_whatever_is_configured() -> None:
    assert partners(amazon={"payments": "stripe"}, stripe=STRIPE).payments(MERCHANT, "amazon") is None


def test_a_channel_of_its_own_is_paid_by_stripe_and_priced_by_nobody() -> None:
    found = partners(manual={"payments": "stripe"}, stripe=STRIPE).payments(MERCHANT, "manual")
    assert isinstance(found, StripePayments)
    with pytest.raises(PartnerRefused) as caught:
        found.quote("5001", {"L1": 1})
    assert caught.value.code == "no_pricing"


def test_a_channel_that_names_no_holder_has_none() -> None:
    assert partners(manual={"anything": 1}, stripe=STRIPE).payments(MERCHANT, "manual") is None


# -------------------------------------------------------------------------------------------- both together


@pytest.fixture(scope="module")
def sandboxes() -> Iterator[Sandboxes]:
    with sandboxes_anew() as running:
        shop = {"shop": SHOP["shop"], "access_token": TOKEN, "webhook_secrets": ["s"], "locations": {"1": "east"}}
        running.configure(merchants={MERCHANT: {"shopify": shop, "stripe": {"secret_key": KEY}}})
        yield running


def test_shopify_says_what_lines_are_worth_and_stripe_pays_it_back_once(sandboxes: Sandboxes) -> None:
    root = sandboxes.endpoint
    shop = {**SHOP, "endpoint": f"{root}/shopify/{MERCHANT}", "locations": {"1": "east"}, "payments": "stripe"}
    payments = partners(shopify=shop, stripe={**STRIPE, "endpoint": f"{root}/stripe/{MERCHANT}"}).payments(
        MERCHANT, "shopify"
    )
    assert payments is not None
    lines = [{"id": "71", "sku": "MUG", "quantity": 2, "price": "12.50"}]
    legs = [{"id": "81", "warehouse": "east", "lines": {"71": 2}}]
    sandboxes.command(f"shopify/{MERCHANT}/orders", {"order_ref": "61", "lines": lines, "legs": legs})
    sandboxes.command(f"stripe/{MERCHANT}/pay", {"order_ref": "61", "amount": 2500})
    quote = payments.quote("61", {"71": 1})
    assert (quote.amount, quote.currency) == (Decimal("12.50"), payments.read("61").currency)
    move = MoneyMove("money-61", MoveKind.REFUND, quote.amount, quote.currency, lines=quote.lines)
    for _ in range(2):
        assert payments.move("61", move).state is MoveState.DONE
    assert [x.detail["amount"] for x in sandboxes.journal("stripe", MERCHANT, "61")] == [1250]
    assert [x.operation for x in sandboxes.journal("shopify", MERCHANT, "61") if x.operation == "refund"] == []
    assert payments.read("61").net_payment == Decimal("12.50")
