"""What goes over the wire to Zendesk and back, against Zendesk's own document; and that a document which changes is noticed."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.local.sandboxes.contracts import contracts
from infra.local.sandboxes.openapi import Document
from infra.local.sandboxes.process import Sandboxes
from infra.local.sandboxes.zendesk import models
from stopship.adapters import http
from stopship.adapters.zendesk.client import ZendeskClient
from stopship.adapters.zendesk.connection import Fields, ZendeskConnection
from stopship.adapters.zendesk.tickets import ZendeskTickets
from stopship.application.ports import TicketMessage
from stopship.domain.errors import PartnerRefused
from tests.contract.wire import Exchange, recorded
from tests.fakes.sandboxes_anew import sandboxes_anew

MERCHANT = "acme"
LOGIN: dict[str, Any] = {"email": "desk@acme.example", "api_token": "token-1"}
MISSING = "Zendesk's document is not at hand: set STOPSHIP_CONTRACTS to the folder with the partners' contracts"
OURS = {"ShowTicket", "UpdateTicket", "ListTicketComments", "PutTagsTicket"}


@pytest.fixture(scope="module")
def file() -> Path:
    found = contracts() / "zendesk" / models.FILE
    if not found.exists():
        pytest.skip(MISSING)
    return found


@pytest.fixture(scope="module")
def told(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(file.read_text())
    return found


@pytest.fixture(scope="module")
def vendor(file: Path) -> Document:
    return models.read(file)


@pytest.fixture(scope="module")
def sandboxes() -> Iterator[Sandboxes]:
    with sandboxes_anew() as running:
        running.configure(merchants={MERCHANT: {"zendesk": {**LOGIN, "page_size": 2}}})
        yield running


def connect(sandboxes: Sandboxes) -> ZendeskConnection:
    fields = Fields(order=11, reason=12)
    return ZendeskConnection(MERCHANT, f"{sandboxes.endpoint}/zendesk/{MERCHANT}", **LOGIN, fields=fields)


def write(sandboxes: Sandboxes, ticket_id: str, **more: Any) -> str:
    fields = {"11": "5001", "12": "fraud"}
    sandboxes.command(f"zendesk/{MERCHANT}/tickets", {"ticket_id": ticket_id, "fields": fields, **more})
    return ticket_id


def a_day(sandboxes: Sandboxes) -> None:
    """Everything that the adapter ever asks of Zendesk: read, told, told again, refused, not there."""
    connection = connect(sandboxes)
    tickets, client = ZendeskTickets(connection), ZendeskClient(connection)
    message = TicketMessage("Ended.", "Your order is cancelled.", "stopship-stopped", "key-1")
    open_, closed = write(sandboxes, "501", form_id=7), write(sandboxes, "502", status="closed")
    assert client.ticket(open_) is not None
    assert client.ticket("404404") is None
    for _ in range(2):
        tickets.tell(open_, message)
    with pytest.raises(PartnerRefused):
        tickets.tell(closed, message)


@pytest.fixture(scope="module")
def exchanges(sandboxes: Sandboxes) -> list[Exchange]:
    return recorded(f"/zendesk/{MERCHANT}", lambda: a_day(sandboxes))


def named(judge: Document, exchange: Exchange) -> str:
    one = judge.find(exchange.method, exchange.path)
    return one.name if one else ""


# ---------------------------------------------------------------------------------------------- as it is


def test_everything_that_we_send_and_read_fits_zendesks_document(
    vendor: Document, exchanges: list[Exchange], record_property: Callable[[str, object], None]
) -> None:
    record_property(
        "checked", f"{len(exchanges)} exchanges of {len(OURS)} operations checked against Zendesk's document"
    )
    assert {named(vendor, x) for x in exchanges} == OURS
    assert {x.status for x in exchanges} == {200, 404, 422}
    assert len(exchanges) >= 12
    assert [(x, x.wrong(vendor)) for x in exchanges if x.wrong(vendor)] == []


def samples(told: dict[str, Any], document: Document) -> Iterator[tuple[str, int, Any]]:
    """Zendesk's own examples of our operations: name, status (0 for a request), value."""
    known = told["components"]["examples"]
    for one in document.operations:
        if one.name not in OURS:
            continue
        places = [(0, one.told_body or {}), *((int(status), x) for status, x in one.answers.items())]
        for status, place in places:
            for example in place.get("content", {}).get("application/json", {}).get("examples", {}).values():
                yield one.name, status, known[example["$ref"].rpartition("/")[2]]["value"]


def test_zendesks_own_examples_fit_its_document_as_we_read_it(
    vendor: Document, told: dict[str, Any], record_property: Callable[[str, object], None]
) -> None:
    """Closing the document to fields that it does not name takes nothing away."""
    operations = {one.name: one for one in vendor.operations}
    found = list(samples(told, vendor))
    wrong = []
    for name, status, value in found:
        one, body = operations[name], json.dumps(value).encode()
        place = one.path.replace("{ticket_id}", "1")
        headers = {"content-type": "application/json"}
        wrong += one.wrong_answer(status, body) if status else one.wrong_request(place, (), headers, body)
    record_property("checked", f"{len(found)} of Zendesk's own examples checked")
    assert len(found) >= 5
    assert wrong == []


