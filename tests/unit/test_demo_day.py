"""What `stopship demo` plays: enough of a day to be believed."""

from infra.local.day.orders import Numbers
from infra.local.day.plays import day

CHANNELS = {"shopify", "amazon"}


def test_the_day_has_sixty_orders_of_every_channel_and_several_merchants_with_every_outcome() -> None:
    plays = day(Numbers())
    orders = [play.order for play in plays]
    assert len({(order.merchant, order.order_ref) for order in orders}) == len(plays) >= 60
    assert {order.channel for order in orders} == CHANNELS
    assert len({order.merchant for order in orders}) >= 2
    assert {play.outcome for play in plays} == {"stopped", "shipped", "blocked", "saved", "withdrawn"}
