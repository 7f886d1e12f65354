"""The stories of the day: every way in which a cancel can go, with real-shaped orders of three merchants on three channels."""

from collections.abc import Iterator

from infra.local.day.carriers import carrier_plays
from infra.local.day.director import Play, Stage, answer, asks, is_closed
from infra.local.day.doors import door_plays
from infra.local.day.orders import (
    EAST,
    NORTH,
    WEST,
    Numbers,
    Order,
    make,
    place_in_channel,
    place_on_shelf,
    placed_before,
    unpaid_since,
)
from infra.local.day.partners import partner_plays
from infra.local.day.vendors import vendor_plays
from infra.local.day.wishes import by_buyer, by_buyer_unheard, by_flow, by_ops, by_shop_staff, by_work_cancel
from infra.local.desk import LocalDesk
from stopship.domain.case import Case
from stopship.domain.policy import Cause

ACME, BOREALIS = "acme", "borealis"
WAREHOUSES = {ACME: EAST, BOREALIS: NORTH}


def day(numbers: Numbers) -> list[Play]:
    """All plays, in the order in which their wishes are made."""
    plays: list[Play] = []
    for merchant in (ACME, BOREALIS):
        plays += _stopped(numbers, merchant)
        plays += _late(numbers, merchant)
        plays += _parts(numbers, merchant)
        plays += _trouble(numbers, merchant)
        plays += _rare(numbers, merchant)
        plays += carrier_plays(numbers, merchant, WAREHOUSES[merchant])
    plays.append(_unheard(numbers, ACME))
    plays += door_plays(numbers, ACME, EAST)
    plays += vendor_plays(numbers, BOREALIS)
    plays += partner_plays(numbers)
    return plays


def _shopify(numbers: Numbers, merchant: str, **more: object) -> Order:
    warehouses = more.pop("warehouses", (WAREHOUSES[merchant],))
    return make(numbers, merchant, "shopify", warehouses=warehouses, **more)  # type: ignore[arg-type]


def _amazon(numbers: Numbers, merchant: str, state: str = "released") -> Order:
    return make(numbers, merchant, "amazon", warehouses=(WAREHOUSES[merchant],), states=(state,), quantities=(1,))


def _flow(stage: Stage, play: Play) -> None:
    by_flow(stage, play.order)


def _buyer(stage: Stage, play: Play) -> None:
    by_buyer(stage, play.order)


def _ops(reason: str, **more: object):  # type: ignore[no-untyped-def]
    return lambda stage, play: by_ops(stage, play.order, reason, **more)


def _trap(operation: str, kind: str, **more: object):  # type: ignore[no-untyped-def]
    return lambda stage, play: stage.desk.sandboxes.trap(play.order.order_ref, operation, kind, **more)


def ship(stage: Stage, play: Play, _case: Case) -> None:
    """The goods leave the building, whatever anybody has said."""
    for leg in play.order.legs:
        body = {"orderRef": play.order.order_ref, "legId": leg.leg_id, "force": True}
        stage.desk.sandboxes.command(f"warehouse/{play.order.merchant}/{leg.warehouse}/ship", body)


def _stopped(numbers: Numbers, merchant: str) -> Iterator[Play]:
    german = _shopify(numbers, merchant, extra={"locale": "de-DE"})
    yield Play("unpicked, captured: refunded", german, _flow, "stopped")
    yield Play("unpicked, captured: refunded", _shopify(numbers, merchant), _ops("stockout"), "stopped")
    yield Play("unpicked, authorised: voided", _shopify(numbers, merchant, financial="authorized"), _flow, "stopped")
    yield Play("picked: held by hand", _shopify(numbers, merchant, states=("picked",)), _flow, "stopped")
    yield Play("Amazon buyer, unpicked", _amazon(numbers, merchant), _buyer, "stopped")


def _late(numbers: Numbers, merchant: str) -> Iterator[Play]:
    yield Play(
        "labelled: too late, shipped, return",
        _shopify(numbers, merchant, states=("labelled",)),
        _flow,
        "shipped",
        [(asks(Cause.STOP_REJECTED), ship)],
    )
    yield Play("already shipped: return", _shopify(numbers, merchant), _flow, "shipped", prepare=_ship_before)


def _ship_before(stage: Stage, play: Play) -> None:
    for leg in play.order.legs:
        body = {"orderRef": play.order.order_ref, "legId": leg.leg_id, "force": True}
        stage.desk.sandboxes.command(f"warehouse/{play.order.merchant}/{leg.warehouse}/ship", body)


def _parts(numbers: Numbers, merchant: str) -> Iterator[Play]:
    part = _shopify(numbers, merchant, quantities=(2, 3))
    wanted = {part.lines[1].line_id: 2}
    yield Play("two of three pieces of one line", part, lambda s, p: by_flow(s, p.order, wanted), "stopped")
    warehouses = (EAST, WEST) if merchant == ACME else (NORTH, WEST)
    split = _shopify(numbers, merchant, warehouses=warehouses, states=("released", "labelled"))
    yield Play(
        "split: one part stopped, one shipped", split, _flow, "shipped", [(asks(Cause.STOP_REJECTED), _ship_second)]
    )


