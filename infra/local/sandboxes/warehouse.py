"""A warehouse system behind the desk's contract for warehouses (stopship.adapters.generic_3pl.contract).

Orders come in with legs, whose work moves on by command. A stop is decided by the real state of the work: before picking the system
cancels; after it only an operator can pull the goods, which takes a while; once there is a label it is too late.

Settings (merchant, "warehouse", <warehouse name>): ``secrets``; ``channel``; ``answer`` "now" or "callback" (then results come
``answer_seconds`` later); ``pull_seconds`` an operator needs; ``carrier`` that takes the parcels, which are told once it is set;
``clock_seconds`` its clock is off; ``trusting`` (takes any signature).

Control, below ``/_sandbox/warehouse/{merchant}/{warehouse}``: ``POST /orders`` {orderRef, legs: {legId: {lineId: quantity}}, state?};
``GET /orders/{orderRef}``; ``POST /advance`` {orderRef, legId?, state}; ``POST /ship`` {orderRef, legId?, force?};
``POST /release`` {orderRef}.

Traps: operation "stop_ship" takes silent, late, false_ok (detail {"ships_after": seconds}: it leaves all the same), rejected and
recreate (the work comes back as a new leg); "callback" takes silent; "pick_state" takes late (a copy ``seconds`` old) and silent (no legs);
transport traps work on every operation ("hold", "stop_ship", "release", "pick_state").
"""

import asyncio
import time
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, Final

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra.local.sandboxes.base import Base, Partner
from infra.local.sandboxes.deliver import Message, json_body
from infra.local.sandboxes.faults import transmit
from infra.local.sandboxes.traps import Trap
from stopship.adapters.generic_3pl.contract import Release, StopShip
from stopship.adapters.generic_3pl.signature import HEADER, sign, verify
from stopship.domain.errors import NotAuthentic

PARTNER: Final = "warehouse"
WEBHOOK_PATH = "/webhooks/generic-3pl"
STATES = ("not_released", "released", "picking", "picked", "packed", "labelled", "shipped", "delivered")
PULLABLE = ("picking", "picked", "packed")
PULL_SECONDS = 0.2


def now() -> str:
    return datetime.now(UTC).isoformat()


@dataclass(slots=True)
class Leg:
    leg_id: str
    lines: dict[str, int]
    state: str = "released"
    cancelled: dict[str, int] = field(default_factory=dict)
    departed_at: str = ""
    held: bool = False

    @property
    def open(self) -> dict[str, int]:
        left = {line: quantity - self.cancelled.get(line, 0) for line, quantity in self.lines.items()}
        return {line: quantity for line, quantity in left.items() if quantity > 0}

    @property
    def rank(self) -> int:
        return STATES.index(self.state)


@dataclass(slots=True)
class Order:
    order_ref: str
    legs: list[Leg]

    def chosen(self, leg_id: str) -> list[Leg]:
        return [leg for leg in self.legs if leg_id in ("", leg.leg_id)]


@dataclass(slots=True)
class Stop:
    """A stop-ship that was taken. ``result`` is None until it is decided; ``due`` is when a waiting one will be."""

    asked: dict[str, Any]
    reference: str
    result: dict[str, Any] | None = None
    due: float = 0.0


