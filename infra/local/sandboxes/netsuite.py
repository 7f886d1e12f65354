"""NetSuite's REST services with the traps of the real thing: a line without its number is added, a close is a line edit.

Settings (merchant, "netsuite"): ``client_id``; ``certificates`` {certificate id: PEM public key, or base64 of the DER that KMS gives};
``token_seconds``; ``concurrency`` (calls at a time over all of the account's integrations). The account has the custom fields and the list
of infra/netsuite, but for those that ``not_installed`` names (script ids, or values of the list). ``role``: "administrator", or what it
lacks is refused: "desk" (may edit sales orders and query), "no_queries", "no_orders".

Control, below ``/_sandbox/netsuite/{merchant}``: ``POST /orders`` {order_ref, lines: [{sku, quantity, line_ref?, fulfilled?, billed?}],
status?, fields?} -> {id}; ``GET /orders/{id}``; ``POST /revoke`` ends all access tokens.

Traps, on "token", "search", "read", "update" and "setup" (by order reference, "*" for token and setup): the transport ones; "update" also takes
rejected (detail {"code": ...}), false_ok (204 and no change) and recreate (a script adds a line beside the change).
"""

import asyncio
import base64
import json
import re
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key, load_pem_public_key
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra.local.sandboxes import suitecloud
from infra.local.sandboxes.base import Base, Partner
from infra.local.sandboxes.faults import transmit
from infra.local.sandboxes.traps import Trap

PARTNER = "netsuite"
TOKEN_SECONDS = 3600
CONCURRENCY = 5
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
NAMES = {
    "A": "Pending Approval",
    "B": "Pending Fulfillment",
    "C": "Cancelled",
    "D": "Partially Fulfilled",
    "E": "Pending Billing/Partially Fulfilled",
    "F": "Pending Billing",
    "G": "Billed",
    "H": "Closed",
}
CONDITION = re.compile(r"(\w+)\s*=\s*'((?:[^']|'')*)'")
LIST_QUERY = re.compile(r"SELECT id, name FROM (customlist_\w+) WHERE isinactive = 'F'")
OWN = ("item", "orderStatus")
SCHEMA = "application/schema+json"


@dataclass(slots=True)
class Line:
    line: int
    sku: str
    quantity: float
    line_ref: str = ""
    fulfilled: float = 0
    billed: float = 0
    closed: bool = False


@dataclass(slots=True)
class SalesOrder:
    record_id: str
    order_ref: str
    lines: list[Line]
    status: str = "B"
    fields: dict[str, Any] = field(default_factory=dict)

    def settle(self) -> None:
        """Statuses beyond A and B follow from the lines."""
        open_lines = [x for x in self.lines if not x.closed and x.fulfilled < x.quantity]
        if self.lines and all(x.closed for x in self.lines):
            self.status = "H"
        elif not open_lines and any(x.fulfilled > x.billed for x in self.lines):
            self.status = "F"


class Refused(Exception):
    """NetSuite's error body."""

    def __init__(self, status: int, code: str, detail: str, path: str = "") -> None:
        super().__init__(code)
        self.status, self.code, self.detail, self.path = status, code, detail, path

    def response(self) -> Response:
        details = {"detail": self.detail, "o:errorCode": self.code, **({"o:errorPath": self.path} if self.path else {})}
        body = {"type": "about:blank", "title": self.code, "status": self.status, "o:errorDetails": [details]}
        return JSONResponse(body, self.status, media_type="application/vnd.oracle.resource+json")


