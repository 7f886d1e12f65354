"""What goes over the wire to Amazon and back, against Amazon's own models; and that a model which changes is noticed."""

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Message

from infra.local.sandboxes.amazon import models
from infra.local.sandboxes.amazon.service import BrokenModel, held_to_model
from infra.local.sandboxes.contracts import contracts
from infra.local.sandboxes.process import Sandboxes, until
from stopship.adapters import http
from stopship.adapters.access_tokens import MemoryTokens, SharedTokens
from stopship.adapters.amazon import sweep
from stopship.adapters.amazon.check import check
from stopship.adapters.amazon.client import RATES
from stopship.adapters.amazon.connection import AmazonConnection
from stopship.adapters.amazon.messaging import AmazonMessages
from stopship.adapters.amazon.order_system import AmazonOrderSystem
from stopship.adapters.amazon.refunds import AmazonRefunds
from stopship.adapters.amazon.sweep import AmazonChanges
from stopship.adapters.clock import SystemClock
from stopship.application.ports import CancelCommand, CancelState
from stopship.domain.errors import PartnerRefused
from stopship.domain.finding import Verdict
from stopship.domain.instant import plus
from stopship.domain.money import MoneyMove, MoveKind, MoveState
from tests.fakes.sandboxes_anew import sandboxes_anew

MERCHANT = "acme"
SECRETS: dict[str, Any] = {"client_id": "client-1", "client_secret": "secret-1", "refresh_token": "refresh-models"}
MISSING = "Amazon's models are not at hand: set STOPSHIP_CONTRACTS to the folder with the partners' contracts"


@pytest.fixture(scope="module")
def folder() -> Path:
    found = contracts() / "amazon"
    if not all((found / name).exists() for name in models.FILES):
        pytest.skip(MISSING)
    return found


@pytest.fixture(scope="module")
def vendor(folder: Path) -> models.Models:
    return models.read([folder / name for name in models.FILES])


@pytest.fixture(scope="module")
def sandboxes() -> Iterator[Sandboxes]:
    with sandboxes_anew() as running:
        settings = {**SECRETS, "queue_seconds": 0.02, "work_seconds": 0.03, "gzip_reports": True}
        running.configure(merchants={MERCHANT: {"amazon": settings}})
        yield running


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request as it was sent, and what came back."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    content_type: str
    body: bytes
    status: int
    answer: bytes

    def wrong(self, judge: models.Models) -> list[str]:
        found = judge.wrong_request(self.method, self.path, self.query, self.content_type, self.body)
        one = judge.find(self.method, self.path)
        return found + (one.wrong_answer(self.status, self.answer) if one else [])


def connection(sandboxes: Sandboxes) -> AmazonConnection:
    endpoint = f"{sandboxes.endpoint}/amazon/{MERCHANT}"
    return AmazonConnection(MERCHANT, endpoint, "A1", ("ATVPDKIKX0DER",), **SECRETS, warehouse="east")


def connect(sandboxes: Sandboxes) -> AmazonOrderSystem:
    return AmazonOrderSystem(connection(sandboxes), SystemClock())


def place(sandboxes: Sandboxes, order_ref: str, **more: Any) -> CancelCommand:
    lines: list[dict[str, Any]] = [
        {"id": f"{order_ref}-{n}", "sku": n, "quantity": 1, "price": "2.00"} for n in ("MUG", "TEE")
    ]
    sandboxes.command(f"amazon/{MERCHANT}/orders", {"order_ref": order_ref, "lines": lines, **more})
    wanted = {line["id"]: 1 for line in lines}
    return CancelCommand(order_ref, "case-1", True, wanted, "NoInventory", False, f"{order_ref}:cancel:1")


def run_to_the_end(amazon: AmazonOrderSystem, command: CancelCommand) -> CancelState:
    taken = amazon.cancel(command)
    last = [taken.state]

    def ended() -> bool:
        last.append(amazon.read_cancel(command, taken.reference).state)
        return last[-1] is not CancelState.SUBMITTED

    assert until(ended, 5.0), "the feed did not end"
    return last[-1]


