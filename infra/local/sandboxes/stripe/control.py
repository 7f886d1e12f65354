"""What the test or the demo tells Stripe: customers pay, merchants capture, banks decide."""

from dataclasses import asdict

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra.local.sandboxes.stripe.bodies import event_body, refund_body
from infra.local.sandboxes.stripe.service import Service
from infra.local.sandboxes.stripe.state import Intent, Refund


class Control:
    def __init__(self, service: Service) -> None:
        self._account = service.account

    def routes(self) -> list[Route]:
        commands = {
            "pay": self.pay,
            "capture": self.capture,
            "expire": self.expire,
            "refund": self.refund,
            "end-refund": self.end_refund,
            "dispute": self.dispute,
            "forget-keys": self.forget_keys,
        }
        posts = [Route(f"/{{merchant}}/{name}", run, methods=["POST"]) for name, run in commands.items()]
        return [*posts, Route("/{merchant}/intents/{intent}", self.show)]

    async def pay(self, request: Request) -> Response:
        account, told = self._account(request), await request.json()
        status, amount = told.get("status", "succeeded"), told["amount"]
        metadata = told.get("metadata", {"order_ref": told["order_ref"]})
        one = Intent(amount, told.get("currency", "usd"), metadata, status)
        if status in ("succeeded", "requires_capture", "processing"):
            one.authorized = amount
        if status == "succeeded":
            one.captured, one.final = amount, True
        account.add(one)
        return JSONResponse({"intent": one.intent_id, "charge": one.charge_id})

    async def show(self, request: Request) -> Response:
        return JSONResponse(asdict(self._account(request).intents[request.path_params["intent"]]))

    async def capture(self, request: Request) -> Response:
        account, told = self._account(request), await request.json()
        account.capture(account.intents[told["intent"]], told["amount"], final=told.get("final", True))
        return JSONResponse({})

    async def expire(self, request: Request) -> Response:
        account, told = self._account(request), await request.json()
        one = account.intents[told["intent"]]
        one.status, one.cancellation_reason, one.final = "canceled", "automatic", True
        one.refunds.append(Refund(one.authorized, "succeeded", reason="expired_uncaptured_charge", release=True))
        return JSONResponse({})

    async def refund(self, request: Request) -> Response:
        """Somebody pays back in the Dashboard."""
        account, told = self._account(request), await request.json()
        one = account.intents[told["intent"]]
        made = Refund(told["amount"], told.get("status", "succeeded"), told.get("metadata", {}))
        one.refunds.append(made)
        account.tell("refund.created", refund_body(made, one))
        return JSONResponse({"refund": made.refund_id})

    async def end_refund(self, request: Request) -> Response:
        account, told = self._account(request), await request.json()
        one = account.intents[told["intent"]]
        made = next(r for r in reversed(one.refunds) if told.get("refund", r.refund_id) == r.refund_id)
        account.end_refund(one, made, told["status"], told.get("reason", ""))
        return JSONResponse(event_body("refund.updated", refund_body(made, one)))

    async def dispute(self, request: Request) -> Response:
        account, told = self._account(request), await request.json()
        account.dispute(account.intents[told["intent"]], told.get("status", "needs_response"))
        return JSONResponse({})

    async def forget_keys(self, request: Request) -> Response:
        """A day passes."""
        self._account(request).kept.clear()
        return JSONResponse({})