class Account:
    """One merchant's NetSuite."""

    def __init__(self, base: Base, merchant: str) -> None:
        self._base, self.merchant = base, merchant
        self.orders: dict[str, SalesOrder] = {}
        self.tokens: dict[str, float] = {}
        self._running = 0

    def setting(self, name: str, default: Any) -> Any:
        return self._base.setting(self.merchant, PARTNER, name, default)

    # ---------------------------------------------------------------------------------------- set-up

    def fields(self) -> dict[str, suitecloud.Field]:
        """The sales order's custom body fields."""
        absent = self.setting("not_installed", [])
        return {name: field for name, field in suitecloud.deployed().body.items() if name not in absent}

    def columns(self) -> dict[str, suitecloud.Field]:
        absent = self.setting("not_installed", [])
        return {name: field for name, field in suitecloud.deployed().column.items() if name not in absent}

    def values(self, list_id: str) -> dict[str, str]:
        """A list's values, id by name."""
        absent = self.setting("not_installed", [])
        known = suitecloud.deployed().lists.get(list_id)
        if known is None or list_id in absent:
            raise Refused(400, "INVALID_PARAMETER", "Invalid search query: the record was not found.", "q")
        return {name: str(place) for place, name in enumerate(known, 1) if name not in absent}

    def require(self, permission: str) -> None:
        """``permission`` is "queries", "orders" or "administration"."""
        role = self.setting("role", "desk")
        lacks = {"desk": ("administration",), "no_queries": ("administration", "queries")}
        if role != "administrator" and permission in lacks.get(role, ("administration", "orders")):
            raise Refused(403, "INSUFFICIENT_PERMISSION", "Permission Violation: you need another permission.")

    def limits(self) -> dict[str, Any]:
        self.require("administration")
        limit = self.setting("concurrency", CONCURRENCY)
        return {"type": "accountLimit", "accountConcurrencyLimit": limit, "accountUnallocatedConcurrencyLimit": limit}

    def catalog(self, accept: str) -> dict[str, Any]:
        """The sales order's schema, made for the role that asks."""
        self.require("orders")
        if accept != SCHEMA:
            raise Refused(406, "INVALID_HEADER", "The sandbox has the catalog as JSON schema only.")
        row = {"type": "object", "properties": {"line": {"type": "integer"}, **suitecloud.schema(self.columns())}}
        items = {"type": "object", "properties": {"items": {"type": "array", "items": row}}}
        standard = {"id": {"type": "string"}, "otherRefNum": {"type": "string"}, "item": items}
        return {"type": "object", "properties": {**standard, **suitecloud.schema(self.fields())}}

    # ---------------------------------------------------------------------------------------- tokens

    def grant(self, form: Mapping[str, Any], audience: str) -> Response:
        if form.get("grant_type") != "client_credentials" or form.get("client_assertion_type") != ASSERTION:
            return JSONResponse({"error": "invalid_request"}, 400)
        if not self._proven(str(form.get("client_assertion", "")), audience):
            return JSONResponse({"error": "invalid_grant"}, 400)
        seconds = self.setting("token_seconds", TOKEN_SECONDS)
        token = secrets.token_urlsafe(24)
        self.tokens[token] = time.time() + seconds
        self._base.journal.write(PARTNER, self.merchant, "token", "")
        return JSONResponse({"access_token": token, "expires_in": str(seconds), "token_type": "bearer"})

    def _proven(self, assertion: str, audience: str) -> bool:
        """The JWT's signature by the certificate it names, and its claims."""
        try:
            head, claims, signature = assertion.split(".")
            header, told = json.loads(_unbase64(head)), json.loads(_unbase64(claims))
            self._key(header["kid"]).verify(
                _unbase64(signature),
                f"{head}.{claims}".encode(),
                padding.PSS(padding.MGF1(SHA256()), SHA256.digest_size),
                SHA256(),
            )
        except (ValueError, KeyError, InvalidSignature):
            return False
        lives = told["iat"] <= time.time() + 60 and time.time() < told["exp"] <= told["iat"] + 3600
        known = told["iss"] == self.setting("client_id", "") and told["aud"] == audience
        return bool(header["alg"] == "PS256" and lives and known and "rest_webservices" in told["scope"])

    def _key(self, certificate_id: str) -> rsa.RSAPublicKey:
        text = self.setting("certificates", {})[certificate_id]
        raw = text.encode()
        key = load_pem_public_key(raw) if "BEGIN" in text else load_der_public_key(base64.b64decode(raw))
        if not isinstance(key, rsa.RSAPublicKey):
            raise ValueError("not an RSA key")
        return key

    def check(self, authorization: str) -> None:
        if self.tokens.get(authorization.removeprefix("Bearer "), 0.0) < time.time():
            raise Refused(401, "INVALID_LOGIN", "Invalid login attempt.")

    # ---------------------------------------------------------------------------------------- calls

    async def governed(self, trap: Trap | None, act: Callable[[], Response]) -> Response:
        """At most so many calls at a time; one more is turned away and does nothing."""
        if self._running >= self.setting("concurrency", CONCURRENCY):
            return Refused(429, "CONCURRENCY_LIMIT_EXCEEDED", "Too many concurrent requests.").response()
        self._running += 1
        try:
            await asyncio.sleep(0)
            return await transmit(trap, act)
        except Refused as refused:
            return refused.response()
        finally:
            self._running -= 1

    def search(self, query: str) -> list[dict[str, Any]]:
        """Understands ``SELECT id FROM transaction WHERE type = 'SalesOrd' AND <field> = '<value>'``, and a custom list's values."""
        self.require("queries")
        if listed := LIST_QUERY.fullmatch(query):
            return [{"links": [], "id": id_, "name": name} for name, id_ in self.values(listed[1]).items()]
        wanted = {name: value.replace("''", "'") for name, value in CONDITION.findall(query)}
        left = CONDITION.sub("", query.partition("WHERE")[2]).replace("AND", "").strip()
        if not query.startswith("SELECT id FROM transaction WHERE ") or left or wanted.pop("type", "") != "SalesOrd":
            raise Refused(400, "INVALID_PARAMETER", "Invalid search query.", "q")
        ((name, value),) = wanted.items()
        found = [
            x for x in self.orders.values() if (x.order_ref if name == "otherrefnum" else x.fields.get(name)) == value
        ]
        return [{"links": [], "id": order.record_id} for order in found]

    def order(self, record_id: str) -> SalesOrder:
        if record_id not in self.orders:
            raise Refused(404, "NONEXISTENT_ID", "The record instance does not exist.")
        return self.orders[record_id]

    def change(self, order: SalesOrder, changes: Mapping[str, Any], trap: Trap | None) -> Response:
        """All or nothing."""
        if trap and trap.kind == "rejected":
            raise Refused(400, trap.detail.get("code", "USER_ERROR"), "A script refused the change.")
        if trap and trap.kind == "false_ok":
            return Response(status_code=204)
        lines = [Line(**asdict(line)) for line in order.lines]
        for index, row in enumerate(changes.get("item", {}).get("items", [])):
            _change_line(lines, row, f"item.items[{index}]")
        if trap and trap.kind == "recreate":
            lines.append(Line(_next(lines), "SURCHARGE", 1))
        fields = {name: self._field(name, value) for name, value in changes.items() if name not in OWN}
        order.lines, order.fields = lines, {**order.fields, **fields}
        if "orderStatus" in changes:
            _change_status(order, changes["orderStatus"])
        order.settle()
        self._base.journal.write(PARTNER, self.merchant, "update", order.order_ref, detail={"changes": dict(changes)})
        return Response(status_code=204)

    def _field(self, name: str, value: Any) -> Any:
        field = self.fields().get(name)
        if field is None:
            raise Refused(400, "INVALID_CONTENT", "Unknown field.", name)
        values = tuple(self.values(field.list_id)) if field.list_id else ()
        try:
            return suitecloud.stored(field, values, value)
        except ValueError as error:
            raise Refused(400, "INVALID_CONTENT", "Wrong type of value.", name) from error


