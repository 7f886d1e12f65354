"""Shopify's messages that are no wish, in the desk's words: one reader a topic.

Where a payload says less than what is true now (the status of a dispute or a return, whose refund it is), the shop is asked: messages come
late, twice and in the wrong order, and a reading does not.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation

from stopship.adapters.shopify.connection import FULFILLMENT_SERVICE
from stopship.adapters.shopify.gid import number
from stopship.adapters.shopify.lookups import Lookups
from stopship.adapters.shopify.mapping import CHANNEL, DEPARTED_STATUSES
from stopship.adapters.shopify.money import dispute_state, key_in
from stopship.adapters.shopify.order_system import Work
from stopship.adapters.shopify.payloads import Body, first_work, numbered, order_of, quantities, work_of
from stopship.application.take_in import IntakeMessage
from stopship.domain import instant
from stopship.domain.chain import digest
from stopship.domain.errors import InvalidInput
from stopship.domain.order import AckLevel, PickState
from stopship.domain.signal import Signal, SignalKind

type Reader = Callable[[IntakeMessage, Body, Lookups | None], Signal | None]

_UNDONE = frozenset({"cancelled", "error", "failure"})
_CAME_TO_NOTHING = frozenset({"failure", "error"})
_TAKEN = {
    "authorization": "authorization",
    "emv_authorization": "authorization",
    "capture": "capture",
    "sale": "capture",
    "void": "void",
}
_GIVEN_BACK = frozenset({"refund", "change"})

# ---------------------------------------------------------------------------------------------- goods


def _fulfillment(message: IntakeMessage, payload: Body, _: Lookups | None) -> Signal | None:
    """A fulfillment that was undone is no shipment; one without a carrier's word is a label at most."""
    if payload.get("status") in _UNDONE:
        return None
    when = payload.get("updated_at") or payload["created_at"]
    return _shipment(message, order_of(payload), [payload], when, _departed(payload))


def _carrier_event(message: IntakeMessage, payload: Body, _: Lookups | None) -> Signal:
    return _signal(
        message,
        order_of(payload),
        SignalKind.SHIPMENT,
        payload.get("happened_at") or payload["created_at"],
        departed=str(payload["status"]).upper() in DEPARTED_STATUSES,
        reference=str(payload["fulfillment_id"]),
    )


def _fulfilled(message: IntakeMessage, payload: Body, _: Lookups | None) -> Signal:
    """What has left, when any of it has; else what carries a label."""
    sent = [f for f in payload.get("fulfillments") or () if f.get("status") not in _UNDONE]
    gone = [f for f in sent if _departed(f)]
    when = payload.get("updated_at") or message.received_at
    return _shipment(message, order_of(payload), gone or sent, when, bool(gone))


def _shipment(message: IntakeMessage, order_ref: str, parts: Sequence[Body], when: str, departed: bool) -> Signal:  # noqa: FBT001
    reference = next((str(p.get("tracking_number") or p["id"]) for p in parts), "")
    lines = quantities(item for part in parts for item in part["line_items"])
    return _signal(message, order_ref, SignalKind.SHIPMENT, when, lines=lines, departed=departed, reference=reference)


def _departed(fulfillment: Body) -> bool:
    return str(fulfillment.get("shipment_status") or "").upper() in DEPARTED_STATUSES


# ---------------------------------------------------------------------------------------------- holds and work


def _hold_released(message: IntakeMessage, payload: Body, look: Lookups | None) -> Signal | None:
    """One hold with its handle; or, as fulfillment_orders/hold_released, the last of all. Both tell of one release, so that a hold of ours
    which stands (again) was not let go of."""
    hold, work = payload.get("fulfillment_hold") or {}, work_of(payload, look)
    handle = str(hold.get("handle") or "")
    ours = look.holds(payload["fulfillment_order"]["id"]) if look else frozenset[str]()
    if (handle in ours) if handle else ours:
        return None
    reference = str(hold.get("id") or "")
    return _of_work(message, work, SignalKind.HOLD_RELEASED, reference=reference, origin_key=handle)


def _work_changed(message: IntakeMessage, payload: Body, look: Lookups | None) -> Signal:
    return _of_work(message, work_of(payload, look), SignalKind.WORK_CHANGED)


def _moved(message: IntakeMessage, payload: Body, look: Lookups | None) -> Signal:
    names = [(payload.get(part) or {}).get("id") for part in ("moved_fulfillment_order", "original_fulfillment_order")]
    return _of_work(message, first_work(names, look), SignalKind.WORK_CHANGED)


def _merged(message: IntakeMessage, payload: Body, look: Lookups | None) -> Signal:
    """``fulfillment_order_merges`` is one object in Shopify's example, and its name says several."""
    merges = payload["fulfillment_order_merges"]
    rows = merges if isinstance(merges, list) else [merges]
    return _of_work(
        message, first_work([row["fulfillment_order"]["id"] for row in rows], look), SignalKind.WORK_CHANGED
    )


def _held(message: IntakeMessage, payload: Body, look: Lookups | None) -> Signal | None:
    """A hold on the whole work changes nothing that the desk acts on; one on a part leaves a new piece of work beside it."""
    return _work_changed(message, payload, look) if payload.get("remaining_fulfillment_order") else None


