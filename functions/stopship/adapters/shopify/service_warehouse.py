"""A fulfillment service as a warehouse: the shop carries what is asked of it, and what it answers.

For work at a fulfillment service's location that no connection of its own covers. The request is Shopify's
(fulfillmentOrderSubmitCancellationRequest, Admin GraphQL 2026-07): after it the work's request status stays what it was, and only its merchant
requests show that somebody has asked, so that they are looked at first and nothing is ever asked twice. The answer comes as a webhook, and
stands in the request status for whoever reads again.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from stopship.adapters.shopify import documents
from stopship.adapters.shopify.client import Data, ShopifyClient, reading
from stopship.adapters.shopify.connection import FULFILLMENT_SERVICE, ShopifyConnection
from stopship.adapters.shopify.gid import gid, number
from stopship.adapters.shopify.mapping import COUNTED, DEPARTED_STATUSES, LIVE_WORK, UNDER_WAY, quantities
from stopship.application.ports import Clock, StopCommand
from stopship.domain.carrier import Parcel
from stopship.domain.order import AckLevel, PickObservation, PickState, Quantities, StopAnswer
from stopship.frozen import frozen

_ASKED: Final = "CANCELLATION_REQUEST"
_YES: Final = "CANCELLATION_ACCEPTED"
_NO: Final = "CANCELLATION_REJECTED"
_NEVER_GIVEN: Final = frozenset({"UNSUBMITTED", "REJECTED"})
"""The service has no request to work on."""


@frozen
class ServiceWork:
    """``asked``: a cancellation was requested, by whomever. ``reports``: the service is known to report its progress."""

    live: bool
    held: bool
    request: str
    asked: bool
    reports: bool
    lines: Quantities
    sent: bool
    departed: bool

    @property
    def gone(self) -> bool:
        """Nothing is left of it here: it was moved or taken off the order."""
        return not self.live and not self.lines


class ShopifyServiceWarehouse:
    """Implements ports.Warehouse and ports.AnswerReader for one merchant."""

    def __init__(self, connection: ShopifyConnection, clock: Clock) -> None:
        self._connection, self._clock = connection, clock
        self._client = ShopifyClient(connection)

    def place_hold(self, case_id: str, order_ref: str, key: str) -> StopAnswer:  # noqa: ARG002
        """It knows pieces of work, not orders; those are held in the shop one by one."""
        return _answer(AckLevel.REJECTED, "unknown_order")

    def release_hold(self, case_id: str, order_ref: str, key: str) -> None:
        """There is none to release."""

    def read_pick_state(self, order_ref: str, leg_id: str) -> PickObservation:  # noqa: ARG002
        work = self._read(leg_id)
        state = _pick_state(work) if work else PickState.UNKNOWN
        return PickObservation(state, FULFILLMENT_SERVICE, self._clock.now())

    def parcels(self, order_ref: str, leg_id: str) -> Sequence[Parcel]:  # noqa: ARG002
        """The shop itself tells them, as the order system."""
        return ()

    def stop_ship(self, command: StopCommand) -> StopAnswer:
        """Asks, unless somebody has asked. Work that was never given to the service, and is held or gone, cannot be given to it any more."""
        work = self._read(command.leg_id)
        if work is None:
            return _answer(AckLevel.REJECTED, "unknown_order")
        said = _said(work)
        if said or work.asked:
            return said or _answer(AckLevel.ACCEPTED)
        if any(n > command.lines.get(line, 0) for line, n in work.lines.items()):
            return _answer(AckLevel.REJECTED, "only_whole_fulfillment_orders")
        if work.request in _NEVER_GIVEN:
            return _answer(AckLevel.SYSTEM_CANCELLED, "never_requested") if work.held or work.gone else _not_held()
        return self._ask(command)

    def read_answer(self, command: StopCommand) -> StopAnswer:
        """What the service has said so far; "accepted" while it has said nothing."""
        work = self._read(command.leg_id)
        return (_said(work) if work else None) or _answer(AckLevel.ACCEPTED)

    def _ask(self, command: StopCommand) -> StopAnswer:
        """The message names the case only: it goes to another company."""
        variables = {"id": gid("FulfillmentOrder", command.leg_id), "message": f"Stopship {command.case_id}"}
        answer = self._client.run(documents.REQUEST_CANCELLATION, variables)
        with reading("a cancellation request"):
            errors = answer["fulfillmentOrderSubmitCancellationRequest"]["userErrors"]
        if not errors:
            return _answer(AckLevel.ACCEPTED)
        again = self._read(command.leg_id)
        if again and again.asked:
            return _said(again) or _answer(AckLevel.ACCEPTED)
        return _answer(AckLevel.REJECTED, "request_refused")

    def _read(self, leg_id: str) -> ServiceWork | None:
        if not leg_id:
            return None
        variables = {"id": gid("FulfillmentOrder", leg_id)}
        with reading("a fulfillment service's work"):
            node = self._client.run(documents.SERVICE_WORK, variables)["fulfillmentOrder"]
            if node is None:
                return None
            path = ("fulfillmentOrder", "lineItems")
            lines = list(self._client.pages(node["lineItems"], documents.WORK_LINES, variables, *path))
            return _work(node, lines, self._connection.reporting_services)


def _work(node: Data, lines: Sequence[Mapping[str, Any]], reporting: frozenset[str]) -> ServiceWork:
    place = node["assignedLocation"]["location"]
    left = quantities(lines, "remainingQuantity")
    sent = [f for f in node["fulfillments"]["nodes"] if f["status"] in COUNTED | UNDER_WAY]
    return ServiceWork(
        live=node["status"] in LIVE_WORK,
        held=node["status"] == "ON_HOLD",
        request=node["requestStatus"],
        asked=any(x["kind"] == _ASKED for x in node["merchantRequests"]["nodes"]),
        reports=bool(place) and number(place["id"], "Location") in reporting,
        lines={line: quantity for line, quantity in left.items() if quantity > 0},
        sent=bool(sent),
        departed=any(f["inTransitAt"] or f["deliveredAt"] or f["displayStatus"] in DEPARTED_STATUSES for f in sent),
    )


def _pick_state(work: ServiceWork) -> PickState:
    """Released is the most that the shop knows while the service has the work. Once it has accepted a cancellation, only the silence of a
    service that reports its progress says that nothing was picked: of any other nobody knows."""
    if work.sent:
        return PickState.SHIPPED if work.departed else PickState.LABELLED
    if work.request in _NEVER_GIVEN and (work.live or work.gone):
        return PickState.NOT_RELEASED
    if work.request == _YES:
        return PickState.RELEASED if work.reports else PickState.UNKNOWN
    return PickState.RELEASED if work.live and work.request != _NO else PickState.UNKNOWN


def _said(work: ServiceWork) -> StopAnswer | None:
    """The end of it, when there is one."""
    if work.sent and not work.lines:
        state = PickState.SHIPPED if work.departed else PickState.LABELLED
        return StopAnswer(AckLevel.REJECTED, FULFILLMENT_SERVICE, state=state, actor="service", reason="sent")
    if work.request == _YES:
        return _answer(AckLevel.SYSTEM_CANCELLED)
    return _answer(AckLevel.REJECTED, "rejected_by_service") if work.request == _NO else None


def _not_held() -> StopAnswer:
    """It could be given to the service at any moment."""
    return _answer(AckLevel.REJECTED, "not_held")


def _answer(level: AckLevel, reason: str = "") -> StopAnswer:
    return StopAnswer(level, FULFILLMENT_SERVICE, actor="service", reason=reason)
