"""Everything the Stripe adapter sends and reads, and everything the sandbox answers and tells, against Stripe's own OpenAPI."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest

from infra.local.sandboxes.contracts import contracts
from infra.local.sandboxes.inbox import Inbox
from infra.local.sandboxes.process import Sandboxes
from infra.local.sandboxes.stripe import models
from stopship.adapters import http
from stopship.adapters.clock import SystemClock
from stopship.adapters.stripe.connection import StripeConnection
from stopship.adapters.stripe.mapping import DISPUTE_ENDED_FOR_US, STATUSES, refund
from stopship.adapters.stripe.payments import StripePayments
from stopship.adapters.stripe.webhooks import read_event
from stopship.domain.errors import PartnerRefused
from stopship.domain.money import MoneyMove, MoveKind, MoveState
from tests.fakes.sandboxes_anew import sandboxes_anew

MERCHANT, KEY = "acme", "rk_models"
MISSING = "Stripe's OpenAPI is not at hand: set STOPSHIP_CONTRACTS to the folder with the partners' contracts"
EVENTS = Path(__file__).parents[1] / "events" / "stripe"
OPERATIONS = {
    "GetPaymentIntentsSearch",
    "GetPaymentIntentsIntent",
    "PostPaymentIntentsIntentCancel",
    "GetCharges",
    "GetChargesChargeDispute",
    "GetRefunds",
    "PostRefunds",
}
KINDS = ("refund", "payment_intent", "charge", "dispute", "event")


@pytest.fixture(scope="module")
def folder() -> Path:
    found = contracts() / "stripe"
    if not (found / models.FILE).exists():
        pytest.skip(MISSING)
    return found


@pytest.fixture(scope="module")
def vendor(folder: Path) -> models.Models:
    return models.read(folder / models.FILE)


@pytest.fixture(scope="module")
def fixtures(folder: Path) -> dict[str, Any]:
    path = folder / "fixtures3.json"
    if not path.exists():
        pytest.skip("Stripe's examples (fixtures3.json) are not at hand")
    found: dict[str, Any] = json.loads(path.read_text())["resources"]
    return found


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


@dataclass(frozen=True, slots=True)
class Day:
    exchanges: tuple[Exchange, ...]
    events: tuple[dict[str, Any], ...]


def a_day(sandboxes: Sandboxes, stripe: StripePayments) -> None:
    """Everything that the adapter ever asks of Stripe: paid, authorised, refunded, failed, disputed, refused, missing."""

    def pay(order_ref: str, **more: Any) -> str:
        told = sandboxes.command(f"stripe/{MERCHANT}/pay", {"order_ref": order_ref, "amount": 5000, **more})
        return str(told["intent"])

    def move(order_ref: str, kind: MoveKind = MoveKind.REFUND, parent: str = "") -> MoneyMove:
        return MoneyMove(f"money-{order_ref}", kind, Decimal("50.00"), "USD", parent, {} if parent else {"L1": 1})

    pay("m-1")
    assert stripe.move("m-1", move("m-1")).state is MoveState.DONE
    voided = pay("m-2", status="requires_capture")
    assert stripe.move("m-2", move("m-2", MoveKind.VOID, voided)).state is MoveState.DONE
    failing = pay("m-3")
    sandboxes.trap("m-3", "refund", "silent")
    assert stripe.move("m-3", move("m-3")).state is MoveState.PENDING
    sandboxes.command(f"stripe/{MERCHANT}/end-refund", {"intent": failing, "status": "failed"})
    assert stripe.move("m-3", move("m-3")).state is MoveState.FAILED
    disputed = pay("m-4")
    sandboxes.command(f"stripe/{MERCHANT}/dispute", {"intent": disputed})
    assert stripe.read("m-4").dispute_open
    expired = pay("m-5", status="requires_capture")
    sandboxes.command(f"stripe/{MERCHANT}/expire", {"intent": expired})
    for order_ref, status in (("m-5", ""), ("m-6", "requires_action")):
        if status:
            pay(order_ref, status=status)
        assert stripe.read(order_ref).captured == 0
    with pytest.raises(PartnerRefused):
        stripe.read("nobody")
    assert stripe.order_of("pi_unknown") == ""
    late = pay("m-7", status="requires_capture")
    sandboxes.command(f"stripe/{MERCHANT}/capture", {"intent": late, "amount": 5000})
    with pytest.raises(PartnerRefused):
        stripe.move("m-7", move("m-7", MoveKind.VOID, late))


@pytest.fixture(scope="module")
def day() -> Iterator[Day]:
    """Recorded from the very client that the product uses, and from what the sandbox sends of its own accord."""
    found: list[Exchange] = []
    prefix = f"/stripe/{MERCHANT}"

    def record(response: httpx.Response) -> None:
        sent, answer = response.request, response.read()
        path = sent.url.raw_path.decode().partition("?")[0].removeprefix(prefix)
        query = tuple(parse_qsl(sent.url.query.decode(), keep_blank_values=True))
        kind = sent.headers.get("content-type", "")
        found.append(Exchange(sent.method, path, query, kind, sent.content, response.status_code, answer))

    with (
        Inbox() as inbox,
        sandboxes_anew() as sandboxes,
        httpx.Client(timeout=10.0, trust_env=False, event_hooks={"response": [record]}) as client,
        pytest.MonkeyPatch.context() as patch,
    ):
        settings = {"secret_key": KEY, "webhook_secrets": ["whsec_1"]}
        sandboxes.configure(desk_url=inbox.url, merchants={MERCHANT: {"stripe": settings}})
        patch.setattr(http, "client", lambda: client)
        connection = StripeConnection(MERCHANT, f"{sandboxes.endpoint}{prefix}", KEY, "shopify")
        a_day(sandboxes, StripePayments(connection, SystemClock()))
        came = inbox.wait(7)
        yield Day(tuple(found), tuple(json.loads(x.body) for x in came))


# ---------------------------------------------------------------------------------------------- as published


def test_every_call_and_every_answer_fits_stripes_document(
    vendor: models.Models, day: Day, record_property: Callable[[str, object], None]
) -> None:
    used = {one.name for x in day.exchanges if (one := vendor.find(x.method, x.path))}
    payloads = sum(bool(x.body) + bool(x.answer) for x in day.exchanges)
    record_property(
        "checked", f"{len(day.exchanges)} calls of {len(used)} of Stripe's operations, {payloads} payloads checked"
    )
    assert used == OPERATIONS
    assert {f"{x.method} {x.path}": wrong for x in day.exchanges if (wrong := x.wrong(vendor))} == {}


def test_every_event_of_the_sandbox_fits_stripes_document(
    vendor: models.Models, day: Day, record_property: Callable[[str, object], None]
) -> None:
    wrong = [x for told in day.events for x in wrong_event(vendor, told)]
    kinds = {told["type"] for told in day.events}
    record_property("checked", f"{len(day.events)} events of {len(kinds)} types checked")
    assert {"refund.created", "refund.updated", "refund.failed", "charge.dispute.created"} <= kinds
    assert wrong == []


@pytest.mark.parametrize("name", ["refund_failed.json", "refund_created_elsewhere.json"])
def test_the_events_that_the_doors_are_tested_with_fit_stripes_document(vendor: models.Models, name: str) -> None:
    assert wrong_event(vendor, json.loads((EVENTS / name).read_text())) == []


def wrong_event(vendor: models.Models, told: dict[str, Any]) -> list[str]:
    """An event's own object is left open by the document; it is judged by its kind."""
    held = told["data"]["object"]
    frame = {**told, "data": {"object": {}}}
    return vendor.wrong_object("event", frame) + vendor.wrong_object(held["object"], held)