def a_day(sandboxes: Sandboxes) -> None:
    """Everything that the adapter ever asks of Amazon: found, missing, pending, cancelled, refused."""
    amazon = connect(sandboxes)
    assert run_to_the_end(amazon, place(sandboxes, "111-0000001-0000001")) is CancelState.DONE
    refused = place(sandboxes, "111-0000002-0000002")
    sandboxes.trap(refused.order_ref, "feed", "rejected")
    assert run_to_the_end(amazon, refused) is CancelState.REFUSED
    for status in ("CANCELLED", "FATAL"):
        dead = place(sandboxes, f"111-0000003-{status}")
        sandboxes.trap(dead.order_ref, "feed", "rejected", detail={"status": status})
        assert run_to_the_end(amazon, dead) is CancelState.REFUSED
    assert amazon.read_order("000-0000000-0000000") is None
    assert amazon.read_order(place(sandboxes, "111-0000004-0000004", pending=True).order_ref) is not None
    partly = place(sandboxes, "111-0000005-0000005", buyer_asked=True)
    sandboxes.command(
        f"amazon/{MERCHANT}/ship", {"order_ref": partly.order_ref, "lines": {next(iter(partly.lines)): 1}}
    )
    assert amazon.read_order(partly.order_ref) is not None
    for status in ("SHIPPED", "CANCELLED"):
        told = {"order_ref": partly.order_ref, "tracking": "1Z999AA10123456784", "status": status}
        sandboxes.command(f"amazon/{MERCHANT}/package", told)
    assert len(amazon.parcels(partly.order_ref)) == 1
    with pytest.raises(PartnerRefused):
        amazon.read_cancel(partly, "404")
    endpoint = f"{sandboxes.endpoint}/amazon/{MERCHANT}"
    found = AmazonConnection(MERCHANT, endpoint, "A1", ("ATVPDKIKX0DER",), **SECRETS, warehouse="east")
    findings = check(found, SystemClock(), SharedTokens(MemoryTokens(), SystemClock()))
    assert {finding.verdict for finding in findings} == {Verdict.GOOD}
    a_sweep(sandboxes)
    some_messages(sandboxes)
    a_refund(sandboxes)


def a_refund(sandboxes: Sandboxes) -> None:
    """Quoted, sent, looked for in the list of feeds, and read back."""
    refunds, asked = AmazonRefunds(connection(sandboxes), SystemClock()), SystemClock().now()
    order_ref = place(sandboxes, "111-0000031-0000000").order_ref
    sandboxes.command(f"amazon/{MERCHANT}/ship", {"order_ref": order_ref})
    lines = {f"{order_ref}-MUG": 1}
    quote = refunds.quote(order_ref, lines)
    move = MoneyMove("money-1", MoveKind.REFUND, quote.amount, quote.currency, lines=lines)
    sent = refunds.move(order_ref, move)
    assert sent.reference
    doubtful = replace(move, asked_at=plus(asked, -3600))
    assert refunds.move(order_ref, doubtful).state is MoveState.PENDING
    known = replace(move, asked_at=asked, reference=sent.reference)
    assert until(lambda: refunds.move(order_ref, known).state is MoveState.DONE, 5.0)
    assert refunds.read(order_ref).refunded_lines == lines


def some_messages(sandboxes: Sandboxes) -> None:
    """Sent, not allowed, and to nobody."""
    messages = AmazonMessages(connection(sandboxes), SystemClock())
    assert messages.send(place(sandboxes, "111-0000021-0000000").order_ref, {"en": "Good day"}) == "sent"
    assert (
        messages.send(place(sandboxes, "111-0000022-0000000", actions=[]).order_ref, {"en": "Good day"})
        == "skipped:not_allowed"
    )
    sandboxes.trap("111-0000023-0000000", "message", "rejected")
    with pytest.raises(PartnerRefused):
        messages.send(place(sandboxes, "111-0000023-0000000").order_ref, {"en": "Good day"})


def a_sweep(sandboxes: Sandboxes) -> None:
    """Two pages, an answer without orders, and a token that is none."""
    for number in range(2):
        place(sandboxes, f"111-000001{number}-0000000", buyer_asked=True, at="2026-01-02T00:00:00.000Z")
    changes = AmazonChanges(connection(sandboxes), SystemClock())
    bounds = ("2026-01-01T00:00:00.000000Z", "2026-01-03T00:00:00.000000Z")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sweep, "PAGE", "1")
        first = changes.changed(*bounds, "", lambda: None)
        second = changes.changed(*bounds, first.token, lambda: None)
    assert [len(page.orders) for page in (first, second)] == [1, 1]
    assert changes.changed("2025-01-01T00:00:00Z", "2025-01-02T00:00:00Z", "", lambda: None).orders == []
    with pytest.raises(PartnerRefused):
        changes.changed(*bounds, "no-token", lambda: None)


