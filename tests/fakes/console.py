"""A desk with a morning behind it, and the console in front of it: what its pages are tried on."""

import base64
import gzip
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta, timezone
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from stopship.adapters import ledger_items
from stopship.adapters.sessions_memory import MemorySessions
from stopship.application.compute_kpis import NO_COSTS, Costs
from stopship.application.figures import CountedFacts, Figures
from stopship.application.project_facts import rebuild
from stopship.application.sign_in import Entrance
from stopship.console.figure_routes import figure_routes
from stopship.console.office import Office
from stopship.console.routes import OPEN, SIGNED_IN
from stopship.console.serve import serve
from stopship.domain.kpi.evaluate import Memory
from stopship.domain.kpi.facts import CaseFacts, OrderFact
from stopship.domain.kpi.weeks import Week
from stopship.domain.order import PickState
from stopship.domain.request import Reason
from stopship.domain.traffic import Traffic
from tests.fakes.identity_provider import PASSWORD, FakePeople
from tests.fakes.partners import Manner, captured
from tests.fakes.trouble import Trouble
from tests.fakes.world import MERCHANT, World

ROLES = ("agent", "lead", "finance", "auditor", "admin")


@dataclass
class Queued:
    """Implements take_in's IntakeQueue."""

    messages: list[dict[str, Any]] = field(default_factory=list)

    def send(self, message: dict[str, Any]) -> None:
        self.messages.append(message)

    def send_all(self, messages: Sequence[dict[str, Any]]) -> None:
        self.messages += messages


class FakeConsole:
    """``world`` must have an engine. One person for each role works for the world's merchant; ``both@desk.example`` for another one too."""

    def __init__(self, world: World) -> None:
        self.world, self.people, self.sessions, self.queue = world, FakePeople(), MemorySessions(), Queued()
        for role in ROLES:
            self.people.add(f"{role}@desk.example", f"role.{role}", f"merchant.{MERCHANT}")
        self.people.add("both@desk.example", "role.lead", f"merchant.{MERCHANT}", "merchant.borealis")
        self.people.add("stranger@desk.example", "role.lead", "merchant.borealis")
        self.people.add("nobody@desk.example")
        self.facts: CountedFacts | None = None
        self.costs: Costs = NO_COSTS
        self.as_of = ""
        self.asked_figures_of: list[tuple[str, ...]] = []
        entrance = Entrance(self.people, self.sessions, world.clock)
        self.office = Office(entrance, world.desk, self.queue, self.settings, refresh_seconds=1, renew_seconds=2)

    def settings(self, merchant: str) -> dict[str, Any]:
        links = {"netsuite": "https://1234567.app.netsuite.com/app/accounting/transactions/salesord.nl?id={record}"}
        return {"links": links} if merchant == MERCHANT else {}

    def handle(self, event: Any) -> Any:
        """As the API's routes do: the pages of figures are another function's."""
        if event["rawPath"].startswith("/console/kpi"):
            return serve(event, self.office, figure_routes(self.figures))
        return serve(event, self.office, SIGNED_IN, OPEN)

    def figures(self, merchants: Sequence[str], week: Week | None) -> Figures:
        """Implements FigureSource, by ``facts``, or by what the world's ledger says now. Weeks are Berlin's in winter."""
        self.asked_figures_of.append(tuple(merchants))
        return Figures(
            self.facts or self._facts_now(),
            lambda names: dict.fromkeys(names, timezone(timedelta(hours=1))),
            self.costs,
            self.as_of or self.world.clock.now(),
        )

    def _facts_now(self) -> Memory:
        found = list(rebuild(self.world.ledger.scan(), ledger_items.recorded))
        return Memory.of([x for x in found if isinstance(x, CaseFacts)], [x for x in found if isinstance(x, OrderFact)])


