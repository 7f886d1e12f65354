"""What the test or the demo tells ShipBob: orders come in, work moves on."""

from dataclasses import asdict

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra.local.sandboxes.shipbob.service import Service
from infra.local.sandboxes.shipbob.state import Shipment


class Control:
    def __init__(self, service: Service) -> None:
        self._account = service.account

    def routes(self) -> list[Route]:
        return [
            Route("/{merchant}/orders", self.create, methods=["POST"]),
            Route("/{merchant}/orders/{order_ref:path}", self.show),
            Route("/{merchant}/advance", self.advance, methods=["POST"]),
            Route("/{merchant}/set", self.set, methods=["POST"]),
        ]

    async def create(self, request: Request) -> Response:
        told = await request.json()
        order = self._account(request).receive(told["order_ref"], told["shipments"])
        return JSONResponse({"order_id": order.order_id, "shipments": [x.shipment_id for x in order.shipments]})

    async def show(self, request: Request) -> Response:
        found = self._account(request).under({request.path_params["order_ref"]})
        return JSONResponse([asdict(order) for order in found])

    async def advance(self, request: Request) -> Response:
        told = await request.json()
        self._account(request).advance(
            self._named(request, told["shipment"]), told["to"], force=told.get("force", False)
        )
        return JSONResponse({})

    async def set(self, request: Request) -> Response:
        """Any status, step or label, as ShipBob's own staff and other systems cause them."""
        told = await request.json()
        shipment = self._named(request, told["shipment"])
        shipment.carrier, shipment.tracking = (
            told.get("carrier", shipment.carrier),
            told.get("tracking", shipment.tracking),
        )
        shipment.status = told.get("status", shipment.status)
        if "log_type" in told:
            shipment.step(told["log_type"])
        return JSONResponse({})

    def _named(self, request: Request, shipment_id: int) -> Shipment:
        found = self._account(request).shipment(shipment_id)
        if found is None:
            raise KeyError(shipment_id)
        return found
