"""What a test or the demo tells UPS."""

from dataclasses import asdict

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra.local.sandboxes.ups.account import Parcel
from infra.local.sandboxes.ups.bodies import WORDS
from infra.local.sandboxes.ups.service import Service


class Control:
    def __init__(self, service: Service) -> None:
        self._service = service

    def routes(self) -> list[Route]:
        return [
            Route("/{merchant}/parcels", self._label, methods=["POST"]),
            Route("/{merchant}/parcels/{number}", self._show),
            Route("/{merchant}/scan", self._scan, methods=["POST"]),
            Route("/{merchant}/deliver", self._deliver, methods=["POST"]),
            Route("/{merchant}/revoke", self._revoke, methods=["POST"]),
        ]

    async def _label(self, request: Request) -> Response:
        parcel = self._service.account(request).label(**await request.json())
        return JSONResponse({"number": parcel.number})

    async def _show(self, request: Request) -> Response:
        return JSONResponse(asdict(self._parcel(request, request.path_params["number"])))

    async def _scan(self, request: Request) -> Response:
        told = await request.json()
        if told["type"] not in WORDS:
            raise ValueError(f"type is one of {', '.join(WORDS)}")
        self._parcel(request, told["number"]).scan(told["type"], told.get("code", ""))
        return JSONResponse({})

    async def _deliver(self, request: Request) -> Response:
        parcel = self._parcel(request, (await request.json())["number"])
        self._service.account(request).deliver(parcel)
        return JSONResponse({"type": parcel.type})

    async def _revoke(self, request: Request) -> Response:
        self._service.account(request).tokens.clear()
        return JSONResponse({})

    def _parcel(self, request: Request, number: str) -> Parcel:
        return self._service.account(request).parcels[number]