def _change_line(lines: list[Line], row: Mapping[str, Any], place: str) -> None:
    number = row.get("line")
    if number is None:
        # The trap of the real record API: what was meant as an edit becomes one more line.
        lines.append(Line(_next(lines), str(row.get("item", {}).get("id", "?")), row.get("quantity", 1)))
        return
    line = next((x for x in lines if x.line == number), None)
    if line is None:
        raise Refused(400, "INVALID_CONTENT", "Invalid line.", f"{place}.line")
    if row.get("quantity", line.quantity) < max(line.fulfilled, line.billed):
        raise Refused(400, "USER_ERROR", "The quantity is below what was fulfilled or billed.", f"{place}.quantity")
    line.quantity = row.get("quantity", line.quantity)
    line.closed = bool(row.get("isclosed", line.closed))


def _change_status(order: SalesOrder, wanted: Any) -> None:
    """Only approval can be written; the other statuses follow from lines and child records."""
    if order.status not in "AB" or wanted.get("id") not in ("A", "B"):
        raise Refused(400, "USER_ERROR", "The status cannot be set.", "orderStatus")
    order.status = wanted["id"]


def _next(lines: list[Line]) -> int:
    return max((line.line for line in lines), default=0) + 1


def _unbase64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def record(order: SalesOrder) -> dict[str, Any]:
    items = [
        {
            "line": x.line,
            "item": {"id": str(100 + x.line), "refName": x.sku},
            "quantity": float(x.quantity),
            "quantityFulfilled": float(x.fulfilled),
            "quantityBilled": float(x.billed),
            "isClosed": x.closed,
            **({"custcol_cxl_line_id": x.line_ref} if x.line_ref else {}),
        }
        for x in order.lines
    ]
    return {
        "links": [],
        "id": order.record_id,
        "otherRefNum": order.order_ref,
        "orderStatus": {"id": order.status, "refName": NAMES[order.status]},
        **{name: value for name, value in order.fields.items() if value is not None},
        "item": {"links": [], "items": items, "count": len(items), "totalResults": len(items)},
    }