@pytest.mark.parametrize("kind", KINDS)
def test_stripes_own_example_fits_its_document_but_for_what_is_newer(
    folder: Path, fixtures: dict[str, Any], kind: str, record_property: Callable[[str, object], None]
) -> None:
    """The examples are younger than the document: what that does not name is let through, objects that are expanded are their ids."""
    judge = models.read(folder / models.FILE, closed=False)
    example = fixtures[kind] if kind == "event" else {name: folded(value) for name, value in fixtures[kind].items()}
    strict = models.read(folder / models.FILE).wrong_object(kind, example)
    record_property(
        "checked",
        f"{kind}: {len(example)} fields of Stripe's example checked, {len(strict)} remarks by the stricter reading",
    )
    assert judge.wrong_object(kind, example) == []


def folded(value: Any) -> Any:
    if isinstance(value, dict) and {"id", "object"} <= value.keys():
        return value["id"]
    return {name: folded(x) for name, x in value.items()} if isinstance(value, dict) else value


def test_stripes_own_example_of_a_refund_is_read_as_what_it_is(fixtures: dict[str, Any]) -> None:
    seen = refund(fixtures["refund"], {})
    assert (seen.amount, seen.state, seen.key, seen.release) == (Decimal("1.00"), MoveState.DONE, "", False)


