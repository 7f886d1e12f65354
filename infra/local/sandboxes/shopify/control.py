"""What people, other apps and the rest of the world do in a shop: orders come in, goods leave, staff cancel and refund."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from infra.local.sandboxes.shopify import cancel, events, fulfil, holds, money, service_requests
from infra.local.sandboxes.shopify.reading import disputes
from infra.local.sandboxes.shopify.shop import Shop, now
from infra.local.sandboxes.shopify.state import Hold, Line, Order, Refund, Return, Transaction, Work

GATEWAY = "shopify_payments"
FINANCIAL = {
    "authorized": ("AUTHORIZATION", "SUCCESS"),
    "captured": ("SALE", "SUCCESS"),
    "pending": ("SALE", "PENDING"),
    "expired": ("AUTHORIZATION", "SUCCESS"),
}


def create(shop: Shop, told: Mapping[str, Any]) -> Order:
    """Raises ValueError for an order that is there already, KeyError for a warehouse that is at none of the shop's locations."""
    ref = str(told["order_ref"])
    if ref in shop.orders:
        raise ValueError(f"order {ref} is there")
    lines = [_line(raw) for raw in told["lines"]]
    order = Order(
        order_ref=ref,
        name=told.get("name", f"#{ref}"),
        currency=told.get("currency", "USD"),
        lines=lines,
        works=[_work(shop, raw) for raw in told["legs"]],
        created_at=told.get("created_at") or now(),
        shipping=str(Decimal(told.get("shipping", "0.00"))),
        risk=told.get("risk", "low"),
        tags=list(told.get("tags", [])),
        email=told.get("email", f"customer-{ref}@example.com"),
        customer_tags=list(told.get("customer_tags", [])),
        disputes=list(told.get("disputes", [])),
        payment_terms=bool(told.get("payment_terms", False)),
        expired=told.get("financial") == "expired",
        address_check=told.get("address_check", ""),
        address=dict(told.get("address", {})),
        locale=told.get("locale", ""),
    )
    order.transactions = _payments(shop, order, told)
    shop.orders[ref] = order
    events.order_created(shop, order)
    return order


def _line(raw: Mapping[str, Any]) -> Line:
    more = {name: raw[name] for name in ("requires_shipping", "group", "groups") if name in raw}
    return Line(str(raw["id"]), raw["sku"], int(raw["quantity"]), str(Decimal(raw["price"])), **more)


def _work(shop: Shop, raw: Mapping[str, Any]) -> Work:
    """A leg names its warehouse, or the location itself."""
    location = raw.get("location") or shop.location_of(raw["warehouse"])
    lines = {str(line): int(quantity) for line, quantity in raw["lines"].items()}
    names = ("base_status", "by_service", "active_location", "request_status", "fulfill_by")
    return Work(str(raw["id"]), location, lines, dict(lines), **{n: raw[n] for n in names if n in raw})


def _payments(shop: Shop, order: Order, told: Mapping[str, Any]) -> list[Transaction]:
    """One transaction over the whole amount, or those that ``payments`` lists: {kind, amount, status?, gateway?, expires_at?, created_at?,
    manual?}."""
    kind, status = FINANCIAL[told.get("financial", "captured")]
    rows = told.get("payments") or [{"kind": kind, "status": status, "amount": str(order.total)}]
    made: list[Transaction] = []
    for row in rows:
        parent = made[row["parent"]].transaction_id if "parent" in row else ""
        gateway, expires = row.get("gateway", GATEWAY), row.get("expires_at", "")
        amount = str(Decimal(row["amount"]))
        more = {"created_at": row.get("created_at", order.created_at), "manual": bool(row.get("manual", False))}
        made.append(
            Transaction(
                shop.next(), row["kind"], row.get("status", "SUCCESS"), amount, gateway, parent, expires, **more
            )
        )
    return made


def pay(shop: Shop, told: Mapping[str, Any]) -> None:
    """{order_ref}: the customer pays what is open after all."""
    order = shop.orders[told["order_ref"]]
    if order.outstanding <= 0:
        raise ValueError("nothing is open")
    order.expired = False
    amount = str(order.outstanding)
    order.transactions.append(Transaction(shop.next(), "SALE", "SUCCESS", amount, GATEWAY, created_at=now()))


