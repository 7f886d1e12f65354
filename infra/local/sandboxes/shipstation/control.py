"""What the test or the demo tells ShipStation: orders come in, labels are bought, carriers scan."""

from dataclasses import asdict

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra.local.sandboxes.shipstation.service import Service
from infra.local.sandboxes.shipstation.state import Shipment


class Control:
    def __init__(self, service: Service) -> None:
        self._account = service.account

    def routes(self) -> list[Route]:
        return [
            Route("/{merchant}/orders", self.create, methods=["POST"]),
            Route("/{merchant}/orders/{order_ref:path}", self.show),
            Route("/{merchant}/label", self.label, methods=["POST"]),
            Route("/{merchant}/scan", self.scan, methods=["POST"]),
            Route("/{merchant}/set", self.set, methods=["POST"]),
        ]

    async def create(self, request: Request) -> Response:
        told, account = await request.json(), self._account(request)
        made = [account.receive(told["order_ref"], lines) for lines in told["shipments"]]
        return JSONResponse({"shipments": [shipment.shipment_id for shipment in made]})

    async def show(self, request: Request) -> Response:
        found = self._account(request).of_order(request.path_params["order_ref"])
        return JSONResponse([asdict(shipment) for shipment in found])

    async def label(self, request: Request) -> Response:
        told = await request.json()
        label = self._account(request).buy_label(self._named(request, told["shipment"]))
        return JSONResponse({"label": label.label_id})

    async def scan(self, request: Request) -> Response:
        told = await request.json()
        self._account(request).scan(told["label"], told.get("status", "in_transit"))
        return JSONResponse({})

    async def set(self, request: Request) -> Response:
        """Any status, as other users and rules cause them."""
        told = await request.json()
        self._named(request, told["shipment"]).become(told["status"])
        return JSONResponse({})

    def _named(self, request: Request, shipment_id: str) -> Shipment:
        found = self._account(request).shipment(shipment_id)
        if found is None:
            raise KeyError(shipment_id)
        return found