def _progress(state: PickState) -> Reader:
    def read(message: IntakeMessage, payload: Body, look: Lookups | None) -> Signal:
        return _of_work(message, work_of(payload, look), SignalKind.PROGRESS_SEEN, state=state)

    return read


def _stop_answered(level: AckLevel) -> Reader:
    """The service's answer to a cancellation request. Its message to the merchant is free text, and is not taken over."""

    def read(message: IntakeMessage, payload: Body, look: Lookups | None) -> Signal:
        work = work_of(payload, look)
        return _of_work(message, work, SignalKind.STOP_ANSWERED, reference=FULFILLMENT_SERVICE, state=level)

    return read


# ---------------------------------------------------------------------------------------------- the order


def _edited(message: IntakeMessage, payload: Body, _: Lookups | None) -> Signal:
    edit = payload["order_edit"]
    when = edit.get("committed_at") or edit.get("created_at") or message.received_at
    return _signal(
        message,
        numbered(edit["order_id"]),
        SignalKind.ORDER_CHANGED,
        when,
        reference=str(edit["id"]),
        digest_=digest({"edit": str(edit["id"])}),
    )


def _updated(message: IntakeMessage, payload: Body, _: Lookups | None) -> Signal:
    """Of all that an update may be about, this is what a cancel rests on."""
    lines = sorted(
        [str(x["admin_graphql_api_id"]), x["quantity"], x.get("current_quantity"), x.get("fulfillable_quantity")]
        for x in payload["line_items"]
    )
    told = {"lines": lines, "cancelled": payload.get("cancelled_at"), "fulfilled": payload.get("fulfillment_status")}
    when = payload.get("updated_at") or message.received_at
    return _signal(message, order_of(payload), SignalKind.ORDER_CHANGED, when, digest_=digest(told))


def _deleted(message: IntakeMessage, payload: Body, _: Lookups | None) -> Signal:
    return _signal(message, numbered(payload["id"]), SignalKind.ORDER_CHANGED, message.received_at, digest_="deleted")


def _risk_changed(message: IntakeMessage, payload: Body, _: Lookups | None) -> Signal:
    name = payload.get("admin_graphql_api_order_id")
    order_ref = number(name, "Order") if name else numbered(payload.get("order_id"))
    when = payload.get("created_at") or message.received_at
    told = {"risk": str(payload.get("risk_level")), "provider": str(payload.get("provider_id")), "at": str(when)}
    return _signal(message, order_ref, SignalKind.ORDER_CHANGED, when, digest_=digest(told))


# ---------------------------------------------------------------------------------------------- money


def _paid(message: IntakeMessage, payload: Body, _: Lookups | None) -> Signal:
    when = payload.get("updated_at") or message.received_at
    return _signal(message, order_of(payload), SignalKind.PAYMENT_SEEN, when, state="paid")


def _transaction(message: IntakeMessage, payload: Body, look: Lookups | None) -> Signal | None:
    """It comes when a transaction is made, and again when it ends (shopify.dev, order_transactions/create)."""
    kind, status = str(payload["kind"]), str(payload["status"])
    order_ref, name = order_of(payload), _transaction_id(payload)
    when = payload.get("processed_at") or payload["created_at"]
    failed = status in _CAME_TO_NOTHING
    if kind in _GIVEN_BACK:
        if look is None:
            raise InvalidInput("id", "names a refund that nobody can look up", "look it up in the shop")
        key = look.refund_key(order_ref, name)
        failure = str(payload.get("error_code") or status) if failed else ""
        return _signal(
            message, order_ref, SignalKind.REFUND_SEEN, when, reference=name, origin_key=key, failure=failure
        )
    if failed or status != "success" or kind not in _TAKEN:
        return None
    return _signal(message, order_ref, SignalKind.PAYMENT_SEEN, when, reference=name, state=_TAKEN[kind])


def _transaction_id(payload: Body) -> str:
    name = payload.get("admin_graphql_api_id")
    return number(name, "OrderTransaction") if name else str(payload["id"])


def _refund(message: IntakeMessage, payload: Body, _: Lookups | None) -> Signal:
    items = payload.get("refund_line_items") or ()
    amount, currency = _paid_back(payload)
    return _signal(
        message,
        order_of(payload),
        SignalKind.REFUND_SEEN,
        payload.get("processed_at") or payload["created_at"],
        lines=quantities({**item["line_item"], "quantity": item["quantity"]} for item in items),
        reference=number(payload["admin_graphql_api_id"], "Refund"),
        origin_key=key_in(payload.get("note")),
        amount=amount,
        currency=currency,
    )


def _paid_back(payload: Body) -> tuple[str, str]:
    """(amount, currency) of what a refund has moved. A shop writes one down for every cancel of lines, also where no money goes back
    (Admin API, Refund.transactions): that one moved "0". ("", "") where the message does not tell."""
    rows = payload.get("transactions")
    if rows is None:
        return "", ""
    moved = [row for row in rows if (row["kind"], row["status"]) == ("refund", "success")]
    try:
        amount = sum((Decimal(str(row["amount"])) for row in moved), Decimal(0))
    except InvalidOperation as error:
        raise InvalidInput("transactions.amount", "is no amount", "send it as the shop does, as 12.50") from error
    return str(amount), str(moved[0]["currency"]) if moved else ""


