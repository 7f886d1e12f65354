"""ShipBob as the use cases see a warehouse."""

from collections.abc import Mapping, Sequence
from typing import Any

from stopship.adapters.shipbob.client import ShipBobClient, ShipBobConnection
from stopship.adapters.shipbob.models import CancelResult, Product, Shipment
from stopship.adapters.shipbob.progress import CANCELLED, COMPLETED, STATUSES, progress, together
from stopship.adapters.words import known
from stopship.application.ports import Clock, StopCommand
from stopship.domain.carrier import CarrierState, Parcel, carrier_name
from stopship.domain.errors import PartnerContractBroken
from stopship.domain.order import AckLevel, PickObservation, PickState, StopAnswer


class ShipBobWarehouse:
    """Implements ports.Warehouse. ShipBob knows neither our legs nor the order's line ids: a leg is a shipment where its id is one, and
    otherwise all of the order's shipments."""

    def __init__(self, connection: ShipBobConnection, clock: Clock) -> None:
        self._connection, self._clock = connection, clock
        self._client = ShipBobClient(connection)

    def place_hold(self, case_id: str, order_ref: str, key: str) -> StopAnswer:  # noqa: ARG002
        """Holds are ShipBob's own; its API places none."""
        return self._answer(AckLevel.REJECTED, "no_holds")

    def release_hold(self, case_id: str, order_ref: str, key: str) -> None:
        """There is none to release."""

    def read_pick_state(self, order_ref: str, leg_id: str) -> PickObservation:
        asked_at = self._clock.now()
        shipments = self._shipments(order_ref, leg_id)
        if not shipments:
            return PickObservation(PickState.UNKNOWN, self._connection.name, asked_at)
        seen = together([progress(shipment, self._client.timeline(shipment.id)) for shipment in shipments])
        name, said = self._connection.name, seen.said if seen.state is PickState.UNKNOWN else ""
        return PickObservation(seen.state, name, asked_at, "system", departed_at=seen.departed_at, said=said)

    def parcels(self, order_ref: str, leg_id: str) -> Sequence[Parcel]:
        """One for each box that has a label. A box names its goods by SKU, and ShipBob's labels are on its own carrier accounts."""
        found = self._shipments(order_ref, leg_id)
        return [parcel for shipment in found if (parcel := _parcel(shipment))]

    def stop_ship(self, command: StopCommand) -> StopAnswer:
        """Cancels the shipments that hold the leg, and reads them back: only what the order itself then shows as cancelled counts.

        Safe to repeat: what is cancelled already is not asked for again. Shipments are cancelled whole, so that a wish for less than
        they hold is rejected as "only_whole_shipments" before any of them is touched.
        """
        before = self._shipments(command.order_ref, command.leg_id)
        if not before:
            return self._answer(AckLevel.REJECTED, "unknown_order")
        for shipment in before:
            known(self._connection.name, "shipment.status", shipment.status, STATUSES)
        wanted = sum(command.lines.values())
        open_ = [shipment for shipment in before if shipment.status != CANCELLED]
        if not open_:
            return self._all_cancelled(before, wanted)
        chosen = _holding(open_, wanted)
        if chosen is None:
            return self._answer(AckLevel.REJECTED, "only_whole_shipments")
        results = self._results([shipment.id for shipment in chosen])
        return self._verdict(command, results)

    def _all_cancelled(self, shipments: Sequence[Shipment], wanted: int) -> StopAnswer:
        if pieces(shipments) < wanted:
            return self._partial([shipment.id for shipment in shipments])
        return self._answer(AckLevel.SYSTEM_CANCELLED, reference=_ids(x.id for x in shipments))

    def _results(self, asked: Sequence[int]) -> dict[int, CancelResult]:
        found = {result.shipment_id: result for result in self._client.cancel(asked)}
        missing = [shipment_id for shipment_id in asked if shipment_id not in found]
        if missing:
            raise PartnerContractBroken(
                self._connection.name, "results: not every shipment has one", {"field": "results", "missing": missing}
            )
        return {shipment_id: found[shipment_id] for shipment_id in asked}

    def _verdict(self, command: StopCommand, results: Mapping[int, CancelResult]) -> StopAnswer:
        said = [shipment_id for shipment_id, result in results.items() if result.is_success]
        if not said:
            return self._answer(AckLevel.REJECTED, "not_cancelled", reference=_ids(results))
        after = self._shipments(command.order_ref, command.leg_id)
        status = {shipment.id: shipment.status for shipment in after}
        stopped = [shipment_id for shipment_id in said if status.get(shipment_id) == CANCELLED]
        if len(stopped) < len(said):
            # It says so, and its own order does not: no more than that it took the wish.
            return self._answer(AckLevel.ACCEPTED, "still_open", reference=_ids(said))
        if any(x.id not in results and x.status not in (CANCELLED, COMPLETED) for x in after):
            return self._answer(AckLevel.ACCEPTED, "other_work_open", reference=_ids(stopped))
        held = [shipment for shipment in after if shipment.status == CANCELLED]
        if len(stopped) < len(results) or pieces(held) < sum(command.lines.values()):
            return self._partial(stopped)
        return self._answer(AckLevel.SYSTEM_CANCELLED, reference=_ids(stopped))

    def _partial(self, stopped: Sequence[int]) -> StopAnswer:
        """Which of the order's lines were stopped cannot be said in the order's terms: the reference names the shipments."""
        return StopAnswer(
            AckLevel.SYSTEM_CANCELLED,
            self._connection.name,
            actor="system",
            reference=_ids(stopped),
            reason="partial",
            partial=True,
        )

    def _shipments(self, order_ref: str, leg_id: str) -> list[Shipment]:
        found = [x for order in self._client.orders(order_ref) for x in order.shipments or ()]
        return [x for x in found if str(x.id) == leg_id] or found

    def _answer(self, level: AckLevel, reason: str = "", *, reference: str = "") -> StopAnswer:
        return StopAnswer(level, self._connection.name, actor="system", reference=reference, reason=reason)


