"""What GraphQL shows of a shop's state: plain mappings, with a function wherever a field takes arguments."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from infra.local.sandboxes.shopify import installation, search
from infra.local.sandboxes.shopify.paging import connection, listed
from infra.local.sandboxes.shopify.shop import Shop, numeric
from infra.local.sandboxes.shopify.state import (
    ACTIVE_RETURNS,
    Fulfillment,
    Hold,
    Line,
    Order,
    Refund,
    Return,
    Transaction,
    Work,
)
from stopship.adapters.shopify.gid import gid

DISPUTE = "ShopifyPaymentsDispute"
TWO_PLACES = Decimal("0.01")
# FulfillmentDisplayStatus where it is not the carrier's own word.
DISPLAYED = {"": "FULFILLED", "confirmed": "CONFIRMED", "label_printed": "LABEL_PRINTED"}

type View = Mapping[str, Any]
type Resolver = Callable[..., Any]


def money(amount: Decimal | str, currency: str) -> View:
    """A bag whose two currencies are one: the shop sells in its own."""
    one = {"amount": str(Decimal(amount).quantize(TWO_PLACES)), "currencyCode": currency}
    return {"shopMoney": one, "presentmentMoney": one}


def queries(shop: Shop) -> dict[str, Resolver]:
    return {
        "order": lambda _, id: _maybe(shop.order(id), order),
        "orders": lambda info, **a: search.orders(shop, a.pop("query", None) or "", a.pop("sortKey", ""), order)(
            info, **a
        ),
        "fulfillmentOrder": lambda _, id: _maybe(shop.work(id), lambda found: work(*found)),
        "fulfillment": lambda _, id: _fulfillment_by(shop, id),
        "job": lambda _, id: _job(shop, id),
        "return": lambda _, id: _return_by(shop, id),
        "returnableFulfillments": lambda info, **a: _returnable(shop, a.pop("orderId"))(info, **a),
        **installation.queries(shop),
    }


def disputes(one: Order) -> list[tuple[str, str]]:
    """Id and status of each, oldest first."""
    return [(f"{one.order_ref}{place}", status) for place, status in enumerate(one.disputes, start=1)]


def _maybe(found: Any, show: Callable[[Any], View]) -> View | None:
    return None if found is None else show(found)


def _fulfillment_by(shop: Shop, wanted: str) -> View | None:
    name = numeric(wanted, "Fulfillment")
    for one in shop.orders.values():
        for sent in one.fulfillments:
            if sent.fulfillment_id == name:
                return fulfillment(one, sent)
    return None


def _return_by(shop: Shop, wanted: str) -> View | None:
    name = numeric(wanted, "Return")
    for one in shop.orders.values():
        for made in one.returns:
            if made.return_id == name:
                return {**returned(one, made), "order": order(one)}
    return None


def _job(shop: Shop, wanted: str) -> View | None:
    found = shop.jobs.get(wanted.removeprefix("gid://shopify/Job/"))
    return {"id": wanted, "done": found.done} if found else None


def _returnable(shop: Shop, order_id: str) -> Resolver:
    found = shop.order(order_id)
    sent = [f for f in found.fulfillments if any(returnable(found, f).values())] if found else []
    return connection(sent, lambda f: _returnable_fulfillment(found, f))  # type: ignore[arg-type]


# ---------------------------------------------------------------------------------------------- orders


def order(one: Order) -> View:
    return {
        "id": gid("Order", one.order_ref),
        "name": one.name,
        "email": one.email or None,
        "customerLocale": one.locale or None,
        "createdAt": one.created_at,
        "shippingAddress": {
            **one.address,
            "countryCodeV2": one.address.get("countryCode"),
            "validationResultSummary": one.address_check or None,
        },
        "tags": one.tags,
        "customer": _customer(one),
        "risk": {"assessments": [{"riskLevel": one.risk.upper()}] if one.risk else []},
        "disputes": [{"id": gid(DISPUTE, name), "status": status} for name, status in disputes(one)],
        "cancelledAt": one.cancelled_at or None,
        "cancellation": {"staffNote": one.staff_note or None} if one.cancelled_at else None,
        "metafield": lambda _, key, namespace="": _metafield(one, namespace, key),
        "lineItems": connection(one.lines, line),
        "fulfillmentOrders": connection(one.works, lambda x: work(one, x)),
        "fulfillments": listed(one.fulfillments, lambda x: fulfillment(one, x)),
        "returns": connection(one.returns, lambda x: returned(one, x)),
        **_money_of(one),
    }


def _money_of(one: Order) -> View:
    return {
        "displayFinancialStatus": one.financial_status,
        "paymentGatewayNames": list(dict.fromkeys(x.gateway for x in one.transactions)),
        "paymentTerms": {"id": gid("PaymentTerms", one.order_ref)} if one.payment_terms else None,
        "presentmentCurrencyCode": one.currency,
        "totalPriceSet": money(one.total, one.currency),
        "totalOutstandingSet": money(one.outstanding, one.currency),
        "totalShippingPriceSet": money(one.shipping, one.currency),
        "totalRefundedShippingSet": money(one.shipping_refunded, one.currency),
        "netPaymentSet": money(one.net_payment, one.currency),
        "transactions": listed(one.transactions, lambda x: transaction(one, x)),
        "refunds": listed(one.refunds, lambda x: refund(one, x)),
        "suggestedRefund": lambda _, **a: suggested(
            one, a.get("refundLineItems") or (), full=bool(a.get("suggestFullRefund"))
        ),
    }


def _customer(one: Order) -> View | None:
    if not (one.email or one.customer_tags):
        return None
    address = {"emailAddress": one.email} if one.email else None
    return {"tags": one.customer_tags, "defaultEmailAddress": address}


def _metafield(one: Order, namespace: str, key: str) -> View | None:
    value = one.metafields.get(f"{namespace}/{key}")
    return None if value is None else {"id": gid("Metafield", one.order_ref), "value": value}


def line(one: Line) -> View:
    return {
        "id": gid("LineItem", one.line_id),
        "sku": one.sku,
        "quantity": one.quantity,
        "currentQuantity": one.current,
        "refundableQuantity": one.current,
        "requiresShipping": one.requires_shipping,
        "lineItemGroup": {"id": gid("LineItemGroup", one.group), "quantity": one.groups} if one.group else None,
    }


def _line_of(one: Order, line_id: str) -> View:
    found = one.line(line_id)
    if found is None:
        raise KeyError(line_id)
    return line(found)


def work(parent: Order, one: Work) -> View:
    place = {
        "id": gid("Location", one.location_id),
        "isFulfillmentService": one.by_service,
        "isActive": one.active_location,
    }
    mine = [f for f in parent.fulfillments if f.work_id == one.work_id]
    return {
        "id": gid("FulfillmentOrder", one.work_id),
        "orderId": gid("Order", parent.order_ref),
        "status": one.status,
        "assignedLocation": {"location": place if one.location_id else None},
        "lineItems": connection(list(one.left.items()), lambda x: _work_line(parent, *x)),
        "fulfillments": connection(mine, lambda x: fulfillment(parent, x)),
        "fulfillmentHolds": [hold(x) for x in one.holds],
        "fulfillBy": one.fulfill_by or None,
        "requestStatus": one.request_status,
        "merchantRequests": connection(one.requests, request),
    }


def _work_line(parent: Order, line_id: str, left: int) -> View:
    return {"remainingQuantity": left, "lineItem": _line_of(parent, line_id)}


def request(one: Mapping[str, str]) -> View:
    return {"kind": one["kind"]}


def hold(one: Hold) -> View:
    return {
        "id": gid("FulfillmentHold", one.hold_id),
        "handle": one.handle,
        "heldByRequestingApp": one.ours,
        "reason": one.reason,
    }


def fulfillment(parent: Order, one: Fulfillment) -> View:
    return {
        "id": gid("Fulfillment", one.fulfillment_id),
        "status": one.status,
        "displayStatus": DISPLAYED.get(one.shipment_status, one.shipment_status.upper()),
        "inTransitAt": one.in_transit_at or None,
        "createdAt": one.created_at,
        "deliveredAt": one.delivered_at or None,
        "fulfillmentLineItems": connection(list(one.lines.items()), lambda x: _sent_line(parent, one, *x)),
        "trackingInfo": [{"company": None, "number": one.tracking}] if one.tracking else [],
        "fulfillmentOrders": connection(
            [w for w in parent.works if w.work_id == one.work_id], lambda w: work(parent, w)
        ),
    }


def sent_line_id(fulfillment_id: str, line_id: str) -> str:
    return gid("FulfillmentLineItem", f"{fulfillment_id}{line_id}")


def _sent_line(parent: Order, sent: Fulfillment, line_id: str, quantity: int) -> View:
    return {
        "id": sent_line_id(sent.fulfillment_id, line_id),
        "quantity": quantity,
        "lineItem": _line_of(parent, line_id),
    }


# ---------------------------------------------------------------------------------------------- returns


def returned(parent: Order, one: Return) -> View:
    return {
        "id": gid("Return", one.return_id),
        "status": one.status,
        "returnLineItems": connection(one.items, lambda x: _return_line(parent, x)),
    }


def _return_line(parent: Order, item: Mapping[str, Any]) -> View:
    sent = next(f for f in parent.fulfillments if f.fulfillment_id == item["fulfillment_id"])
    return {
        "__typename": "ReturnLineItem",
        "quantity": item["quantity"],
        "returnReasonNote": item["note"],
        "fulfillmentLineItem": _sent_line(parent, sent, item["line_id"], sent.lines[item["line_id"]]),
    }


def returnable(parent: Order, sent: Fulfillment) -> dict[str, int]:
    """Units of a fulfillment that no return has and no refund has paid for, by line."""
    if sent.status != "SUCCESS":
        return {}
    back: dict[str, int] = {}
    for one in parent.returns:
        for item in one.items if one.status in (*ACTIVE_RETURNS, "CLOSED") else ():
            if item["fulfillment_id"] == sent.fulfillment_id:
                back[item["line_id"]] = back.get(item["line_id"], 0) + item["quantity"]
    paid_for = {x.line_id: x.current for x in parent.lines}
    return {x: max(0, min(quantity - back.get(x, 0), paid_for[x])) for x, quantity in sent.lines.items()}


def _returnable_fulfillment(parent: Order, sent: Fulfillment) -> View:
    left = [(x, quantity) for x, quantity in returnable(parent, sent).items() if quantity]
    return {
        "returnableFulfillmentLineItems": connection(
            left, lambda x: {"quantity": x[1], "fulfillmentLineItem": _sent_line(parent, sent, x[0], sent.lines[x[0]])}
        )
    }


# ---------------------------------------------------------------------------------------------- money


def transaction(parent: Order, one: Transaction) -> View:
    return {
        "id": gid("OrderTransaction", one.transaction_id),
        "kind": one.kind,
        "status": one.status,
        "gateway": one.gateway,
        "createdAt": one.created_at or parent.created_at,
        "manualPaymentGateway": one.manual,
        "authorizationExpiresAt": one.expires_at or None,
        "amountSet": money(one.amount, parent.currency),
        "parentTransaction": _maybe(parent.transaction(one.parent_id), lambda x: transaction(parent, x)),
    }


def refund(parent: Order, one: Refund) -> View:
    moved = [t for t in parent.transactions if t.transaction_id in one.transactions]
    return {
        "id": gid("Refund", one.refund_id),
        "note": one.note or None,
        "refundLineItems": connection(
            list(one.lines.items()), lambda x: {"quantity": x[1], "lineItem": _line_of(parent, x[0])}
        ),
        "transactions": connection(moved, lambda x: transaction(parent, x)),
    }


def suggested(one: Order, lines: Sequence[Mapping[str, Any]], *, full: bool) -> View:
    """Lines at their price, or all that is left with shipping; never more than was received. Spread over the payments in order."""
    amount = one.net_payment if full else sum((_priced(one, x) for x in lines), Decimal(0))
    amount = max(Decimal(0), min(amount, one.net_payment))
    parts, rest = [], amount
    for payment in one.payments():
        part = min(rest, one.left_of(payment))
        if part > 0:
            parts.append((payment, part))
            rest -= part
    return {
        "amountSet": money(amount, one.currency),
        "suggestedTransactions": [
            {
                "gateway": payment.gateway,
                "amountSet": money(part, one.currency),
                "parentTransaction": transaction(one, payment),
            }
            for payment, part in parts
        ],
    }


def _priced(one: Order, asked: Mapping[str, Any]) -> Decimal:
    found = one.line(numeric(asked["lineItemId"], "LineItem"))
    return Decimal(found.price) * min(asked["quantity"], found.current) if found else Decimal(0)