class Site:
    """One warehouse of one merchant."""

    def __init__(self, base: Base, merchant: str, name: str) -> None:
        self._base, self.merchant, self.name = base, merchant, name
        self.orders: dict[str, Order] = {}
        self.stops: dict[str, Stop] = {}
        self.tombstones: dict[str, str] = {}

    def setting(self, name: str, default: Any) -> Any:
        return self._base.setting(self.merchant, PARTNER, self.name, {}).get(name, default)

    def write(self, operation: str, order_ref: str, key: str = "", **detail: Any) -> None:
        self._base.journal.write(PARTNER, self.merchant, operation, order_ref, key, {"warehouse": self.name, **detail})

    def later(self, seconds: float, act: Callable[[], None]) -> None:
        asyncio.get_running_loop().call_later(seconds, act)

    # ---------------------------------------------------------------------------------------- work

    def receive(self, order_ref: str, legs: dict[str, dict[str, int]], state: str) -> None:
        """Imports an order. One that was stopped before it came is never worked on."""
        order = Order(order_ref, [Leg(leg_id, dict(lines), state) for leg_id, lines in legs.items()])
        self.orders[order_ref] = order
        level = self.tombstones.pop(order_ref, "")
        for leg in order.legs if level else []:
            leg.held = level == "hold"
            leg.cancelled = {} if leg.held else dict(leg.lines)
            self.write("tombstone", order_ref, leg_id=leg.leg_id, level=level)

    def advance(self, order_ref: str, leg_id: str, state: str) -> None:
        """Moves work on; what is held or cancelled does not move."""
        for leg in self.orders[order_ref].chosen(leg_id):
            if leg.held or not leg.open:
                raise ValueError(f"leg {leg.leg_id} is held or cancelled")
            self._move(order_ref, leg, state)

    def ship(self, order_ref: str, leg_id: str, *, force: bool) -> None:
        """Goods leave; with ``force`` even those that were stopped, as happens."""
        for leg in self.orders[order_ref].chosen(leg_id):
            if force:
                leg.held, leg.cancelled = False, {}
            if leg.held or not leg.open:
                raise ValueError(f"leg {leg.leg_id} is held or cancelled")
            self._move(order_ref, leg, "shipped")

    def _move(self, order_ref: str, leg: Leg, state: str) -> None:
        leg.state = STATES[STATES.index(state)]
        if state == "labelled":
            self.send_event("shipment.labelled", order_ref, leg)
        if state == "shipped":
            leg.departed_at = now()
            self.write("ship", order_ref, leg_id=leg.leg_id, lines=leg.open)
            self.send_event("shipment.departed", order_ref, leg)
            for tell in self._base.on_shipment:
                tell(self.merchant, order_ref, leg.leg_id, leg.open, _tracking(order_ref, leg))

    # ---------------------------------------------------------------------------------------- stops

    def hold(self, asked: StopShip) -> dict[str, Any]:
        order = self.orders.get(asked.order_ref)
        if order is None:
            self.tombstones.setdefault(asked.order_ref, "hold")
            return {"decision": "unknown_order"}
        legs = [leg for leg in order.chosen(asked.leg_id) if leg.rank < STATES.index("labelled")]
        fresh = [leg for leg in legs if not leg.held]
        for leg in fresh:
            leg.held = True
        if fresh:
            self.write("hold", asked.order_ref, asked.idempotency_key, legs=[leg.leg_id for leg in fresh])
        shown = (legs or order.legs)[0]
        return {"decision": "held" if legs else "too_late", "evidence": self._evidence(shown, "system", {})}

    def release(self, order_ref: str, key: str) -> bool:
        self.tombstones.pop(order_ref, None)
        held = [leg for leg in self._legs(order_ref) if leg.held]
        for leg in held:
            leg.held = False
        if held:
            self.write("release", order_ref, key, legs=[leg.leg_id for leg in held])
        return bool(held)

    def _legs(self, order_ref: str) -> list[Leg]:
        return self.orders[order_ref].legs if order_ref in self.orders else []

    def stop(self, asked: StopShip, trap: Trap | None) -> Response:
        """Decides now, or takes it and sends the result to the callback. The same key again changes nothing."""
        known = self.stops.get(asked.idempotency_key)
        if known is None:
            known = Stop(asked.model_dump(mode="json", by_alias=True), f"ST-{len(self.stops) + 1}")
            self.stops[asked.idempotency_key] = known
            self._begin(known, asked, trap.kind if trap else "", trap)
        if known.result is None or self.setting("answer", "now") == "callback":
            return JSONResponse({"accepted": True, "reference": known.reference}, 202)
        return JSONResponse(known.result)

    def _begin(self, stop: Stop, asked: StopShip, kind: str, trap: Trap | None) -> None:
        if kind == "silent":
            return
        if trap and kind == "late":
            self._decide_later(stop, trap.seconds)
        elif trap and kind == "false_ok":
            self._pretend(stop, asked, trap)
        elif kind == "rejected":
            self._finish(stop, self._too_late(asked))
        elif self._needs_operator(asked):
            self._decide_later(stop, self.setting("pull_seconds", PULL_SECONDS))
        elif self.setting("answer", "now") == "callback":
            self._decide_later(stop, self.setting("answer_seconds", PULL_SECONDS))
        else:
            self._finish(stop, self._decide(asked))
        if kind == "recreate":
            self._recreate(asked)

    def _needs_operator(self, asked: StopShip) -> bool:
        legs = self.orders[asked.order_ref].chosen(asked.leg_id) if asked.order_ref in self.orders else []
        return asked.level == "physical" and any(leg.state in PULLABLE for leg in legs)

    def _decide_later(self, stop: Stop, seconds: float) -> None:
        stop.due = time.time() + seconds
        self.resume(stop)

    def resume(self, stop: Stop) -> None:
        """Sets the clock for a stop that still has to be decided."""
        asked = StopShip.model_validate(stop.asked)
        self.later(max(0.0, stop.due - time.time()), lambda: self._finish(stop, self._decide(asked), by_callback=True))

    def _finish(self, stop: Stop, result: dict[str, Any], *, by_callback: bool = False) -> None:
        stop.result, stop.due = {**result, "reference": stop.reference}, 0.0
        if not by_callback and self.setting("answer", "now") == "now":
            return
        trap = self._base.traps.take(stop.asked["orderRef"], "callback")
        if trap is None or trap.kind != "silent":
            self._call_back(stop)

    def _call_back(self, stop: Stop) -> None:
        key = stop.asked["idempotencyKey"]
        body = json_body({**(stop.result or {}), "occurredAt": now(), "idempotencyKey": key})
        url = stop.asked["callbackUrl"]
        self._base.deliver.send(
            Message(PARTNER, self.merchant, "callback", url, body, {"X-Stopship-Warehouse": self.name})
        )

    def _decide(self, asked: StopShip) -> dict[str, Any]:
        order = self.orders.get(asked.order_ref)
        legs = order.chosen(asked.leg_id) if order else []
        if not legs:
            self.tombstones[asked.order_ref] = asked.level
            return {"decision": "unknown_order"}
        wanted = {line.line_id: line.quantity for line in asked.lines}
        stopped: dict[str, int] = {}
        pulled = False
        for leg in legs:
            if leg.rank <= STATES.index("released") or (leg.state in PULLABLE and asked.level == "physical"):
                pulled = pulled or leg.state in PULLABLE
                _add(stopped, self._cancel(leg, wanted, asked))
        left = sum((wanted or {k: v for leg in legs for k, v in leg.lines.items()}).values()) - sum(stopped.values())
        decision = "too_late" if not stopped else "partial" if left > 0 else "stopped"
        shown = max(legs, key=lambda leg: leg.rank) if decision == "too_late" else legs[0]
        return {"decision": decision, "evidence": self._evidence(shown, "operator:b7" if pulled else "system", stopped)}

    def _cancel(self, leg: Leg, wanted: dict[str, int], asked: StopShip) -> dict[str, int]:
        """What this leg gives up. What was cancelled before counts as stopped, and is not cancelled twice."""
        goal = {
            line: min(quantity, wanted.get(line, 0) if wanted else quantity) for line, quantity in leg.lines.items()
        }
        fresh = {line: quantity - leg.cancelled.get(line, 0) for line, quantity in goal.items()}
        fresh = {line: quantity for line, quantity in fresh.items() if quantity > 0}
        if fresh:
            _add(leg.cancelled, fresh)
            operation = "pull" if leg.state in PULLABLE else "cancel"
            self.write(operation, asked.order_ref, asked.idempotency_key, leg_id=leg.leg_id, lines=fresh)
        return {line: quantity for line, quantity in goal.items() if quantity > 0}

    def _pretend(self, stop: Stop, asked: StopShip, trap: Trap) -> None:
        """Says that it is cancelled, and the work goes on."""
        legs = self.orders[asked.order_ref].chosen(asked.leg_id)
        self._finish(stop, {"decision": "stopped", "evidence": self._evidence(legs[0], "system", {})})
        for leg in legs:
            leg.held = False
            leg.state = "picking" if leg.rank < STATES.index("picking") else leg.state
        seconds = trap.detail.get("ships_after")
        if seconds is not None:
            self.later(seconds, lambda: self.ship(asked.order_ref, asked.leg_id, force=True))

    def _too_late(self, asked: StopShip) -> dict[str, Any]:
        legs = self.orders[asked.order_ref].chosen(asked.leg_id)
        return {"decision": "too_late", "evidence": self._evidence(legs[0], "system", {})}

    def _recreate(self, asked: StopShip) -> None:
        for leg in self.orders[asked.order_ref].chosen(asked.leg_id):
            self.orders[asked.order_ref].legs.append(Leg(f"{leg.leg_id}-R", dict(leg.lines)))
            self.write("recreate", asked.order_ref, leg_id=f"{leg.leg_id}-R")

    # ---------------------------------------------------------------------------------------- words

    def _evidence(self, leg: Leg, actor: str, stopped: dict[str, int]) -> dict[str, Any]:
        lines = [{"lineId": line, "quantity": quantity} for line, quantity in stopped.items()]
        return {"state": leg.state, "stateAt": now(), "actor": actor, "lines": lines}

    def pick_state(self, order_ref: str, leg_id: str, age: float) -> dict[str, Any]:
        at = (datetime.now(UTC) - timedelta(seconds=age)).isoformat()
        order = self.orders.get(order_ref)
        carrier = self.setting("carrier", "")
        return {"legs": [_leg_state(order_ref, leg, at, carrier) for leg in (order.chosen(leg_id) if order else [])]}

    def send_event(self, event: str, order_ref: str, leg: Leg) -> None:
        lines = [{"lineId": line, "quantity": quantity} for line, quantity in leg.open.items()]
        body = {"event": event, "orderRef": order_ref, "legId": leg.leg_id, "occurredAt": now(), "lines": lines}
        body |= {"reference": _tracking(order_ref, leg)}
        channel = self.setting("channel", "")
        body |= {"channel": channel} if channel else {}
        headers = {"X-Stopship-Merchant": self.merchant, "X-Stopship-Warehouse": self.name}
        message = Message(PARTNER, self.merchant, event, WEBHOOK_PATH, json_body(body), headers)
        message.headers["X-Stopship-Delivery"] = message.message_id
        self._base.deliver.send(message)