@pytest.fixture(scope="module")
def exchanges(sandboxes: Sandboxes) -> list[Exchange]:
    """Recorded from the very client that the product uses; uploads and tokens are no part of the models."""
    found: list[Exchange] = []
    prefix = f"/amazon/{MERCHANT}"

    def record(response: httpx.Response) -> None:
        sent, answer = response.request, response.read()
        path = sent.url.raw_path.decode().partition("?")[0].removeprefix(prefix)
        if path.startswith(("/documents/", "/auth/")):
            return
        query = tuple(parse_qsl(sent.url.query.decode(), keep_blank_values=True))
        kind = sent.headers.get("content-type", "")
        found.append(Exchange(sent.method, path, query, kind, sent.content, response.status_code, answer))

    with (
        httpx.Client(timeout=10.0, trust_env=False, event_hooks={"response": [record]}) as client,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(http, "client", lambda: client)
        a_day(sandboxes)
    return found


# ---------------------------------------------------------------------------------------------- as published


def test_every_call_and_every_answer_fits_amazons_models(
    vendor: models.Models, exchanges: list[Exchange], record_property: Callable[[str, object], None]
) -> None:
    used = {one.name for x in exchanges if (one := vendor.find(x.method, x.path))}
    payloads = sum(bool(x.body) + bool(x.answer) for x in exchanges)
    record_property(
        "checked", f"{len(exchanges)} calls of {len(used)} of Amazon's operations, {payloads} payloads checked"
    )
    # The app itself reads where notifications go, once, when it is checked.
    assert used == set(RATES) | {"getDestination"}
    assert {f"{x.method} {x.path}": wrong for x in exchanges if (wrong := x.wrong(vendor))} == {}


def examples(one: models.Operation) -> Iterator[tuple[int, Any]]:
    for status, told in one.told["responses"].items():
        yield from ((int(status), example) for example in told.get("examples", {}).values())
        for case in told.get("x-amzn-api-sandbox", {}).get("static", ()):
            if "response" in case:
                yield int(status), case["response"]


def test_amazons_own_examples_fit_its_models_as_we_read_them(
    vendor: models.Models, record_property: Callable[[str, object], None]
) -> None:
    """Closing the models to fields that they do not name takes nothing away. Of the operations that are used here: some others' examples
    do not fit even as published."""
    found = [
        (one.name, status, one.wrong_answer(status, json.dumps(example).encode()))
        for one in vendor.operations
        if one.name in RATES
        for status, example in examples(one)
    ]
    record_property("checked", f"{len(found)} of Amazon's own examples checked")
    assert len(found) >= 10
    assert [x for x in found if x[2]] == []


# ---------------------------------------------------------------------------------------------- changed


def changed(folder: Path, into: Path, file: str, change: Callable[[dict[str, Any]], None]) -> models.Models:
    """The models, one of them changed, in a folder of the test's own."""
    for name in models.FILES:
        told = json.loads((folder / name).read_text())
        if name == file:
            change(told)
        (into / name).write_text(json.dumps(told))
    return models.read([into / name for name in models.FILES])


def rename(kind: str, field: str) -> Callable[[dict[str, Any]], None]:
    def change(told: dict[str, Any]) -> None:
        schema = told["definitions"][kind]
        schema["properties"][f"{field}Renamed"] = schema["properties"].pop(field)
        schema["required"] = [f"{x}Renamed" if x == field else x for x in schema.get("required", ())]
        if not schema["required"]:
            del schema["required"]

    return change


ORDERS, FEEDS, MESSAGING, FINANCES, NOTIFICATIONS = models.FILES
LISTS = {"getOrder": "searchOrders", "getFeed": "getFeeds"}
"""Operations that give many of what another gives one of, in the same form, as far as it is there yet."""


@pytest.mark.parametrize(
    ("file", "kind", "field", "noticed_in"),
    [
        (FEEDS, "CreateFeedSpecification", "inputFeedDocumentId", "createFeed"),
        (FEEDS, "CreateFeedSpecification", "feedType", "createFeed"),
        (FEEDS, "CreateFeedDocumentSpecification", "contentType", "createFeedDocument"),
        (FEEDS, "CreateFeedResponse", "feedId", "createFeed"),
        (FEEDS, "Feed", "resultFeedDocumentId", "getFeed"),
        (FEEDS, "FeedDocument", "compressionAlgorithm", "getFeedDocument"),
        (NOTIFICATIONS, "Subscription", "destinationId", "getSubscription"),
        (NOTIFICATIONS, "DestinationResource", "eventBridge", "getDestination"),
        (ORDERS, "Order", "orderItems", "getOrder"),
        (ORDERS, "OrderFulfillment", "fulfilledBy", "getOrder"),
        (ORDERS, "ItemFulfillment", "quantityUnfulfilled", "getOrder"),
        (ORDERS, "ItemCancellationExecution", "cancelledBy", "getOrder"),
        (ORDERS, "ItemCancellationRequest", "requester", "getOrder"),
        (ORDERS, "OrderPackage", "trackingNumber", "getOrder"),
        (ORDERS, "PackageItem", "orderItemId", "getOrder"),
        (ORDERS, "PackageStatus", "status", "getOrder"),
        (ORDERS, "Pagination", "nextToken", "searchOrders"),
        (MESSAGING, "CreateUnexpectedProblemRequest", "text", "createUnexpectedProblem"),
        (FEEDS, "GetFeedsResponse", "feeds", "getFeeds"),
        (FINANCES, "Transaction", "description", "listTransactions"),
        (FINANCES, "ListTransactionsResponse", "payload", "listTransactions"),
        (MESSAGING, "LinkObject", "href", "getMessagingActionsForOrder"),
        (ORDERS, "SearchOrdersResponse", "orders", "searchOrders"),
    ],
)
def test_a_renamed_field_of_amazons_is_noticed(
    folder: Path, tmp_path: Path, exchanges: list[Exchange], file: str, kind: str, field: str, noticed_in: str
) -> None:
    theirs = changed(folder, tmp_path, file, rename(kind, field))
    wrong = {one.name: x.wrong(theirs) for x in exchanges if (one := theirs.find(x.method, x.path)) and x.wrong(theirs)}
    names = set(noticed_in.split())
    assert names <= set(wrong) <= names | {LISTS[name] for name in names & LISTS.keys()}
    assert all(
        any(f"'{name}'" in text for text in found for name in (field, f"{field}Renamed")) for found in wrong.values()
    )


def test_an_operation_that_moved_is_noticed(folder: Path, tmp_path: Path, exchanges: list[Exchange]) -> None:
    def move(told: dict[str, Any]) -> None:
        told["paths"]["/feeds/2027-01-01/feeds"] = told["paths"].pop("/feeds/2021-06-30/feeds")

    theirs = changed(folder, tmp_path, FEEDS, move)
    wrong = [problem for x in exchanges for problem in x.wrong(theirs)]
    assert set(wrong) == {f"{method} /feeds/2021-06-30/feeds: is not an operation" for method in ("GET", "POST")}


def test_data_that_an_order_no_longer_gives_is_noticed(folder: Path, tmp_path: Path, exchanges: list[Exchange]) -> None:
    def drop(told: dict[str, Any]) -> None:
        (included,) = (
            x
            for x in told["paths"]["/orders/2026-01-01/orders/{orderId}"]["get"]["parameters"]
            if x["name"] == "includedData"
        )
        included["items"]["enum"].remove("CANCELLATION")

    theirs = changed(folder, tmp_path, ORDERS, drop)
    wrong = [problem for x in exchanges for problem in x.wrong(theirs)]
    assert wrong
    assert all(problem.startswith("query.includedData.0: 'CANCELLATION' is not one of") for problem in wrong)


# ---------------------------------------------------------------------------------------------- the sandbox


def ask(sandboxes: Sandboxes, method: str, path: str, **more: Any) -> httpx.Response:
    """As a caller would who has a token but does not know the models."""
    root = f"{sandboxes.endpoint}/amazon/{MERCHANT}"
    token = httpx.post(f"{root}/auth/o2/token", data={"grant_type": "refresh_token", **SECRETS}).json()["access_token"]
    return httpx.request(method, root + path, headers={"x-amz-access-token": token}, **more)


FEED = {"feedType": "X", "marketplaceIds": ["M"], "inputFeedDocumentId": "1"}


@pytest.mark.parametrize(
    ("method", "path", "more", "place"),
    [
        ("GET", "/orders/2026-01-01/orders/1", {"params": {"includedData": "FULFILMENT"}}, "query.includedData.0"),
        ("GET", "/orders/2026-01-01/orders/1", {"params": {"include": "FULFILLMENT"}}, "query.include"),
        ("GET", "/orders/v9/orders/1", {}, "GET /orders/v9/orders/1: is not an operation"),
        ("PUT", "/orders/2026-01-01/orders/1", {}, "PUT /orders/2026-01-01/orders/1: is not an operation"),
        ("POST", "/feeds/2021-06-30/feeds", {"json": {**FEED, "marketplaceIds": []}}, "body.marketplaceIds"),
        ("POST", "/feeds/2021-06-30/feeds", {"json": {**FEED, "marketPlace": "M"}}, "'marketPlace' was unexpected"),
        ("POST", "/feeds/2021-06-30/feeds", {"json": {"feedType": "X"}}, "'marketplaceIds' is a required property"),
        ("POST", "/feeds/2021-06-30/feeds", {"content": b"{"}, "body: is not JSON"),
        ("POST", "/feeds/2021-06-30/documents", {"json": {"contentType": 7}}, "body.contentType: 7 is not of type"),
        ("POST", "/feeds/2021-06-30/documents", {"content": b"{}"}, "content-type: is not application/json"),
    ],
)
def test_the_sandbox_refuses_what_does_not_fit_the_models_and_names_it(
    folder: Path, sandboxes: Sandboxes, method: str, path: str, more: dict[str, Any], place: str
) -> None:
    before = sandboxes.command(f"amazon/{MERCHANT}/feeds", method="GET")
    answer = ask(sandboxes, method, path, **more)
    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert error["code"] == "InvalidInput"
    assert place in error["message"]
    assert sandboxes.command(f"amazon/{MERCHANT}/feeds", method="GET") == before


def test_an_answer_of_the_sandbox_that_breaks_the_models_is_found(vendor: models.Models) -> None:
    one = vendor.find("GET", "/feeds/2021-06-30/feeds/1")
    assert one is not None
    right = {"feedId": "1", "feedType": "X", "createdTime": "2026-11-25T00:00:00Z", "processingStatus": "DONE"}
    assert one.wrong_answer(200, json.dumps(right).encode()) == []
    for change, place in (
        ({"processingStatus": "PAUSED"}, "body.processingStatus"),
        ({"createdTime": "yesterday"}, "body.createdTime"),
        ({"feedId": 1}, "body.feedId"),
        ({"report": "1"}, "'report' was unexpected"),
    ):
        (wrong,) = one.wrong_answer(200, json.dumps(right | change).encode())
        assert place in wrong
    assert one.wrong_answer(418, b"{}") == ["status 418 is not one of 200, 400, 401, 403, 404, 415, 429, 500, 503"]
    assert one.wrong_answer(200, b"<html>") == ["body: is not JSON"]


def hold(status: str) -> Response:
    """What becomes of a sandbox's answer with this feed status, on its way through the models."""
    body = {"feedId": "1", "feedType": "X", "createdTime": "2026-11-25T00:00:00Z", "processingStatus": status}
    path = f"/amazon/{MERCHANT}/feeds/2021-06-30/feeds/1"

    async def endpoint(_: Request) -> Response:
        return JSONResponse(body)

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def run() -> Response:
        scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": []}
        return await held_to_model(endpoint)(Request({**scope, "path_params": {"merchant": MERCHANT}}, receive))

    return asyncio.run(run())


def test_the_sandbox_never_sends_what_breaks_the_models(folder: Path) -> None:
    assert hold("DONE").status_code == 200
    with pytest.raises(BrokenModel, match=r"getFeed: body\.processingStatus: 'PAUSED' is not one of"):
        hold("PAUSED")


# ---------------------------------------------------------------------------------------------- without the models


def test_the_sandbox_works_the_same_where_amazons_models_are_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("STOPSHIP_CONTRACTS", str(tmp_path))
    with Sandboxes.start() as running:
        settings = {**SECRETS, "queue_seconds": 0.02, "work_seconds": 0.03}
        running.configure(merchants={MERCHANT: {"amazon": settings}})
        assert run_to_the_end(connect(running), place(running, "111-0000009-0000009")) is CancelState.DONE
        assert ask(running, "GET", "/orders/v9/orders/1").status_code == 400
