"""Stories that begin at the other doors: a mail, the hosted form, a list, and an order that nobody paid."""

from collections.abc import Iterator
from typing import Any

from infra.local.day.director import Play, Stage
from infra.local.day.orders import Numbers, Order, make, unpaid_since
from infra.local.day.wishes import by_csv, by_form, by_mail, by_payment_timeout


def door_plays(numbers: Numbers, merchant: str, warehouse: str) -> Iterator[Play]:
    def order(**more: Any) -> Order:
        return make(numbers, merchant, "shopify", warehouses=(warehouse,), **more)

    yield Play("asked by e-mail, twice the same mail", order(), _mail, "stopped")
    yield Play("asked on the cancel form, clicked twice", order(), _form, "stopped")
    yield Play("out of stock: a line of a list", order(), _list, "stopped")
    yield Play("not paid in time: found by the sweep", order(**unpaid_since(48)), _sweep, "stopped")


def _mail(stage: Stage, play: Play) -> None:
    by_mail(stage, play.order, times=2)


def _form(stage: Stage, play: Play) -> None:
    by_form(stage, play.order, times=2)


def _list(stage: Stage, play: Play) -> None:
    by_csv(stage, [play.order], sku=play.order.lines[0].sku)


def _sweep(stage: Stage, _play: Play) -> None:
    by_payment_timeout(stage)
