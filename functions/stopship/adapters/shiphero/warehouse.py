"""A warehouse that works with ShipHero, as the use cases see one."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from stopship.adapters.access_tokens import SharedTokens
from stopship.adapters.shiphero import documents
from stopship.adapters.shiphero.client import ShipHeroClient
from stopship.adapters.shiphero.connection import ShipHeroConnection
from stopship.adapters.shiphero.mapping import Names, Work, at, broken, names_of, nodes, note, together, work
from stopship.adapters.shiphero.parcels import parcels
from stopship.application.ports import Clock, StopCommand
from stopship.domain.carrier import Parcel
from stopship.domain.errors import PartnerContractBroken, PartnerRefused
from stopship.domain.order import DEPARTED, IN_WORK, AckLevel, PickObservation, PickState, Quantities, StopAnswer

PAGE_LIMIT: Final = 50
_GONE: Final = DEPARTED | {PickState.LABELLED}


class ShipHeroWarehouse:
    """Implements ports.Warehouse. ShipHero knows an order as a whole: a leg's id means nothing to it, so every leg hears of the whole order."""

    def __init__(self, connection: ShipHeroConnection, clock: Clock, tokens: SharedTokens | None = None) -> None:
        self._connection, self._clock = connection, clock
        self._client = ShipHeroClient(connection, clock, tokens)

    # -------------------------------------------------------------------------------------- holds

    def place_hold(self, case_id: str, order_ref: str, key: str) -> StopAnswer:  # noqa: ARG002
        """The client hold: the one that the 3PL's people cannot lift. One that stands already is left as it is, and stays somebody else's."""
        if not self._connection.takes_holds:
            return self._rejected("no_holds", [])
        works = self._works(order_ref)
        live = [w for w in works if not w.cancelled]
        here = [w for w in live if w.state not in _GONE]
        if not here:
            return self._rejected("unknown_order" if not works else "too_late" if live else "already_cancelled", works)
        stands = [w.client_hold or self._hold(w, case_id, "placed", w.next_hold) for w in here]
        if not all(stands):
            return self._rejected("not_held", works)
        return self._answer(AckLevel.ACCEPTED, works, reference=here[0].order_id)

    def release_hold(self, case_id: str, order_ref: str, key: str) -> None:  # noqa: ARG002
        for one in self._works(order_ref):
            if one.client_hold and one.our_hold:
                self._hold(one, case_id, "released", one.our_hold)

    def _hold(self, one: Work, case_id: str, word: str, number: int) -> bool:
        """Whether the order is on hold after it, by ShipHero's own answer. Note and hold go in one request, so that a lost answer loses
        neither; a note without its hold is taken back, or somebody else's hold would look like ours."""
        told = {
            "note": _note_input(one, number, word, case_id),
            "holds": {"order_id": one.order_id, "client_hold": word == "placed"},
        }
        taken_back = {"note": _note_input(one, number, "released", case_id)}
        try:
            changed = at(self._client.run(documents.HOLDS, told), "order_update_holds", dict)
            held: bool = at(at(at(changed, "order", dict), "holds", dict), "client_hold", bool)
        except (PartnerRefused, PartnerContractBroken):
            self._client.run(documents.NOTE, taken_back)
            raise
        if word == "placed" and not held:
            self._client.run(documents.NOTE, taken_back)
        return held

    # -------------------------------------------------------------------------------------- reading

    def read_pick_state(self, order_ref: str, leg_id: str) -> PickObservation:  # noqa: ARG002
        asked_at = self._clock.now()
        works = self._works(order_ref)
        shipped: dict[str, int] = {}
        for line, quantity in ((line, n) for w in works for line, n in w.shipped.items()):
            shipped[line] = shipped.get(line, 0) + quantity
        actor = "system" if works else ""
        seen_at = min((w.seen_at for w in works), default=asked_at)
        state, name = together(works), self._connection.name
        said = next((w.said for w in works if w.said), "") if state is PickState.UNKNOWN else ""
        return PickObservation(state, name, seen_at, actor, shipped, said=said)

    def names(self, order_id: str = "", order_number: str = "") -> Names | None:
        """The store's names for an order that a message names in ShipHero's way; None when it is not one order."""
        if order_id:
            found = at(self._client.run(documents.NAMES_BY_ID, {"id": order_id}), "order", dict).get("data")
            orders = [found] if found else []
        else:
            data = self._client.run(documents.NAMES_BY_NUMBER, {"number": order_number})
            orders = nodes(at(at(data, "orders", dict), "data", dict), "orders")
        return names_of(orders[0]) if len(orders) == 1 else None

    def _works(self, order_ref: str) -> list[Work]:
        """All ShipHero orders that came from this order: copies and re-created ones carry the store's id as well (A6, A19)."""
        seen_at = self._clock.now()
        orders = self._orders(documents.FIND, order_ref)
        return [work(one, list(self._lines(one)), self._connection.open_statuses, seen_at) for one in orders]

    def _orders(self, document: str, order_ref: str) -> list[Mapping[str, Any]]:
        found = at(at(self._client.run(document, {"ref": order_ref}), "orders", dict), "data", dict)
        if at(at(found, "pageInfo", dict), "hasNextPage", bool):
            raise broken("orders.pageInfo.hasNextPage")
        return [one for one in nodes(found, "orders") if one.get("partner_order_id") == order_ref]

    def _lines(self, order: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        page = at(order, "line_items", dict)
        for _ in range(PAGE_LIMIT):
            yield from nodes(page, "line_items")
            info = at(page, "pageInfo", dict)
            if not at(info, "hasNextPage", bool):
                return
            after = {"id": at(order, "id", str), "after": at(info, "endCursor", str)}
            data = at(self._client.run(documents.MORE_LINES, after), "order", dict)
            page = at(at(data, "data", dict), "line_items", dict)
        raise broken("line_items.pageInfo.hasNextPage")

    # -------------------------------------------------------------------------------------- stopping

    def parcels(self, order_ref: str, leg_id: str) -> Sequence[Parcel]:  # noqa: ARG002
        """Of the labels that stand, over all ShipHero orders that came from this one."""
        found = self._orders(documents.PARCELS, order_ref)
        return [parcel for one in found for parcel in parcels(one)]

    def stop_ship(self, command: StopCommand) -> StopAnswer:
        """Looks right before it acts (A27), cancels whole orders only, and believes the order itself, never the mutation's answer."""
        before = self._works(command.order_ref)
        obstacle = _obstacle(before, command)
        if obstacle:
            return self._rejected(obstacle, before)
        live = [w for w in before if not w.cancelled]
        if not live:
            return self._cancelled(before, command.lines)
        refusals = [code for code in (self._cancel(one, command.case_id) for one in live) if code]
        return self._read_back(command, {w.order_id for w in before}, refusals)

    def _cancel(self, one: Work, case_id: str) -> str:
        """The code of a refusal, "" when it was taken."""
        told = {"order_id": one.order_id, "reason": f"Stopship {case_id}", "void_on_platform": False, "force": False}
        try:
            at(self._client.run(documents.CANCEL, {"data": told}), "order_cancel", dict)
        except PartnerRefused as refusal:
            return refusal.code
        return ""

    def _read_back(self, command: StopCommand, known: set[str], refusals: Sequence[str]) -> StopAnswer:
        after = self._works(command.order_ref)
        live = [w for w in after if not w.cancelled]
        again = [w for w in live if w.order_id not in known]
        for one in again:
            # The same work under a new order (A6): held, so that it stays where it is while a person looks.
            if self._connection.takes_holds and not one.client_hold:
                self._hold(one, command.case_id, "placed", one.next_hold)
        if again:
            return self._answer(AckLevel.ACCEPTED, after, reason="recreated")
        if live and refusals:
            return self._rejected(refusals[0], after)
        if live or not after:
            return self._answer(AckLevel.ACCEPTED, after, reason="not_cancelled")
        return self._cancelled(after, command.lines)

    def _cancelled(self, works: Sequence[Work], asked: Quantities) -> StopAnswer:
        left = {line: n for one in works for line, n in one.left.items()}
        stopped = {line: min(n, left.get(line, 0)) for line, n in asked.items()}
        partial = stopped != dict(asked)
        return self._answer(
            AckLevel.SYSTEM_CANCELLED,
            works,
            reference=works[0].order_id,
            stopped_lines={line: n for line, n in stopped.items() if n} if partial else {},
            partial=partial,
        )

    def _rejected(self, reason: str, works: Sequence[Work]) -> StopAnswer:
        return self._answer(AckLevel.REJECTED, works, reason=reason)

    def _answer(self, level: AckLevel, works: Sequence[Work], **more: Any) -> StopAnswer:
        name = self._connection.name
        if not works:
            return StopAnswer(level, name, **more)
        return StopAnswer(level, name, together(works), min(w.seen_at for w in works), actor="system", **more)


def _obstacle(works: Sequence[Work], command: StopCommand) -> str:
    """Why nothing may be sent, "" when it may. ShipHero cancels an order with a label only by force, and one in a tote under a picker's hands."""
    live = [w for w in works if not w.cancelled]
    states = {w.state for w in live}
    if not works:
        return "unknown_order"
    if command.physical:
        return "no_operator"
    if PickState.UNKNOWN in states:
        return "unknown_state"
    if states & _GONE or any(w.shipped for w in live):
        return "too_late"
    if states & IN_WORK:
        return "in_work"
    wanted = command.lines
    if wanted and any(n > wanted.get(line, 0) for w in live for line, n in w.left.items()):
        return "whole_orders_only"
    return ""


def _note_input(one: Work, number: int, word: str, case_id: str) -> dict[str, Any]:
    return {"order_id": one.order_id, "history_entry": {"source": "stopship", "message": note(number, word, case_id)}}


def connect(
    merchant: str, name: str, config: Mapping[str, Any], clock: Clock, tokens: SharedTokens | None = None
) -> ShipHeroWarehouse:
    """From the merchant's configuration: {endpoint, refresh_token, webhook_secrets: [...], takes_holds?, open_statuses?}."""
    connection = ShipHeroConnection(
        merchant=merchant,
        name=name,
        endpoint=config["endpoint"],
        refresh_token=config["refresh_token"],
        takes_holds=config.get("takes_holds", True),
        open_statuses=tuple(config.get("open_statuses", ("pending",))),
    )
    return ShipHeroWarehouse(connection, clock, tokens)
