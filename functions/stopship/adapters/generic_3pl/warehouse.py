"""A warehouse behind the desk's own contract, as the use cases see one."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import httpx
from pydantic import ValidationError

from stopship.adapters import http
from stopship.adapters.generic_3pl.answers import place_and_problem, stop_answer
from stopship.adapters.generic_3pl.contract import Accepted, LegState, Message, PickStates, Released, StopResult
from stopship.adapters.generic_3pl.signature import HEADER, TOLERANCE_SECONDS, sign
from stopship.adapters.words import word
from stopship.application.ports import Clock, StopCommand
from stopship.domain.carrier import Parcel, carrier_name
from stopship.domain.errors import PartnerContractBroken
from stopship.domain.instant import plus, text
from stopship.domain.order import DEPARTED, AckLevel, PickObservation, PickState, Quantities, StopAnswer
from stopship.frozen import frozen

HOLD_SECONDS = 86_400
"""A hold's deadline is only a wish: it lasts until it is released or the stop is decided."""


@frozen
class Generic3plConnection:
    """``secrets`` are the shared secrets, the newest first: that one signs what we send. ``channel`` is where the warehouse's orders
    come from, for events that do not say so."""

    merchant: str
    name: str
    endpoint: str
    secrets: tuple[str, ...]
    takes_holds: bool = True
    channel: str = "shopify"


class Generic3plWarehouse:
    """Implements ports.Warehouse."""

    def __init__(self, connection: Generic3plConnection, clock: Clock) -> None:
        self._connection, self._clock = connection, clock

    def place_hold(self, case_id: str, order_ref: str, key: str) -> StopAnswer:
        """Rejected with reason "no_holds" where the warehouse takes none, without a call."""
        if not self._connection.takes_holds:
            return StopAnswer(AckLevel.REJECTED, self._connection.name, reason="no_holds")
        deadline = plus(self._clock.now(), HOLD_SECONDS)
        return self._stop({**_head(case_id, order_ref, key), "level": "hold", "deadline": deadline}, {})

    def release_hold(self, case_id: str, order_ref: str, key: str) -> None:
        self._read(Released, self._post("/release", _head(case_id, order_ref, key)))

    def read_pick_state(self, order_ref: str, leg_id: str) -> PickObservation:
        """One leg, or for leg "" all of the order's work here together: its least certain, then its furthest part."""
        asked_at = self._clock.now()
        legs = self._legs(order_ref, leg_id)
        if not legs:
            return PickObservation(PickState.UNKNOWN, self._connection.name, asked_at)
        if any(text(leg.state_at) > plus(self._clock.now(), TOLERANCE_SECONDS) for leg in legs):
            raise PartnerContractBroken(self._connection.name, "stateAt lies in the future", {"field": "stateAt"})
        return self._together(legs)

    def parcels(self, order_ref: str, leg_id: str) -> list[Parcel]:
        """As the warehouse tells them with the leg's state."""
        return [
            Parcel(
                carrier_name(label.carrier),
                label.tracking_number.strip(),
                {line.line_id: line.quantity for line in leg.lines if line.quantity},
                leg.leg_id,
                frozenset({leg.leg_id}),
            )
            for leg in self._legs(order_ref, leg_id)
            for label in leg.parcels
        ]

    def _legs(self, order_ref: str, leg_id: str) -> list[LegState]:
        query = f"?{urlencode({'legId': leg_id})}" if leg_id else ""
        answer = self._get(f"/orders/{quote(order_ref, safe='')}/pick-state{query}")
        return [leg for leg in self._read(PickStates, answer).legs if leg_id in ("", leg.leg_id)]

    def stop_ship(self, command: StopCommand) -> StopAnswer:
        lines = [{"lineId": line, "quantity": quantity} for line, quantity in command.lines.items()]
        body = {
            **_head(command.case_id, command.order_ref, command.key),
            "legId": command.leg_id,
            "lines": lines,
            "level": "physical" if command.physical else "cancel",
            "deadline": command.deadline,
            "callbackUrl": command.callback_url,
        }
        return self._stop(body, command.lines)

    def _stop(self, body: Mapping[str, Any], asked: Quantities) -> StopAnswer:
        answer = self._post("/stop-ship", body)
        if answer.status_code == httpx.codes.ACCEPTED:
            accepted = self._read(Accepted, answer)
            return StopAnswer(AckLevel.ACCEPTED, self._connection.name, reference=accepted.reference)
        return stop_answer(self._connection.name, self._read(StopResult, answer), asked)

    def _together(self, legs: list[LegState]) -> PickObservation:
        ranks = list(PickState)
        known = [(PickState(leg.state), leg) for leg in legs]
        here = [pair for pair in known if pair[0] not in DEPARTED] or known
        # Unknown is the last of the states: one leg that nobody knows about makes the whole unknown.
        state, shown = max(here, key=lambda pair: ranks.index(pair[0]))
        shipped: dict[str, int] = {}
        for line in (line for leg in legs for line in leg.lines if line.shipped_quantity):
            shipped[line.line_id] = shipped.get(line.line_id, 0) + line.shipped_quantity
        return PickObservation(
            state=state,
            source=self._connection.name,
            # As old as the oldest word it is made of.
            observed_at=min(text(leg.state_at) for leg in legs),
            actor=shown.actor.partition(":")[0],
            shipped_lines=shipped,
            departed_at=text(shown.departed_at) if shown.departed_at else "",
        )

    # -------------------------------------------------------------------------------------- wire

    def _post(self, path: str, body: Mapping[str, Any]) -> httpx.Response:
        content = json.dumps(body, separators=(",", ":")).encode()
        return self._call("POST", self._connection.endpoint.rstrip("/") + path, content, content)

    def _get(self, path: str) -> httpx.Response:
        url = self._connection.endpoint.rstrip("/") + path
        parts = urlsplit(url)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        return self._call("GET", url, target.encode(), None)

    def _call(self, method: str, url: str, signed: bytes, content: bytes | None) -> httpx.Response:
        headers = {HEADER: sign(signed, self._connection.secrets[:1], self._clock.now()), "Accept": "application/json"}
        if content is not None:
            headers["Content-Type"] = "application/json"
        return http.call(self._connection.name, method, url, headers=headers, content=content)

    def _read[M: Message](self, model: type[M], answer: httpx.Response) -> M:
        """Raises PartnerRefused for a 4xx, PartnerContractBroken for another status or shape."""
        name = self._connection.name
        if answer.is_client_error:
            raise http.refuse(name, answer, f"status_{answer.status_code}", "the warehouse refused the call")
        if not answer.is_success:
            raise PartnerContractBroken(name, "an unexpected status", {"status": answer.status_code})
        try:
            return model.model_validate(http.json_object(name, answer))
        except ValidationError as error:
            place, problem = place_and_problem(error)
            first = error.errors()[0]
            told = {"value": word(first["input"])} if first["type"] == "literal_error" else {}
            raise PartnerContractBroken(name, f"{place}: {problem}", {"field": place, **told}) from error


def _head(case_id: str, order_ref: str, key: str) -> dict[str, Any]:
    return {"caseId": case_id, "orderRef": order_ref, "idempotencyKey": key}


def connect(merchant: str, name: str, config: Mapping[str, Any], clock: Clock) -> Generic3plWarehouse:
    """From the merchant's configuration: {endpoint, secrets: [current, previous ...], takes_holds?}."""
    connection = Generic3plConnection(
        merchant, name, config["endpoint"], tuple(config["secrets"]), config.get("takes_holds", True)
    )
    return Generic3plWarehouse(connection, clock)