def _ship_second(stage: Stage, play: Play, _case: Case) -> None:
    leg = play.order.legs[1]
    body = {"orderRef": play.order.order_ref, "legId": leg.leg_id, "force": True}
    stage.desk.sandboxes.command(f"warehouse/{play.order.merchant}/{leg.warehouse}/ship", body)


def _trouble(numbers: Numbers, merchant: str) -> Iterator[Play]:
    yield Play(
        "fraud: blocked with evidence",
        _shopify(numbers, merchant, risk="high", financial="authorized"),
        _ops("fraud", evidence=["risk-assessment-7781", "chargeback-history-12"]),
        "blocked",
    )
    yield Play(
        "silent warehouse: a person vouches",
        _shopify(numbers, merchant),
        _flow,
        "stopped",
        [(asks(Cause.SILENT_WAREHOUSE), answer("they_stopped_it"))],
        prepare=_trap("stop_ship", "silent"),
    )
    yield Play("same wish on two channels", _shopify(numbers, merchant), _twice, "stopped")
    yield Play(
        "delivered three times", _shopify(numbers, merchant), lambda s, p: by_flow(s, p.order, times=3), "stopped"
    )
    yield Play(
        "payment never completed",
        _shopify(numbers, merchant, **unpaid_since(48)),
        _ops("payment_timeout", requester="system"),
        "stopped",
    )


def _twice(stage: Stage, play: Play) -> None:
    by_flow(stage, play.order)
    by_ops(stage, play.order, "customer_request")


def _rare(numbers: Numbers, merchant: str) -> Iterator[Play]:
    yield Play(
        "says cancelled, goes on picking",
        _shopify(numbers, merchant),
        _flow,
        "stopped",
        [(asks(Cause.STOP_CONTRADICTED), answer("they_stopped_it"))],
        prepare=_trap("stop_ship", "false_ok"),
    )
    yield Play(
        "ships after the stop: P1, return",
        _shopify(numbers, merchant),
        _flow,
        "shipped",
        [(is_closed, ship), (asks(Cause.SHIPPED_AFTER_STOP), answer("it_shipped"))],
    )
    yield Play(
        "NetSuite too busy at first",
        _shopify(numbers, merchant),
        _ops("stockout"),
        "stopped",
        prepare=_trap("update", "http_429", times=2),
    )
    yield Play(
        "the message overtakes the order",
        _shopify(numbers, merchant),
        _flow,
        "stopped",
        [(lambda case: bool(case.not_found), _place_at_last)],
        set_up=place_on_shelf_only,
    )
    yield Play(
        "silent warehouse: withdrawn",
        _shopify(numbers, merchant),
        _flow,
        "withdrawn",
        [(asks(Cause.SILENT_WAREHOUSE), answer("withdrawn"))],
        prepare=_trap("stop_ship", "silent"),
    )
    yield Play(
        "silent warehouse: saved by an address fix",
        _shopify(numbers, merchant),
        _ops("address"),
        "saved",
        [(asks(Cause.SILENT_WAREHOUSE), answer("saved"))],
        prepare=_trap("stop_ship", "silent"),
    )
    yield Play(
        "cancelled in the shop's admin",
        _shopify(numbers, merchant),
        lambda s, p: by_shop_staff(s, p.order, "CUSTOMER"),
        "stopped",
    )
    yield Play(
        "the warehouse's work is asked back",
        _shopify(numbers, merchant, by_service=True),
        lambda s, p: by_work_cancel(s, p.order),
        "stopped",
    )
    yield Play("Amazon buyer, picked: held by hand", _amazon(numbers, merchant, "picked"), _buyer, "stopped")
    yield Play(
        "Amazon notified twice", _amazon(numbers, merchant), lambda s, p: by_buyer(s, p.order, times=2), "stopped"
    )


def _unheard(numbers: Numbers, merchant: str) -> Play:
    order = make(
        numbers, merchant, "amazon", warehouses=(WAREHOUSES[merchant],), quantities=(1,), extra=placed_before(10)
    )
    return Play(
        "Amazon's message is lost: the sweep finds it", order, lambda s, p: by_buyer_unheard(s, p.order), "stopped"
    )


def place_on_shelf_only(desk: LocalDesk, order: Order) -> None:
    place_on_shelf(desk, order)
    rows = [{"line_ref": x.line_id, "sku": x.sku, "quantity": x.quantity} for x in order.lines]
    desk.sandboxes.command(f"netsuite/{order.merchant}/orders", {"order_ref": order.order_ref, "lines": rows})


def _place_at_last(stage: Stage, play: Play, _case: Case) -> None:
    place_in_channel(stage.desk, play.order)