def fulfil_order(shop: Shop, told: Mapping[str, Any]) -> list[str]:
    """{order_ref, leg_id?, lines?, tracking?, shipment_status?}; gives the fulfillments' ids."""
    order = shop.orders[told["order_ref"]]
    works = order.chosen(told.get("leg_id", ""))
    if told.get("lines") and len(works) > 1:
        raise ValueError("lines belong to one leg: name it")
    status, tracking = told.get("shipment_status", "in_transit"), told.get("tracking", "")
    sent = [
        fulfil.ship(shop, order, work, told.get("lines") or {}, tracking or f"1Z{work.work_id}", status)
        for work in works
        if any(work.left.values())
    ]
    if not sent:
        raise ValueError("nothing is left to ship")
    return [made.fulfillment_id for made in sent]


def cancel_by_staff(shop: Shop, told: Mapping[str, Any]) -> None:
    """{order_ref, reason?, refund?, restock?, note?}: somebody cancels in the shop's admin."""
    order = shop.orders[told["order_ref"]]
    asked = {"reason": told.get("reason", "CUSTOMER"), "restock": told.get("restock", True)}
    problem = cancel.problem_with(order, asked)
    if problem:
        raise ValueError(problem["message"])
    cancel.apply(shop, order, {**asked, "note": told.get("note", ""), "refund": told.get("refund", False)})


def refund_by_other(shop: Shop, told: Mapping[str, Any]) -> str:
    """{order_ref, amount?, lines?, note?}: another app refunds; without an amount what the lines cost, else all that is left."""
    order = shop.orders[told["order_ref"]]
    lines = {str(line): int(quantity) for line, quantity in (told.get("lines") or {}).items()}
    for line_id, quantity in lines.items():
        line = order.line(line_id)
        if line is None or not 0 < quantity <= line.current:
            raise ValueError(f"line {line_id} has no {quantity} units to refund")
    priced = sum((Decimal(x.price) * lines[x.line_id] for x in order.lines if x.line_id in lines), Decimal(0))
    amount = Decimal(told["amount"]) if "amount" in told else priced or order.net_payment
    if not 0 < amount <= order.net_payment:
        raise ValueError(f"{amount} of {order.net_payment} cannot be refunded")
    record = Refund(shop.next(), told.get("note", ""), lines, [], now())
    for line in order.lines:
        line.refunded += lines.get(line.line_id, 0)
    record.transactions = _spread(shop, order, amount)
    order.refunds.append(record)
    money.write(shop, order, record, "")
    events.refund_created(shop, order, record)
    return record.refund_id


def _spread(shop: Shop, order: Order, amount: Decimal) -> list[str]:
    made: list[str] = []
    for payment in order.payments():
        part = min(amount, order.left_of(payment))
        if part > 0:
            made.append(money.give_back(shop, order, payment, part, "SUCCESS").transaction_id)
            amount -= part
    return made


def hold_by_other(shop: Shop, told: Mapping[str, Any]) -> None:
    """{order_ref, leg_id?, handle?, reason?}: another app, or staff, holds."""
    order = shop.orders[told["order_ref"]]
    for work in order.chosen(told.get("leg_id", "")):
        holds.put(shop, order, work, Hold(shop.next(), told.get("handle", ""), False, told.get("reason", "OTHER")))


def release_by_other(shop: Shop, told: Mapping[str, Any]) -> None:
    """{order_ref, leg_id?, handle?}: somebody lets go, of that hold or of everybody's."""
    order = shop.orders[told["order_ref"]]
    for work in order.chosen(told.get("leg_id", "")):
        chosen = [hold for hold in work.holds if told.get("handle") in (None, hold.handle)]
        holds.lift(shop, order, work, chosen)


def cancellation_request(shop: Shop, told: Mapping[str, Any]) -> None:
    """{order_ref, leg_id?, step: submitted | accepted | rejected, message?}: between the merchant and a fulfillment service."""
    order, step = shop.orders[told["order_ref"]], told["step"]
    for work in order.chosen(told.get("leg_id", "")):
        if not work.by_service:
            raise ValueError("a fulfillment order must be of api type")
        if step == "submitted":
            service_requests.ask(shop, order, work, told.get("message", ""))
        elif not work.requests:
            raise ValueError("nothing was asked")
        else:
            service_requests.answer(shop, order, work, step)