def morning(world: World) -> None:
    """Six orders: a silent warehouse, a refused refund, a VIP's picked order, one that shipped, one that was stopped, a silent ERP."""
    for number, price in (
        ("1001", "24.50"),
        ("1002", "79.00"),
        ("1003", "640.00"),
        ("1004", "35.00"),
        ("1005", "18.90"),
    ):
        order = world.order(number, {"L1": 2, "L2": 1}, price=Decimal(price), vip=number == "1003")
        captured(order)
    _silent(world, "1001", ticket_ref="ZD-4711", ticket_link="https://acme.zendesk.com/agent/tickets/4711")
    _refused_refund(world)
    world.pick(world.orders["1003"], PickState.PICKED)
    _silent(world, "1003", ticket_ref="ZD-4713", reason=Reason.ADDRESS)
    world.pick(world.orders["1004"], PickState.SHIPPED)
    world.ask("1004", "d-1004", ticket_ref="ZD-4714")
    world.settle()
    world.ask("1005", "d-1005")
    world.settle()
    world.traffic.save(
        MERCHANT, "netsuite", Traffic(failures=4, outage="outage-a", since=world.clock.epoch(), waiting=2), 0
    )


def _silent(world: World, number: str, **more: Any) -> None:
    world.warehouses["north"].manner = Manner.SILENT
    world.ask(number, f"d-{number}", **more)
    world.settle()
    world.warehouses["north"].manner = Manner.PROMPT


def _refused_refund(world: World) -> None:
    world.faults.on("payments.move", Trouble.REFUSE)
    world.ask("1002", "d-1002", reason=Reason.STOCKOUT)
    world.settle()


@dataclass
class Seen:
    """An answer as a browser has it."""

    status: int
    headers: dict[str, str]
    text: str
    cookies: list[str]

    @property
    def location(self) -> str:
        return self.headers.get("location", "")


class Visitor:
    """A browser without a screen: keeps cookies, sends where a form comes from, and the token of the page that it has seen."""

    def __init__(self, console: FakeConsole, host: str = "desk.example") -> None:
        self.console, self.host, self.cookies, self.csrf = console, host, dict[str, str](), ""

    def get(self, path: str, **headers: str) -> Seen:
        seen = self._send("GET", path, b"", headers)
        if found := re.search(r'name="csrf" value="([^"]+)"', seen.text):
            self.csrf = found.group(1)
        return seen

    def post(self, path: str, *, csrf: str | None = None, origin: str | None = None, **fields: Any) -> Seen:
        pairs = [(k, x) for k, v in fields.items() for x in (v if isinstance(v, list | tuple) else [v])]
        body = urlencode([("csrf", self.csrf if csrf is None else csrf), *pairs]).encode()
        own = f"{'http' if self.host.startswith('127.') else 'https'}://{self.host}"
        told = {"content-type": "application/x-www-form-urlencoded", "origin": own if origin is None else origin}
        return self._send("POST", path, body, told)

    def sign_in(self, who: str, password: str = PASSWORD, **more: str) -> Seen:
        return self.post("/console/sign-in", csrf="", name=f"{who}@desk.example", password=password, **more)

    def _send(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Seen:
        place, _, query = path.partition("?")
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        told = self.console.handle(
            {
                "rawPath": place,
                "rawQueryString": query,
                "headers": {"host": self.host, **named},
                "cookies": [f"{name}={value}" for name, value in self.cookies.items()],
                "requestContext": {"http": {"method": method, "path": place}},
                "body": base64.b64encode(body).decode(),
                "isBase64Encoded": True,
            }
        )
        for cookie in told["cookies"]:
            name, _, rest = cookie.partition("=")
            value = rest.partition(";")[0]
            self.cookies |= {name: value} if value else {}
            if not value:
                self.cookies.pop(name, None)
        raw = base64.b64decode(told["body"]) if told["isBase64Encoded"] else told["body"].encode()
        text = gzip.decompress(raw) if told["headers"].get("content-encoding") == "gzip" else raw
        return Seen(told["statusCode"], told["headers"], text.decode(), told["cookies"])
