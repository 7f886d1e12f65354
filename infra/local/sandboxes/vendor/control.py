"""What the test or the demo tells a vendor: orders that he has, and what his people do."""

from dataclasses import asdict, replace

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra.local.sandboxes.base import Base
from infra.local.sandboxes.vendor.mailbox import Mailbox
from infra.local.sandboxes.vendor.people import Vendor
from infra.local.sandboxes.vendor.state import Mail, Order

_CHANGES = ("habit", "scanned", "answer_seconds", "keeps")


class Control:
    def __init__(self, base: Base, vendors: dict[tuple[str, str], Vendor], mailbox: Mailbox) -> None:
        self._base, self._vendors, self._mailbox = base, vendors, mailbox

    def routes(self) -> list[Route]:
        one = "/{merchant}/{vendor}"
        return [
            Route(f"{one}/orders", self.create, methods=["POST"]),
            Route(f"{one}/orders/{{order_ref:path}}", self.show),
            Route(f"{one}/habit", self.change, methods=["POST"]),
            Route(f"{one}/answer", self.answer, methods=["POST"]),
            Route(f"{one}/ship", self.ship, methods=["POST"]),
            Route(f"{one}/mail", self.mail, methods=["POST"]),
        ]

    def _vendor(self, request: Request) -> Vendor:
        place = (request.path_params["merchant"], request.path_params["vendor"])
        if place not in self._vendors:
            self._vendors[place] = Vendor(self._base, *place)
        self._mailbox.open()
        return self._vendors[place]

    async def create(self, request: Request) -> Response:
        told, vendor = await request.json(), self._vendor(request)
        more = {name: told[name] for name in _CHANGES if name in told}
        order = Order(told["orderRef"], told["legs"], told.get("displayRef", ""), **more)
        vendor.orders[order.order_ref] = order
        return JSONResponse({})

    async def show(self, request: Request) -> Response:
        """The order, and the mail about it."""
        vendor, order_ref = self._vendor(request), request.path_params["order_ref"]
        mails = [asdict(mail) for mail in vendor.mails if mail.order_ref == order_ref]
        return JSONResponse({**asdict(vendor.orders[order_ref]), "mails": mails})

    async def change(self, request: Request) -> Response:
        told, vendor = await request.json(), self._vendor(request)
        order = vendor.orders[told.pop("orderRef")]
        vendor.orders[order.order_ref] = replace(order, **told)
        return JSONResponse({})

    async def answer(self, request: Request) -> Response:
        told, vendor = await request.json(), self._vendor(request)
        order = vendor.orders[told["orderRef"]]
        last = [mail for mail in vendor.mails if mail.order_ref == order.order_ref][-1]
        await vendor.answer(last, order, told["habit"])
        return JSONResponse({"status": last.sent[-1]})

    async def ship(self, request: Request) -> Response:
        told, vendor = await request.json(), self._vendor(request)
        vendor.ship(vendor.orders[told["orderRef"]], force=told.get("force", False))
        return JSONResponse({})

    async def mail(self, request: Request) -> Response:
        self._vendor(request).receive(Mail(**await request.json()))
        return JSONResponse({})