def reduce_lines(shop: Shop, told: Mapping[str, Any]) -> None:
    """{order_ref, lines}: somebody takes so many units off the order."""
    order = shop.orders[told["order_ref"]]
    lines = {str(line): int(quantity) for line, quantity in told["lines"].items()}
    for line_id, quantity in lines.items():
        line = order.line(line_id)
        if line is None or not 0 < quantity <= line.current:
            raise ValueError(f"line {line_id} has no {quantity} units")
        line.removed += quantity
        money.take_off_work(order, line_id, quantity)
    shop.write("edit", order.order_ref, lines=lines)
    events.order_edited(shop, order, shop.next(), lines)
    events.order_updated(shop, order)


def touch(shop: Shop, told: Mapping[str, Any]) -> None:
    """{order_ref}: the shop tells of an update in which nothing has changed that a cancel rests on."""
    events.order_updated(shop, shop.orders[told["order_ref"]])


def capture(shop: Shop, told: Mapping[str, Any]) -> None:
    """{order_ref}: reserved money is taken."""
    order = shop.orders[told["order_ref"]]
    waiting = order.open_authorizations()
    if not waiting:
        raise ValueError("nothing is reserved")
    for one in waiting:
        taken = Transaction(shop.next(), "CAPTURE", "SUCCESS", one.amount, one.gateway, one.transaction_id)
        order.transactions.append(taken)
        shop.write("capture", order.order_ref, amount=one.amount)
        events.transaction_created(shop, order, taken)
    events.order_paid(shop, order)


def dispute(shop: Shop, told: Mapping[str, Any]) -> str:
    """{order_ref, status?, dispute_id?}: a new dispute, or another status of one that is there; gives its id."""
    order, status = shop.orders[told["order_ref"]], told.get("status", "NEEDS_RESPONSE")
    known = [name for name, _ in disputes(order)]
    if told.get("dispute_id"):
        place = known.index(told["dispute_id"])
        order.disputes[place] = status
        events.disputed(shop, order, known[place], status, "update")
        return known[place]
    order.disputes.append(status)
    name = disputes(order)[-1][0]
    events.disputed(shop, order, name, status, "create")
    return name


RETURN_STEPS = {
    "request": "REQUESTED",
    "approve": "OPEN",
    "reopen": "OPEN",
    "decline": "DECLINED",
    "cancel": "CANCELED",
    "close": "CLOSED",
}


def take_back(shop: Shop, told: Mapping[str, Any]) -> str:
    """{order_ref, step, return_id?, lines?}: a return that somebody else opens ("request", with lines) or moves on; gives its id."""
    order, step = shop.orders[told["order_ref"]], told["step"]
    if told.get("return_id"):
        found = next(x for x in order.returns if x.return_id == told["return_id"])
        found.status = RETURN_STEPS[step]
    else:
        found = Return(shop.next(), _sent_items(order, told["lines"]), RETURN_STEPS[step])
        order.returns.append(found)
    shop.write(f"return_{step}", order.order_ref, return_id=found.return_id)
    events.returned(shop, order, found, step)
    return found.return_id


def _sent_items(order: Order, lines: Mapping[str, int]) -> list[dict[str, Any]]:
    """Each line from the first fulfillment that has it. Raises ValueError for what was never sent."""
    items = []
    for line, quantity in lines.items():
        sent = next((f for f in order.fulfillments if f.lines.get(line, 0) >= quantity), None)
        if sent is None:
            raise ValueError(f"{quantity} of line {line} were not sent")
        items.append({"fulfillment_id": sent.fulfillment_id, "line_id": line, "quantity": quantity, "note": ""})
    return items


def privacy(shop: Shop, told: Mapping[str, Any]) -> None:
    """{topic, customer_id?, orders?}: one of the three webhooks that every app gets."""
    events.privacy(shop, told["topic"], str(told.get("customer_id", "")), [str(x) for x in told.get("orders", ())])