def _dispute(message: IntakeMessage, payload: Body, look: Lookups | None) -> Signal | None:
    """A dispute that hangs on no order of the shop is the bank's alone. Its messages carry no time of their own: the shop says how it
    stands now, and only where it does not show the dispute the message is believed."""
    if not payload.get("order_id"):
        return None
    order_ref, name = numbered(payload["order_id"]), str(payload["id"])
    now = look.dispute(order_ref, name) if look else ""
    state = now or dispute_state(str(payload["status"]))
    return _signal(message, order_ref, SignalKind.DISPUTE_SEEN, message.received_at, reference=name, state=state)


# ---------------------------------------------------------------------------------------------- returns


def _return(message: IntakeMessage, payload: Body, look: Lookups | None) -> Signal:
    """Most of these messages name no lines, and one of them not even the order."""
    name = payload["admin_graphql_api_id"]
    reference = number(name, "Return")
    found = look.returned(name) if look else None
    if found is None:
        raise InvalidInput("admin_graphql_api_id", f"return {reference} cannot be read", "look it up in the shop")
    state = "active" if found.active else "ended"
    return _signal(
        message,
        found.order_ref,
        SignalKind.RETURN_SEEN,
        message.received_at,
        lines=found.lines,
        reference=reference,
        origin_key=found.key,
        state=state,
    )


# ---------------------------------------------------------------------------------------------- making them


def _of_work(
    message: IntakeMessage, work: Work, kind: SignalKind, *, reference: str = "", origin_key: str = "", state: str = ""
) -> Signal:
    """These messages carry no time of their own."""
    return _signal(
        message,
        work.order_ref,
        kind,
        message.received_at,
        leg_id=work.leg_id,
        lines=work.lines,
        reference=reference,
        origin_key=origin_key,
        state=state,
    )


def _signal(
    message: IntakeMessage,
    order_ref: str,
    kind: SignalKind,
    when: str,
    *,
    leg_id: str = "",
    lines: Mapping[str, int] | None = None,
    departed: bool = False,
    reference: str = "",
    origin_key: str = "",
    failure: str = "",
    state: str = "",
    digest_: str = "",
    amount: str = "",
    currency: str = "",
) -> Signal:
    return Signal(
        merchant=message.merchant,
        channel=CHANNEL,
        source=message.source,
        topic=message.topic,
        delivery_id=message.delivery_id,
        order_ref=order_ref,
        leg_id=leg_id,
        kind=kind,
        occurred_at=min(instant.normal(when), message.received_at),
        received_at=message.received_at,
        lines=dict(lines or {}),
        departed=departed,
        reference=reference,
        raw_sha256=message.raw_sha256,
        origin_key=origin_key,
        failure=failure,
        state=state,
        digest=digest_,
        amount=amount,
        currency=currency,
    )


READERS: Mapping[str, Reader] = {
    "orders/edited": _edited,
    "orders/updated": _updated,
    "orders/delete": _deleted,
    "orders/fulfilled": _fulfilled,
    "orders/partially_fulfilled": _fulfilled,
    "orders/paid": _paid,
    "orders/risk_assessment_changed": _risk_changed,
    "fulfillment_orders/cancellation_request_accepted": _stop_answered(AckLevel.SYSTEM_CANCELLED),
    "fulfillment_orders/cancellation_request_rejected": _stop_answered(AckLevel.REJECTED),
    "fulfillment_orders/moved": _moved,
    "fulfillment_orders/split": _work_changed,
    "fulfillment_orders/merged": _merged,
    "fulfillment_orders/cancelled": _work_changed,
    "fulfillment_orders/hold_released": _hold_released,
    "fulfillment_orders/fulfillment_service_failed_to_complete": _work_changed,
    "fulfillment_orders/placed_on_hold": _held,
    "fulfillment_orders/progress_reported": _progress(PickState.PICKING),
    "fulfillment_orders/manually_reported_progress_stopped": _work_changed,
    "fulfillment_orders/fulfillment_request_rejected": _work_changed,
    "fulfillment_orders/order_routing_complete": _work_changed,
    "fulfillment_orders/line_items_prepared_for_pickup": _progress(PickState.PICKED),
    "fulfillment_orders/line_items_prepared_for_local_delivery": _progress(PickState.PICKED),
    "fulfillment_holds/released": _hold_released,
    "fulfillments/create": _fulfillment,
    "fulfillments/update": _fulfillment,
    "fulfillment_events/create": _carrier_event,
    "refunds/create": _refund,
    "order_transactions/create": _transaction,
    "disputes/create": _dispute,
    "disputes/update": _dispute,
    **{f"returns/{step}": _return for step in ("request", "approve", "decline", "cancel", "close", "reopen", "update")},
}
"""One for every topic whose meaning is a signal."""