def _tracking(order_ref: str, leg: Leg) -> str:
    return f"1Z{uuid.uuid5(uuid.NAMESPACE_URL, order_ref + leg.leg_id).hex[:12]}"


def _leg_state(order_ref: str, leg: Leg, at: str, carrier: str) -> dict[str, Any]:
    lines = [
        {"lineId": line, "quantity": quantity, "shippedQuantity": quantity if leg.departed_at else 0}
        for line, quantity in leg.open.items()
    ]
    departed = {"departedAt": leg.departed_at} if leg.departed_at else {}
    labelled = bool(carrier) and leg.rank >= STATES.index("labelled")
    parcels = {"parcels": [{"carrier": carrier, "trackingNumber": _tracking(order_ref, leg)}]} if labelled else {}
    told = {"legId": leg.leg_id, "state": leg.state, "stateAt": at, "actor": "system", "lines": lines}
    return {**told, **departed, **parcels}


def _add(total: dict[str, int], more: dict[str, int]) -> None:
    for line, quantity in more.items():
        total[line] = total.get(line, 0) + quantity


class Warehouses:
    """All sites, and their HTTP face."""

    def __init__(self, base: Base) -> None:
        self._base = base
        self._sites: dict[tuple[str, str], Site] = {}
        base.deliver.signers[PARTNER] = self._sign

    def site(self, request: Request) -> Site:
        return self._site(request.path_params["merchant"], request.path_params["warehouse"])

    def _site(self, merchant: str, name: str) -> Site:
        return self._sites.setdefault((merchant, name), Site(self._base, merchant, name))

    def _sign(self, message: Message) -> dict[str, str]:
        site = self._site(message.merchant, message.headers["X-Stopship-Warehouse"])
        return {HEADER: sign(message.body, site.setting("secrets", [])[:1], now())}

    def _authentic(self, request: Request, payload: bytes) -> bool:
        try:
            verify(payload, request.headers.get(HEADER, ""), self.site(request).setting("secrets", []), now())
        except NotAuthentic:
            return bool(self.site(request).setting("trusting", False))
        return True

    async def stop_ship(self, request: Request) -> Response:
        body = await request.body()
        if not self._authentic(request, body):
            return _problem(401, "the signature does not fit")
        try:
            asked = StopShip.model_validate_json(body)
        except ValidationError as error:
            return _problem(422, str(error.errors(include_input=False, include_url=False)))
        site = self.site(request)
        if asked.level == "hold":
            return await transmit(
                self._base.traps.take(asked.order_ref, "hold"), lambda: JSONResponse(site.hold(asked))
            )
        trap = self._base.traps.take(asked.order_ref, "stop_ship")
        return await transmit(trap, lambda: site.stop(asked, trap))

    async def release(self, request: Request) -> Response:
        body = await request.body()
        if not self._authentic(request, body):
            return _problem(401, "the signature does not fit")
        asked = Release.model_validate_json(body)
        site = self.site(request)
        trap = self._base.traps.take(asked.order_ref, "release")
        return await transmit(
            trap, lambda: JSONResponse({"released": site.release(asked.order_ref, asked.idempotency_key)})
        )

    async def pick_state(self, request: Request) -> Response:
        query = request.scope["query_string"]
        target = request.scope["raw_path"].split(b"?")[0] + (b"?" + query if query else b"")
        if not self._authentic(request, target):
            return _problem(401, "the signature does not fit")
        site, order_ref = self.site(request), request.path_params["order_ref"]
        trap = self._base.traps.take(order_ref, "pick_state")
        age = trap.seconds if trap and trap.kind == "late" else 0.0
        known = order_ref if not (trap and trap.kind == "silent") else ""
        leg_id = request.query_params.get("legId", "")
        headers = {
            "Date": format_datetime(
                datetime.now(UTC) + timedelta(seconds=site.setting("clock_seconds", 0.0)), usegmt=True
            )
        }
        return await transmit(trap, lambda: JSONResponse(site.pick_state(known, leg_id, age), headers=headers))

    # ---------------------------------------------------------------------------------------- control

    async def create(self, request: Request) -> Response:
        told = await request.json()
        self.site(request).receive(told["orderRef"], told["legs"], told.get("state", "released"))
        return JSONResponse({})

    async def show(self, request: Request) -> Response:
        return JSONResponse(asdict(self.site(request).orders[request.path_params["order_ref"]]))

    async def advance(self, request: Request) -> Response:
        told = await request.json()
        self.site(request).advance(told["orderRef"], told.get("legId", ""), told["state"])
        return JSONResponse({})

    async def ship(self, request: Request) -> Response:
        told = await request.json()
        self.site(request).ship(told["orderRef"], told.get("legId", ""), force=told.get("force", False))
        return JSONResponse({})

    async def release_by_staff(self, request: Request) -> Response:
        told = await request.json()
        site = self.site(request)
        held = [leg for leg in site.orders[told["orderRef"]].legs if leg.held]
        site.release(told["orderRef"], "")
        for leg in held:
            site.send_event("hold.released", told["orderRef"], leg)
        return JSONResponse({})

    # ---------------------------------------------------------------------------------------- state

    def save(self) -> list[dict[str, Any]]:
        return [
            {
                "merchant": site.merchant,
                "name": site.name,
                "orders": [asdict(order) for order in site.orders.values()],
                "stops": {key: asdict(stop) for key, stop in site.stops.items()},
                "tombstones": site.tombstones,
            }
            for site in self._sites.values()
        ]

    def restore(self, saved: list[dict[str, Any]]) -> None:
        for raw in saved:
            site = self._site(raw["merchant"], raw["name"])
            for order in raw["orders"]:
                site.orders[order["order_ref"]] = Order(order["order_ref"], [Leg(**leg) for leg in order["legs"]])
            site.stops = {key: Stop(**stop) for key, stop in raw["stops"].items()}
            site.tombstones = dict(raw["tombstones"])
            for stop in site.stops.values():
                if stop.due:
                    site.resume(stop)


def _problem(status: int, detail: str) -> Response:
    return JSONResponse({"status": status, "detail": detail}, status, media_type="application/problem+json")


def build(base: Base) -> Partner:
    sites = Warehouses(base)
    routes = [
        Route("/stop-ship", sites.stop_ship, methods=["POST"]),
        Route("/release", sites.release, methods=["POST"]),
        Route("/orders/{order_ref:path}/pick-state", sites.pick_state),
    ]
    below = "/{merchant}/{warehouse}"
    control = [
        Route(f"{below}/orders", sites.create, methods=["POST"]),
        Route(f"{below}/orders/{{order_ref:path}}", sites.show),
        Route(f"{below}/advance", sites.advance, methods=["POST"]),
        Route(f"{below}/ship", sites.ship, methods=["POST"]),
        Route(f"{below}/release", sites.release_by_staff, methods=["POST"]),
    ]
    return Partner(PARTNER, "/3pl/{merchant}/{warehouse}", [*routes], [*control], sites.save, sites.restore)