class NetSuite:
    """All accounts, and their HTTP face."""

    def __init__(self, base: Base) -> None:
        self._base = base
        self._accounts: dict[str, Account] = {}

    def _account(self, request: Request) -> Account:
        merchant = request.path_params["merchant"]
        return self._accounts.setdefault(merchant, Account(self._base, merchant))

    async def token(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        account, audience = self._account(request), str(request.url)
        return await transmit(self._base.traps.take("*", "token"), lambda: account.grant(form, audience))

    async def query(self, request: Request) -> Response:
        account, told = self._account(request), await request.json()
        found = CONDITION.findall(str(told.get("q")))
        trap = self._base.traps.take(found[-1][1].replace("''", "'") if found else "*", "search")

        def act() -> Response:
            account.check(request.headers.get("Authorization", ""))
            if request.headers.get("Prefer") != "transient":
                raise Refused(400, "INVALID_HEADER", "The Prefer header must be transient.")
            rows = account.search(told["q"])
            return JSONResponse(
                {"links": [], "count": len(rows), "hasMore": False, "items": rows, "totalResults": len(rows)}
            )

        return await account.governed(trap, act)

    async def catalog(self, request: Request) -> Response:
        return await self._show(
            request, lambda a: JSONResponse(a.catalog(request.headers["Accept"]), media_type=SCHEMA)
        )

    async def limits(self, request: Request) -> Response:
        return await self._show(request, lambda a: JSONResponse(a.limits()))

    async def _show(self, request: Request, show: Callable[[Account], Response]) -> Response:
        account = self._account(request)

        def act() -> Response:
            account.check(request.headers.get("Authorization", ""))
            return show(account)

        return await account.governed(self._base.traps.take("*", "setup"), act)

    async def read(self, request: Request) -> Response:
        account, record_id = self._account(request), request.path_params["record_id"]

        def act() -> Response:
            account.check(request.headers.get("Authorization", ""))
            account.require("orders")
            return JSONResponse(record(account.order(record_id)))

        return await account.governed(self._take(account, record_id, "read"), act)

    async def update(self, request: Request) -> Response:
        account, record_id = self._account(request), request.path_params["record_id"]
        changes = await request.json()
        trap = self._take(account, record_id, "update")

        def act() -> Response:
            account.check(request.headers.get("Authorization", ""))
            account.require("orders")
            return account.change(account.order(record_id), changes, trap)

        return await account.governed(trap, act)

    def _take(self, account: Account, record_id: str, operation: str) -> Trap | None:
        known = account.orders.get(record_id)
        return self._base.traps.take(known.order_ref if known else "*", operation)

    # ---------------------------------------------------------------------------------------- control

    async def create(self, request: Request) -> Response:
        account, told = self._account(request), await request.json()
        record_id = str(9000 + len(account.orders) + 1)
        lines = [Line(line=index, **row) for index, row in enumerate(told["lines"], 1)]
        order = SalesOrder(record_id, told["order_ref"], lines, told.get("status", "B"), told.get("fields", {}))
        account.orders[record_id] = order
        return JSONResponse({"id": record_id})

    async def show(self, request: Request) -> Response:
        return JSONResponse(asdict(self._account(request).orders[request.path_params["record_id"]]))

    async def revoke(self, request: Request) -> Response:
        self._account(request).tokens.clear()
        return JSONResponse({})

    # ---------------------------------------------------------------------------------------- state

    def save(self) -> dict[str, Any]:
        return {
            merchant: {"orders": [asdict(order) for order in account.orders.values()], "tokens": account.tokens}
            for merchant, account in self._accounts.items()
        }

    def restore(self, saved: Mapping[str, Any]) -> None:
        for merchant, raw in saved.items():
            account = self._accounts.setdefault(merchant, Account(self._base, merchant))
            account.tokens = dict(raw["tokens"])
            for order in raw["orders"]:
                lines = [Line(**line) for line in order.pop("lines")]
                account.orders[order["record_id"]] = SalesOrder(lines=lines, **order)


def build(base: Base) -> Partner:
    netsuite = NetSuite(base)
    rest = "/services/rest"
    routes = [
        Route(f"{rest}/auth/oauth2/v1/token", netsuite.token, methods=["POST"]),
        Route(f"{rest}/query/v1/suiteql", netsuite.query, methods=["POST"]),
        Route(f"{rest}/system/v1/governanceLimits", netsuite.limits, methods=["GET"]),
        Route(f"{rest}/record/v1/metadata-catalog/salesOrder", netsuite.catalog, methods=["GET"]),
        Route(f"{rest}/record/v1/salesOrder/{{record_id}}", netsuite.read, methods=["GET"]),
        Route(f"{rest}/record/v1/salesOrder/{{record_id}}", netsuite.update, methods=["PATCH"]),
    ]
    control = [
        Route("/{merchant}/orders", netsuite.create, methods=["POST"]),
        Route("/{merchant}/orders/{record_id}", netsuite.show),
        Route("/{merchant}/revoke", netsuite.revoke, methods=["POST"]),
    ]
    return Partner(PARTNER, "/netsuite/{merchant}", [*routes], [*control], netsuite.save, netsuite.restore)