def test_stripes_own_example_of_an_event_is_one(fixtures: dict[str, Any]) -> None:
    assert read_event(fixtures["event"]) == ("evt_1Pgc76B7WZ01zgkWwyRHS12y", "plan.created")


def test_the_words_that_we_know_are_stripes_words(vendor: models.Models) -> None:
    def words(kind: str) -> set[str]:
        return set(vendor.components["schemas"][kind]["properties"]["status"]["enum"])

    assert words("payment_intent") == STATUSES
    # "prevented" is younger than the document.
    assert DISPUTE_ENDED_FOR_US - {"prevented"} < words("dispute")


# ---------------------------------------------------------------------------------------------- changed


def changed(folder: Path, into: Path, change: Callable[[dict[str, Any]], None]) -> models.Models:
    """The document, changed, in a folder of the test's own."""
    told = json.loads((folder / models.FILE).read_text())
    change(told)
    path = into / models.FILE
    path.write_text(json.dumps(told))
    return models.read(path)


def rename(kind: str, field: str) -> Callable[[dict[str, Any]], None]:
    def change(told: dict[str, Any]) -> None:
        schema = told["components"]["schemas"][kind]
        schema["properties"][f"{field}_renamed"] = schema["properties"].pop(field)
        if field in schema.get("required", ()):
            schema["required"] = [f"{x}_renamed" if x == field else x for x in schema["required"]]

    return change


def rename_in_form(field: str) -> Callable[[dict[str, Any]], None]:
    def change(told: dict[str, Any]) -> None:
        form = told["paths"]["/v1/refunds"]["post"]["requestBody"]["content"][models.FORM]["schema"]
        form["properties"][f"{field}_renamed"] = form["properties"].pop(field)

    return change


def problems(theirs: models.Models, day: Day) -> dict[str, list[str]]:
    return {
        one.name: wrong for x in day.exchanges if (one := theirs.find(x.method, x.path)) and (wrong := x.wrong(theirs))
    }


@pytest.mark.parametrize(
    ("kind", "field", "noticed_in"),
    [
        ("payment_intent", "amount_capturable", "GetPaymentIntentsIntent"),
        ("payment_intent", "status", "PostPaymentIntentsIntentCancel"),
        ("payment_intent", "metadata", "GetPaymentIntentsSearch"),
        ("charge", "amount_captured", "GetCharges"),
        ("charge", "disputed", "GetCharges"),
        ("refund", "status", "GetRefunds"),
        ("refund", "balance_transaction", "GetRefunds"),
        ("refund", "metadata", "PostRefunds"),
        ("refund", "failure_reason", "GetRefunds"),
        ("dispute", "status", "GetChargesChargeDispute"),
        ("api_errors", "code", "GetPaymentIntentsIntent"),
    ],
)
def test_a_renamed_field_of_stripes_is_noticed(
    folder: Path, tmp_path: Path, day: Day, kind: str, field: str, noticed_in: str
) -> None:
    wrong = problems(changed(folder, tmp_path, rename(kind, field)), day)
    assert noticed_in in wrong
    assert any(f"'{field}'" in x or f"'{field}_renamed'" in x for x in wrong[noticed_in])


@pytest.mark.parametrize("field", ["payment_intent", "amount", "metadata"])
def test_a_renamed_field_of_a_refunds_form_is_noticed(folder: Path, tmp_path: Path, day: Day, field: str) -> None:
    wrong = problems(changed(folder, tmp_path, rename_in_form(field)), day)
    assert set(wrong) == {"PostRefunds"}
    assert any(f"'{field}'" in x for x in wrong["PostRefunds"])


def test_an_operation_that_moved_is_noticed(folder: Path, tmp_path: Path, day: Day) -> None:
    def move(told: dict[str, Any]) -> None:
        told["paths"]["/v2/refunds"] = told["paths"].pop("/v1/refunds")

    theirs = changed(folder, tmp_path, move)
    wrong = {problem for x in day.exchanges for problem in x.wrong(theirs)}
    assert wrong == {"POST /v1/refunds: is not an operation", "GET /v1/refunds: is not an operation"}


