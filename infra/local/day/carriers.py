"""Stories of goods that have left with a carrier: brought back on the way, or delivered all the same."""

from collections.abc import Iterator

from infra.local.day.director import Play, Stage, answer, asks
from infra.local.day.orders import Numbers, Order, make
from infra.local.day.wishes import by_flow
from stopship.domain.case import Case
from stopship.domain.policy import Cause


def carrier_plays(numbers: Numbers, merchant: str, warehouse: str) -> Iterator[Play]:
    """Orders above the value from which a person is asked."""
    yield Play(
        "left with UPS: intercepted on the way, came back, refunded",
        _dear(numbers, merchant, warehouse),
        _flow,
        "shipped",
        [(asks(Cause.CARRIER_INTERCEPT), answer("intercept")), (_is_taken, _deliver)],
        prepare=_leave,
    )


def _dear(numbers: Numbers, merchant: str, warehouse: str) -> Order:
    return make(numbers, merchant, "shopify", warehouses=(warehouse,), quantities=(4, 4))


def _flow(stage: Stage, play: Play) -> None:
    by_flow(stage, play.order)


def _tell_ups(stage: Stage, play: Play, command: str, **told: str) -> str:
    answered = stage.desk.sandboxes.command(f"ups/{play.order.merchant}/{command}", told)
    return str(answered.get("number", ""))


def _parcel(stage: Stage, play: Play) -> str:
    """A number of UPS's own form, of the merchant's account, the same for the same order."""
    account = stage.config(play.order.merchant)["carriers"]["ups"]["account"]
    return f"1Z{account}03{play.order.order_ref[-8:]:0>8}"


def _leave(stage: Stage, play: Play) -> None:
    """The driver has scanned it, and the warehouse's connector has told the shop."""
    number = _tell_ups(stage, play, "parcels", order_ref=play.order.order_ref, number=_parcel(stage, play))
    _tell_ups(stage, play, "scan", number=number, type="P")
    for leg in play.order.legs:
        told = {"order_ref": play.order.order_ref, "leg_id": leg.leg_id, "tracking": number}
        stage.desk.sandboxes.command(f"shopify/{play.order.merchant}/fulfill", told)


def _is_taken(case: Case) -> bool:
    return bool(case.on_their_way_back)


def _deliver(stage: Stage, play: Play, _case: Case) -> None:
    _tell_ups(stage, play, "deliver", number=_parcel(stage, play))
