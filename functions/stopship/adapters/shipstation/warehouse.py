"""ShipStation as the use cases see a warehouse: its record of the work can be cancelled, and nothing of the goods can be read."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from stopship.adapters.shipstation.client import ShipStationClient, ShipStationConnection
from stopship.adapters.shipstation.models import Label, Shipment
from stopship.adapters.words import known
from stopship.application.ports import Clock, StopCommand
from stopship.domain.carrier import Parcel, carrier_name
from stopship.domain.errors import PartnerRefused
from stopship.domain.order import AckLevel, PickObservation, PickState, Quantities, StopAnswer

CANCELLED: Final = "cancelled"
NO_LABEL: Final = frozenset({"voided", "error"})
DEPARTED: Final = {"in_transit": PickState.SHIPPED, "delivered": PickState.DELIVERED}
"""What the carrier says of a label (tracking_status) when it has the parcel."""
SHIPMENT_STATUSES: Final = frozenset({"pending", "processing", "label_purchased", "on_hold", CANCELLED})
"""The document's, and the hold that the application has (ShipStation help, "Hold and restore shipments")."""
LABEL_STATUSES: Final = NO_LABEL | {"processing", "completed"}
TRACKING_STATUSES: Final = frozenset({*DEPARTED, "unknown", "error"})
ALREADY_VOIDED: Final = "label_already_voided"


class ShipStationWarehouse:
    """Implements ports.Warehouse."""

    def __init__(self, connection: ShipStationConnection, clock: Clock) -> None:
        self._connection, self._clock = connection, clock
        self._client = ShipStationClient(connection)

    def place_hold(self, case_id: str, order_ref: str, key: str) -> StopAnswer:  # noqa: ARG002
        """The document has no operation that holds a shipment."""
        return self._answer(AckLevel.REJECTED, "no_holds")

    def release_hold(self, case_id: str, order_ref: str, key: str) -> None:
        """There is none to release."""

    def read_pick_state(self, order_ref: str, leg_id: str) -> PickObservation:  # noqa: ARG002
        """Always unknown, and without a call: pending, processing and label_purchased say nothing about the shelf."""
        return PickObservation(PickState.UNKNOWN, self._connection.name, self._clock.now())

    def parcels(self, order_ref: str, leg_id: str) -> list[Parcel]:  # noqa: ARG002
        """Of the labels that stand; a shipment of several parcels does not say what is in which."""
        return [
            Parcel(carrier_name(label.carrier_code or ""), label.tracking_number, lines, shipment.shipment_id)
            for shipment in self._client.shipments(order_ref)
            if (lines := quantities([shipment])) and "" not in lines
            for label in self._client.labels(shipment.shipment_id)
            if label.tracking_number and label.status not in NO_LABEL
        ]

    def stop_ship(self, command: StopCommand) -> StopAnswer:
        """Voids every label of the leg's shipments, cancels them, and reads them back: only what then reads cancelled counts.

        Safe to repeat: what is voided or cancelled already is not asked for again. A shipment is cancelled whole: a wish for less than
        the leg's shipments hold is rejected as "only_whole_shipments", and a parcel that a carrier has as "departed", before anything is
        touched.
        """
        shipments = self._chosen(command)
        if not shipments:
            return self._answer(AckLevel.REJECTED, "unknown_order")
        open_ = [
            x for x in shipments if self._known("shipment_status", x.shipment_status, SHIPMENT_STATUSES) != CANCELLED
        ]
        if _more_than(command.lines, open_):
            return self._answer(AckLevel.REJECTED, "only_whole_shipments")
        labels = {x.shipment_id: self._client.labels(x.shipment_id) for x in open_}
        for label in (label for found in labels.values() for label in found):
            self._known("label.status", label.status, LABEL_STATUSES)
            if label.tracking_status is not None:
                self._known("label.tracking_status", label.tracking_status, TRACKING_STATUSES)
        left = [label for found in labels.values() for label in found if label.tracking_status in DEPARTED]
        if left:
            state = DEPARTED[str(left[0].tracking_status)]
            return StopAnswer(AckLevel.REJECTED, self._connection.name, state=state, actor="carrier", reason="departed")
        refusals = [why for shipment in open_ if (why := self._cancel(shipment, labels[shipment.shipment_id]))]
        return self._verdict(command, refusals)

    def _known(self, field: str, value: str, words: frozenset[str]) -> str:
        """Nothing is voided or cancelled that is in a state nobody knows."""
        return known(self._connection.name, field, value, words)

    def _cancel(self, shipment: Shipment, labels: Sequence[Label]) -> str:
        """Why it was not cancelled, "" when it was."""
        for label in labels:
            if label.status in NO_LABEL:
                continue
            result = self._client.void(label.label_id)
            if not result.approved and result.reason_code != ALREADY_VOIDED:
                return result.reason_code or "void_refused"
        try:
            self._client.cancel(shipment.shipment_id)
        except PartnerRefused as refusal:
            return refusal.code
        return ""

    def _verdict(self, command: StopCommand, refusals: Sequence[str]) -> StopAnswer:
        after = self._chosen(command)
        done = [shipment for shipment in after if shipment.shipment_status == CANCELLED]
        reference = ",".join(shipment.shipment_id for shipment in done)
        if not done:
            return self._answer(AckLevel.REJECTED if refusals else AckLevel.ACCEPTED, (*refusals, "still_open")[0])
        if len(done) < len(after) and not refusals:
            # Nothing was refused, and something is open: it was only taken, or it came back to work.
            return self._answer(AckLevel.ACCEPTED, "still_open", reference=reference)
        stopped = quantities(done)
        missing = any(stopped.get(line, 0) < quantity for line, quantity in command.lines.items())
        if not refusals and not missing:
            return self._answer(AckLevel.SYSTEM_CANCELLED, reference=reference)
        return StopAnswer(
            AckLevel.SYSTEM_CANCELLED,
            self._connection.name,
            actor="system",
            reference=reference,
            reason=(*refusals, "partial")[0],
            stopped_lines={
                line: min(stopped.get(line, 0), n) for line, n in command.lines.items() if stopped.get(line)
            },
            partial=True,
        )

    def _chosen(self, command: StopCommand) -> list[Shipment]:
        """The shipments that hold something of the leg; all of the order's where no lines are named."""
        found = self._client.shipments(command.order_ref)
        named = [shipment for shipment in found if shipment.shipment_id == command.leg_id]
        return named or [x for x in found if not command.lines or set(quantities([x])) & set(command.lines)]

    def _answer(self, level: AckLevel, reason: str = "", *, reference: str = "") -> StopAnswer:
        return StopAnswer(level, self._connection.name, actor="system", reference=reference, reason=reason)


def quantities(shipments: Sequence[Shipment]) -> dict[str, int]:
    """Pieces by the order source's line id; items without one are under ""."""
    total: dict[str, int] = {}
    for item in (item for shipment in shipments for item in shipment.items if item.quantity):
        line = item.external_order_item_id or ""
        total[line] = total.get(line, 0) + item.quantity
    return total


def _more_than(wanted: Quantities, shipments: Sequence[Shipment]) -> bool:
    """Whether cancelling these shipments would stop what nobody asked to stop."""
    return bool(wanted) and any(n > wanted.get(line, 0) for line, n in quantities(shipments).items())


def connect(merchant: str, name: str, config: Mapping[str, Any], clock: Clock) -> ShipStationWarehouse:
    """From the merchant's configuration: {endpoint (with the version), api_key, webhook_keys?, takes_holds: false}."""
    return ShipStationWarehouse(ShipStationConnection(merchant, name, config["endpoint"], config["api_key"]), clock)