def test_a_parameter_that_a_list_no_longer_takes_is_noticed(folder: Path, tmp_path: Path, day: Day) -> None:
    def drop(told: dict[str, Any]) -> None:
        parameters = told["paths"]["/v1/charges"]["get"]["parameters"]
        parameters[:] = [x for x in parameters if x["name"] != "payment_intent"]

    wrong = problems(changed(folder, tmp_path, drop), day)
    assert {name: set(found) for name, found in wrong.items()} == {
        "GetCharges": {"query.payment_intent: is not a parameter"}
    }


# ---------------------------------------------------------------------------------------------- the sandbox


@pytest.fixture(scope="module")
def sandboxes() -> Iterator[Sandboxes]:
    with sandboxes_anew() as running:
        running.configure(merchants={MERCHANT: {"stripe": {"secret_key": KEY}}})
        yield running


def ask(sandboxes: Sandboxes, method: str, path: str, **more: Any) -> httpx.Response:
    """As a caller would who has a key but does not know the document."""
    headers = {"Authorization": f"Bearer {KEY}", "Stripe-Version": "2025-09-30.clover"}
    return httpx.request(method, f"{sandboxes.endpoint}/stripe/{MERCHANT}{path}", headers=headers, **more)


@pytest.mark.parametrize(
    ("method", "path", "more", "place"),
    [
        ("POST", "/v1/refunds", {"data": {"paymentIntent": "pi_1"}}, "'paymentIntent' was unexpected"),
        ("POST", "/v1/refunds", {"data": {"amount": "1.50"}}, "body.amount: '1.50' is not of type"),
        ("POST", "/v1/refunds", {"data": {"reason": "bored"}}, "body.reason: 'bored' is not one of"),
        ("POST", "/v1/refunds", {"json": {"payment_intent": "pi_1"}}, "content-type: is not"),
        ("GET", "/v1/refunds", {"params": {"intent": "pi_1"}}, "query.intent: is not a parameter"),
        ("GET", "/v1/payment_intents/search", {}, "query.query: is required"),
        ("POST", "/v1/payment_intents/pi_1/cancel", {"data": {"cancellation_reason": "x"}}, "body.cancellation_reason"),
        ("POST", "/v1/payment_intents/pi_1/void", {}, "POST /v1/payment_intents/pi_1/void: is not an operation"),
    ],
)
def test_the_sandbox_refuses_what_does_not_fit_the_document_and_names_it(
    folder: Path, sandboxes: Sandboxes, method: str, path: str, more: dict[str, Any], place: str
) -> None:
    answer = ask(sandboxes, method, path, **more)
    assert answer.status_code == 400
    assert place in answer.json()["error"]["message"]
    assert sandboxes.journal("stripe", MERCHANT) == []


def test_an_answer_of_the_sandbox_that_breaks_the_document_is_found(vendor: models.Models, day: Day) -> None:
    (made,) = (x for x in day.exchanges if x.method == "POST" and x.path == "/v1/refunds" and b"m-1" in x.body)
    one = vendor.find("POST", "/v1/refunds")
    assert one is not None
    right = json.loads(made.answer)
    assert one.wrong_answer(200, json.dumps(right).encode()) == []
    for change, place in (
        ({"amount": "2500"}, "body.amount"),
        ({"object": "charge"}, "body.object"),
        ({"state": "done"}, "'state' was unexpected"),
        ({"metadata": {"n": 1}}, "body.metadata"),
    ):
        wrong = one.wrong_answer(200, json.dumps(right | change).encode())
        assert any(place in x for x in wrong)
    assert one.wrong_answer(200, b"<html>") == ["body: is not JSON"]


def test_the_sandbox_works_the_same_where_stripes_document_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("STOPSHIP_CONTRACTS", str(tmp_path))
    with Sandboxes.start() as running:
        running.configure(merchants={MERCHANT: {"stripe": {"secret_key": KEY}}})
        connection = StripeConnection(MERCHANT, f"{running.endpoint}/stripe/{MERCHANT}", KEY, "shopify")
        a_day(running, StripePayments(connection, SystemClock()))
        assert ask(running, "POST", "/v1/payment_intents/pi_1/void").status_code == 404
