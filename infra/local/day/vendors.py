"""The stories of a drop shipper who is asked by mail. A day that wants them adds ``vendor_plays`` to its own."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from infra.local.day.director import Do, Play, Stage, answer, asks
from infra.local.day.orders import Numbers, make
from infra.local.day.wishes import by_flow
from infra.local.warehouses import VENDORS
from stopship.domain.case import Case
from stopship.domain.policy import Cause


def vendor_plays(numbers: Numbers, merchant: str) -> Iterator[Play]:
    yield _play("vendor by mail: stopped", numbers, merchant, "stopped")
    yield _play("vendor by mail, behind a scanner: stopped", numbers, merchant, "stopped", scanned=True)
    yield _play(
        "vendor by mail: too late, shipped",
        numbers,
        merchant,
        "shipped",
        # The store hears of a fulfilment, which is no departure: a person has called and knows.
        [(asks(Cause.STOP_REJECTED), ship_from_vendor), (asks(Cause.STOP_REJECTED), answer("it_shipped"))],
        habit="too_late",
    )
    yield _play("vendor by mail: the carrier has it", numbers, merchant, "shipped", habit="carrier")
    yield _play(
        "vendor by mail: part held back, then the rest",
        numbers,
        merchant,
        "stopped",
        [(asks(Cause.STOP_PARTIAL), answer("they_stopped_it"))],
        quantities=(2, 3),
        habit="partly",
    )
    yield _play(
        "vendor by mail: only his scanner reads it",
        numbers,
        merchant,
        "stopped",
        [(asks(Cause.SILENT_WAREHOUSE), answer("they_stopped_it"))],
        habit="silent",
        scanned=True,
    )
    yield _play(
        "vendor by mail: answers late",
        numbers,
        merchant,
        "stopped",
        [(asks(Cause.SILENT_WAREHOUSE), answer_by_vendor("stopped"))],
        habit="silent",
    )


def _play(
    name: str,
    numbers: Numbers,
    merchant: str,
    outcome: str,
    reactions: list[Any] | None = None,
    *,
    quantities: tuple[int, ...] = (1, 2),
    **habit: Any,
) -> Play:
    order = make(numbers, merchant, "shopify", quantities=quantities, warehouses=(VENDORS[merchant],))
    return Play(
        name,
        order,
        lambda stage, play: by_flow(stage, play.order),
        outcome,
        reactions or [],
        prepare=_has_the(habit),
    )


def _has_the(habit: Mapping[str, Any]) -> Callable[[Stage, Play], None]:
    """What his people do with a mail about this order."""

    def prepare(stage: Stage, play: Play) -> None:
        stage.desk.sandboxes.command(_at(play, "habit"), {"orderRef": play.order.order_ref, **habit})

    return prepare


def ship_from_vendor(stage: Stage, play: Play, _case: Case) -> None:
    """The goods leave his house, whatever anybody has said."""
    stage.desk.sandboxes.command(_at(play, "ship"), {"orderRef": play.order.order_ref, "force": True})


def answer_by_vendor(habit: str) -> Do:
    """Somebody of his answers the mail now."""

    def do(stage: Stage, play: Play, _case: Case) -> None:
        stage.desk.sandboxes.command(_at(play, "answer"), {"orderRef": play.order.order_ref, "habit": habit})

    return do


def _at(play: Play, command: str) -> str:
    return f"vendor/{play.order.merchant}/{VENDORS[play.order.merchant]}/{command}"
