"""What the test or the demo does in the help desk: tickets are written, filled in and closed."""

from dataclasses import asdict

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra.local.sandboxes.zendesk.service import Service
from infra.local.sandboxes.zendesk.state import CUSTOMER, Ticket


class Control:
    def __init__(self, service: Service) -> None:
        self._account = service.account

    def routes(self) -> list[Route]:
        one = "/{merchant}/tickets/{ticket_id}"
        return [
            Route("/{merchant}/tickets", self.create, methods=["POST"]),
            Route(one, self.show),
            Route(f"{one}/fields", self.fill_in, methods=["POST"]),
            Route(f"{one}/say", self.say, methods=["POST"]),
            Route(f"{one}/close", self.close, methods=["POST"]),
        ]

    def _ticket(self, request: Request) -> Ticket:
        return self._account(request).tickets[request.path_params["ticket_id"]]

    async def create(self, request: Request) -> Response:
        account, told = self._account(request), await request.json()
        ticket = Ticket(**told)
        ticket.say(ticket.description, CUSTOMER, public=True)
        account.tickets[ticket.ticket_id] = ticket
        account.fire(ticket, "created")
        return JSONResponse({"ticket_id": ticket.ticket_id})

    async def show(self, request: Request) -> Response:
        return JSONResponse(asdict(self._ticket(request)))

    async def fill_in(self, request: Request) -> Response:
        ticket = self._ticket(request)
        ticket.fields |= (await request.json())["fields"]
        self._account(request).fire(ticket, "fields")
        return JSONResponse({})

    async def say(self, request: Request) -> Response:
        ticket, told = self._ticket(request), await request.json()
        for _ in range(told.get("times", 1)):
            ticket.say(told["body"], CUSTOMER, public=True)
        return JSONResponse({})

    async def close(self, request: Request) -> Response:
        self._ticket(request).status = "closed"
        return JSONResponse({})
