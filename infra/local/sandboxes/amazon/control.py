"""What the test or the demo tells Amazon: orders appear, buyers ask, sellers ship."""

import time
from dataclasses import asdict

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra.local.sandboxes.amazon.money import worth
from infra.local.sandboxes.amazon.service import Service
from infra.local.sandboxes.amazon.state import Item, Order, Paid, now


class Control:
    def __init__(self, service: Service) -> None:
        self._account = service.account

    def routes(self) -> list[Route]:
        return [
            Route("/{merchant}/orders", self.create, methods=["POST"]),
            Route("/{merchant}/orders/{order_ref}", self.show),
            Route("/{merchant}/feeds", self.feeds),
            Route("/{merchant}/buyer-cancel", self.buyer_cancel, methods=["POST"]),
            Route("/{merchant}/ship", self.ship, methods=["POST"]),
            Route("/{merchant}/package", self.package, methods=["POST"]),
            Route("/{merchant}/cancel", self.cancel, methods=["POST"]),
            Route("/{merchant}/refund", self.refund, methods=["POST"]),
            Route("/{merchant}/searches", self.searches),
            Route("/{merchant}/revoke", self.revoke, methods=["POST"]),
        ]

    async def create(self, request: Request) -> Response:
        account, told = self._account(request), await request.json()
        asked = "BUYER" if told.get("buyer_asked") else ""
        items = [
            Item(x["id"], x["sku"], x["quantity"], x["price"], asked_by=asked, parts=x.get("parts", {}))
            for x in told["lines"]
        ]
        by = told.get("fulfilled_by", "MERCHANT")
        at = told.get("at") or now()
        order = Order(told["order_ref"], items, told.get("pending", False), by, created_at=at, changed_at=at)
        order.actions, order.locale = told.get("actions", order.actions), told.get("locale", order.locale)
        account.orders[told["order_ref"]] = order
        return JSONResponse({"order_ref": told["order_ref"]})

    async def show(self, request: Request) -> Response:
        return JSONResponse(asdict(self._account(request).orders[request.path_params["order_ref"]]))

    async def feeds(self, request: Request) -> Response:
        account = self._account(request)
        return JSONResponse(
            [{**asdict(feed), "text": account.documents[feed.document]} for feed in account.feeds.values()]
        )

    async def buyer_cancel(self, request: Request) -> Response:
        account, told = self._account(request), await request.json()
        order = account.orders[told["order_ref"]]
        for item in order.items:
            if item.item_id in told.get("items", [item.item_id]):
                item.asked_by = "BUYER"
        order.changed_at = told.get("at") or now()
        if not told.get("quiet"):
            account.notify(order, "BuyerRequestedChange", "Buyer Requested Cancel", told.get("times", 1))
        return JSONResponse({})

    async def ship(self, request: Request) -> Response:
        account, told = self._account(request), await request.json()
        order = account.orders[told["order_ref"]]
        quantities = told.get("lines", {})
        for item in order.items:
            if not item.cancelled_by:
                item.shipped = quantities.get(item.item_id, 0 if quantities else item.quantity)
        order.changed_at = told.get("at") or now()
        account.write("ship", order.order_ref)
        if not told.get("quiet"):
            account.notify(order, "OrderStatusChange", "Shipped")
        return JSONResponse({})

    async def package(self, request: Request) -> Response:
        """The seller confirms a package: its number, carrier, items and status."""
        account, told = self._account(request), await request.json()
        order = account.orders[told["order_ref"]]
        items = told.get("lines") or {x.item_id: x.quantity for x in order.items}
        package = {
            "packageReferenceId": str(len(order.packages) + 1),
            "createdTime": now(),
            "packageStatus": {"status": told.get("status", "SHIPPED")},
            "carrier": told.get("carrier", "UPS"),
            "shipTime": told.get("at") or now(),
            "trackingNumber": told["tracking"],
            "packageItems": [{"orderItemId": line, "quantity": quantity} for line, quantity in items.items()],
        }
        order.packages.append(package)
        return JSONResponse({})

    async def cancel(self, request: Request) -> Response:
        account, told = self._account(request), await request.json()
        order = account.orders[told["order_ref"]]
        for item in order.items:
            if not item.shipped and not item.cancelled_by:
                account.cancel(order, item, "AMAZON")
        order.changed_at = told.get("at") or order.changed_at
        if not told.get("quiet"):
            account.notify(order, "OrderStatusChange", "Canceled")
        return JSONResponse({})

    async def refund(self, request: Request) -> Response:
        """Somebody else pays an item back: Amazon, or the seller by hand."""
        account, told = self._account(request), await request.json()
        order = account.orders[told["order_ref"]]
        item = order.item(told["item"])
        if item is None:
            return JSONResponse({"item": "unknown"}, 404)
        order.paid_back.append(Paid(item.item_id, str(worth(item)), time.time()))
        return JSONResponse({})

    async def searches(self, request: Request) -> Response:
        return JSONResponse({"searches": self._account(request).searches})

    async def revoke(self, request: Request) -> Response:
        self._account(request).tokens.clear()
        return JSONResponse({})