def pieces(shipments: Sequence[Shipment]) -> int:
    """How many of the order's pieces are in these boxes. A bundle is one piece of several items, so its least item counts."""
    return sum(_pieces_of(product) for shipment in shipments for product in shipment.products or ())


def _pieces_of(product: Product) -> int:
    return min((x.quantity for x in product.inventory_items or ()), default=0)


def _parcel(shipment: Shipment) -> Parcel | None:
    """None for a box without a label, one that was cancelled, and one whose goods have no SKU: nobody could say what is in it."""
    tracking = shipment.tracking
    number = (tracking.tracking_number or "").strip() if tracking else ""
    skus = _skus(shipment)
    if tracking is None or not number or not skus or shipment.status == CANCELLED:
        return None
    state = CarrierState.DELIVERED if shipment.delivery_date else CarrierState.UNKNOWN
    works = frozenset({str(shipment.id)})
    return Parcel(carrier_name(tracking.carrier or ""), number, {}, str(shipment.id), works, state, skus=skus)


def _skus(shipment: Shipment) -> dict[str, int]:
    """Pieces by SKU; empty when a product has none."""
    found: dict[str, int] = {}
    for product in shipment.products or ():
        if not product.sku:
            return {}
        found[product.sku] = found.get(product.sku, 0) + _pieces_of(product)
    return found


def _holding(open_: Sequence[Shipment], wanted: int) -> Sequence[Shipment] | None:
    """The shipments to cancel for so many pieces (0 for all), None when they hold more than is wanted."""
    unfinished = [shipment for shipment in open_ if shipment.status != COMPLETED]
    if wanted and unfinished and pieces(unfinished) == wanted:
        return unfinished
    return open_ if not wanted or pieces(open_) <= wanted else None


def _ids(shipments: Any) -> str:
    return ",".join(str(shipment_id) for shipment_id in shipments)


def connect(merchant: str, name: str, config: Mapping[str, Any], clock: Clock) -> ShipBobWarehouse:
    """From the merchant's configuration: {endpoint, token, channel_id, webhook_secrets?, takes_holds: false}."""
    connection = ShipBobConnection(merchant, name, config["endpoint"], config["token"], str(config["channel_id"]))
    return ShipBobWarehouse(connection, clock)