def test_the_adapter_reads_zendesks_own_examples(
    told: dict[str, Any], monkeypatch: pytest.MonkeyPatch, vendor: Document
) -> None:
    answers = {name: value for name, status, value in samples(told, vendor) if status == 200}

    def answer(request: httpx.Request) -> httpx.Response:
        one = vendor.find(request.method, request.url.path)
        return httpx.Response(200, json=answers[one.name if one else ""])

    with httpx.Client(transport=httpx.MockTransport(answer)) as client:
        monkeypatch.setattr(http, "client", lambda: client)
        zendesk = ZendeskClient(
            ZendeskConnection("acme", "https://company.zendesk.com", "a", "b", Fields(27642, 27648))
        )
        ticket = zendesk.ticket("35436")
        assert ticket is not None
        assert ticket["custom_fields"][0] == {"id": 27642, "value": "745"}
        assert [(x["id"], x["public"]) for x in zendesk.comments("35436")] == [(1274, True)]
        assert zendesk.add_tag("35436", "paper") == ["urgent", "printer", "fire"]


# ---------------------------------------------------------------------------------------------- changed


def changed(told: dict[str, Any], into: Path, change: Callable[[dict[str, Any]], None]) -> Document:
    """The document with one change, in a folder of the test's own."""
    copy: dict[str, Any] = json.loads(json.dumps(told))
    change(copy)
    (into / models.FILE).write_text(json.dumps(copy))
    return models.read(into / models.FILE)


def rename(kind: str, field: str) -> Callable[[dict[str, Any]], None]:
    def change(told: dict[str, Any]) -> None:
        properties = told["components"]["schemas"][kind]["properties"]
        properties[f"{field}Renamed"] = properties.pop(field)

    return change


@pytest.mark.parametrize(
    ("kind", "field", "noticed_in"),
    [
        ("TicketUpdateRequest", "ticket", {"UpdateTicket"}),
        ("TicketUpdateInput", "comment", {"UpdateTicket"}),
        ("TicketCommentObject", "public", {"UpdateTicket", "ListTicketComments"}),
        ("TicketCommentObject", "body", {"UpdateTicket", "ListTicketComments"}),
        ("TicketCommentsResponse", "comments", {"ListTicketComments"}),
        ("OffsetPaginationObject", "next_page", {"ListTicketComments"}),
        ("TagsByObjectIdResponse", "tags", {"PutTagsTicket"}),
        ("TicketObject", "custom_fields", {"ShowTicket", "UpdateTicket"}),
        ("TicketObject", "ticket_form_id", {"ShowTicket", "UpdateTicket"}),
        ("TicketResponse", "ticket", {"ShowTicket"}),
    ],
)
def test_a_renamed_field_of_zendesks_is_noticed(
    told: dict[str, Any], tmp_path: Path, exchanges: list[Exchange], kind: str, field: str, noticed_in: set[str]
) -> None:
    theirs = changed(told, tmp_path, rename(kind, field))
    wrong = {named(theirs, x): problems for x in exchanges if (problems := x.wrong(theirs))}
    assert set(wrong) == noticed_in
    assert all(any(f"'{field}" in problem for problem in problems) for problems in wrong.values())


def test_an_operation_that_moved_is_noticed(told: dict[str, Any], tmp_path: Path, exchanges: list[Exchange]) -> None:
    """Within the tickets: what lies beside them is not ours."""

    def move(told: dict[str, Any]) -> None:
        del told["paths"]["/api/v2/tickets/{ticket_id}"]["get"]

    theirs = changed(told, tmp_path, move)
    wrong = {problem for x in exchanges for problem in x.wrong(theirs)}
    assert wrong == {
        "GET /api/v2/tickets/501: is not an operation",
        "GET /api/v2/tickets/404404: is not an operation",
    }


# ---------------------------------------------------------------------------------------------- the sandbox


def ask(sandboxes: Sandboxes, method: str, path: str, **more: Any) -> httpx.Response:
    """As a caller would who has a token but does not know the document."""
    login = (f"{LOGIN['email']}/token", LOGIN["api_token"])
    return httpx.request(method, f"{sandboxes.endpoint}/zendesk/{MERCHANT}{path}", auth=login, **more)


@pytest.mark.parametrize(
    ("method", "path", "more", "place"),
    [
        ("PUT", "", {"json": {"ticket": {"comment": {"text": "x"}}}}, "'text' was unexpected"),
        ("PUT", "", {"json": {"ticket": {"comment": {"body": 7}}}}, "body.ticket.comment.body: 7 is not of type"),
        ("PUT", "", {"json": {"comment": {"body": "x"}}}, "'comment' was unexpected"),
        ("PUT", "", {"json": {"ticket": {"status": "done"}}}, "body.ticket.status"),
        ("PUT", "", {"content": b"{"}, "body: is not JSON"),
        ("PUT", "/tags", {"json": {"tag": "x"}}, "'tag' was unexpected"),
        ("GET", "/comments", {"params": {"pages": "2"}}, "query.pages: is not a parameter"),
        ("GET", "/remarks", {}, "/remarks: is not an operation"),
    ],
)
def test_the_sandbox_refuses_what_does_not_fit_the_document_and_names_it(
    file: Path, sandboxes: Sandboxes, method: str, path: str, more: dict[str, Any], place: str
) -> None:
    write(sandboxes, "601")
    answer = ask(sandboxes, method, f"/api/v2/tickets/601{path}", **more)
    assert answer.status_code == 422
    assert place in answer.json()["description"]
    assert sandboxes.journal("zendesk", MERCHANT, "601") == []


def test_the_sandbox_works_the_same_where_the_document_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("STOPSHIP_CONTRACTS", str(tmp_path))
    with Sandboxes.start() as running:
        running.configure(merchants={MERCHANT: {"zendesk": LOGIN}})
        a_day(running)
        assert len(running.journal("zendesk", MERCHANT, "501")) == 3
        assert ask(running, "GET", "/api/v9/tickets/501").status_code == 422
