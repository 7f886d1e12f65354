"""Stories of a merchant with other warehouses, a payment provider of its own and help desks: what each of their answers is worth."""

import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from infra.local.day.director import Do, Play, Stage, When, answer, is_asked
from infra.local.day.orders import Numbers, Order, make, place
from infra.local.day.wishes import by_flow, stable
from stopship.domain.case import Case

if TYPE_CHECKING:
    from infra.local.desk import LocalDesk

MERCHANT = "cumulus"
GROWS_OLD = "a VIP's exception grows old: its team is told in the chat"
HERO, BOB, STATION = "hero", "bob", "station"

type Prepare = Callable[[Stage, Play], None]


def partner_plays(numbers: Numbers) -> Iterator[Play]:
    yield _play(numbers, HERO, "ShipHero, unpicked: read back, paid back by Stripe", _flow)
    yield _play(numbers, HERO, "ShipHero, in a tote: a person pulls it", _flow, _pick_at_shiphero, by_person=True)
    yield _play(numbers, BOB, "ShipBob, unpicked: asked for on a Zendesk ticket", by_zendesk)
    yield _play(numbers, BOB, "ShipBob, label printed: a person finds it at the dock", _flow, _label, by_person=True)
    yield _play(numbers, STATION, "ShipStation: a label tool, a person looks", by_jira, by_person=True)
    yield _grows_old(numbers)


def _play(
    numbers: Numbers,
    warehouse: str,
    name: str,
    wish: Callable[[Stage, Play], None],
    prepare: Prepare | None = None,
    *,
    by_person: bool = False,
) -> Play:
    order = make(numbers, MERCHANT, "shopify", warehouses=(warehouse,))
    reactions: list[tuple[When, Do]] = [(is_asked, answer("they_stopped_it"))] if by_person else []
    return Play(name, order, wish, "stopped", reactions, prepare, set_up=place_and_pay)


def _grows_old(numbers: Numbers) -> Play:
    """Nobody takes it up before half of its hour is over and its team has been told."""
    order = make(numbers, MERCHANT, "shopify", warehouses=(STATION,), tags=("vip",))
    reactions: list[tuple[When, Do]] = [(was_told, answer("they_stopped_it"))]
    return Play(GROWS_OLD, order, _flow, "stopped", reactions, set_up=place_and_pay)


def was_told(case: Case) -> bool:
    """Somebody was told that an exception of the case grows old."""
    return any(not notice.unknown for x in case.open_exceptions for notice in x.told.values())


def place_and_pay(desk: "LocalDesk", order: Order) -> None:
    """The order, and the customer's payment at Stripe, in cents."""
    place(desk, order)
    total = sum((Decimal(x.price) * x.quantity for x in order.lines), Decimal(0))
    paid = {"order_ref": order.order_ref, "amount": int(total * 100), "currency": "usd"}
    desk.sandboxes.command(f"stripe/{order.merchant}/pay", paid)


def _flow(stage: Stage, play: Play) -> None:
    by_flow(stage, play.order)


def by_zendesk(stage: Stage, play: Play) -> None:
    """Somebody fills in the fields of a ticket: its trigger calls the desk."""
    order, fields = play.order, stage.config(play.order.merchant)["zendesk"]["fields"]
    told = {str(fields["order"]): order.order_ref, str(fields["reason"]): "customer_request"}
    ticket = {"ticket_id": str(int(order.order_ref[-7:])), "fields": told, "description": "I would like to cancel."}
    stage.desk.sandboxes.command(f"zendesk/{order.merchant}/tickets", ticket)


def by_jira(stage: Stage, play: Play) -> None:
    """A help desk that sends signed JSON."""
    order, secret = play.order, stage.config(play.order.merchant)["help_desks"]["jira"]["secrets"][0]
    told = {
        "ticket_id": f"CXL-{order.order_ref[-4:]}",
        "order_ref": order.order_ref,
        "channel": order.channel,
        "reason": "lead_time",
        "requester": "customer",
        "link": f"https://jira.example/browse/CXL-{order.order_ref[-4:]}",
    }
    body, at = json.dumps(told).encode(), int(time.time())
    signature = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    headers = {
        "X-Stopship-Merchant": order.merchant,
        "X-Stopship-Help-Desk": "jira",
        "X-Stopship-Delivery": stable(order, "jira"),
        "X-Stopship-Signature": f"t={at},v1={signature}",
    }
    stage.post_bytes("/webhooks/ticket", body, headers)


def _pick_at_shiphero(stage: Stage, play: Play) -> None:
    stage.desk.sandboxes.command(f"shiphero/{play.order.merchant}/pick", {"order_ref": play.order.order_ref})


def _label(stage: Stage, play: Play) -> None:
    place = f"shipbob/{play.order.merchant}/orders/{play.order.order_ref}"
    for order in stage.desk.sandboxes.command(place, method="GET"):
        for shipment in order["shipments"]:
            told = {"shipment": shipment["shipment_id"], "to": "labelled"}
            stage.desk.sandboxes.command(f"shipbob/{play.order.merchant}/advance", told)
