"""The help desks' doors: a proved ticket becomes a wish by its structured fields, or is kept, shown to a person, and asked back."""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.local.sandboxes.process import Sandboxes
from stopship import wiring
from stopship.adapters.ticket import signature
from stopship.adapters.ticket import wish as generic_wish
from stopship.adapters.zendesk import webhooks, wish
from stopship.adapters.zendesk.connection import Fields, ZendeskConnection
from stopship.application.recordable import check_recordable
from stopship.application.take_in import IntakeMessage
from stopship.domain.case import Case, fold
from stopship.domain.errors import InvalidInput, NotAuthentic, UnclearTicket
from stopship.domain.events import MessageKept, TicketAsked
from stopship.domain.request import CancelRequest, Reason
from stopship.handlers.receive_webhook import handler
from tests.fakes.sandboxes_anew import sandboxes_anew
from tests.unit.handlers import deployment as d
from tests.unit.handlers.deployment import Deployment

HELPED = "helped"
"""The merchant that has connected help desks."""
ACCOUNT = "900"
NEW, OLD, JIRA, ASANA = "zd-secret-new", "zd-secret-old", "jira-secret", "asana-secret"
LOGIN: dict[str, Any] = {"email": "desk@acme.example", "api_token": "zd-token"}
FIELDS = {"order": 11, "reason": 12, "lines": 13, "channel": 14, "requester": 15}
FORM = 77
TRIGGER, EVENT = d.sample("zendesk/trigger.json"), d.sample("zendesk/ticket_event.json")
TICKET = d.sample("ticket/cancel.json")
USER = EVENT.replace(b"event-type:ticket.", b"event-type:user.")
SAYS: dict[str, Any] = json.loads(TICKET)
_numbers = count(40_001)


@pytest.fixture(scope="module")
def sandboxes() -> Iterator[Sandboxes]:
    with sandboxes_anew() as running:
        running.configure(merchants={HELPED: {"zendesk": LOGIN}})
        yield running


@pytest.fixture(autouse=True)
def no_traps_left(sandboxes: Sandboxes) -> Iterator[None]:
    yield
    sandboxes.clear_traps()


@pytest.fixture
def helped(deployed: Deployment, sandboxes: Sandboxes) -> Deployment:
    zendesk = {
        "account_id": ACCOUNT,
        "webhook_secrets": [NEW, OLD],
        "endpoint": f"{sandboxes.endpoint}/zendesk/{HELPED}",
        **LOGIN,
        "fields": FIELDS,
        "reasons": {"cxl_out_of_stock": "stockout"},
        "form_id": FORM,
    }
    desks = {"jira": {"secrets": [JIRA]}, "asana": {"secrets": [ASANA]}}
    deployed.connect(
        HELPED, d.connections({}, shopify=d.STORE, zendesk=zendesk, help_desks=desks), {"zendesk": ACCOUNT}
    )
    return deployed


def moment(ago: float = 0) -> str:
    return (datetime.now(UTC) - timedelta(seconds=ago)).isoformat(timespec="seconds").replace("+00:00", "Z")


def zendesk(
    body: bytes = TRIGGER, secret: str = NEW, *, account: str = ACCOUNT, invocation: str = "inv-1", ago: float = 0
) -> dict[str, Any]:
    timestamp = moment(ago)
    headers = {
        "X-Zendesk-Account-Id": account,
        "X-Zendesk-Webhook-Invocation-Id": invocation,
        "X-Zendesk-Webhook-Signature-Timestamp": timestamp,
        "X-Zendesk-Webhook-Signature": webhooks.sign(body, timestamp, secret),
    }
    return d.webhook("zendesk", body, headers, in_base64=True)


def ticket(
    body: bytes = TICKET,
    secret: str = JIRA,
    *,
    desk: str = "jira",
    delivery: str = "t-1",
    merchant: str = HELPED,
    ago: int = 0,
) -> dict[str, Any]:
    headers = {
        "X-Stopship-Merchant": merchant,
        "X-Stopship-Help-Desk": desk,
        "X-Stopship-Delivery": delivery,
        "X-Stopship-Signature": signature.sign(body, secret, int(time.time()) - ago),
    }
    return d.webhook("ticket", body, headers, in_base64=True)


type Signed = Callable[[], dict[str, Any]]
"""Makes a message, with a proof of the moment of its making."""


def call(event: dict[str, Any]) -> d.Answer:
    answer: d.Answer = handler(event, d.CONTEXT)
    return answer


def without(event: dict[str, Any], header: str) -> dict[str, Any]:
    return {**event, "headers": {k: v for k, v in event["headers"].items() if k != header.lower()}}


# ---------------------------------------------------------------------------------------------- proof


def test_a_signature_covers_the_timestamp_and_the_bytes_as_they_came() -> None:
    """Made with ``openssl dgst -sha256 -hmac`` over the timestamp and the body."""
    body, stamp, secret = (
        b'{"subject":"\xc3\xb6"}',
        "2021-03-25T05:09:27Z",
        "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ==",
    )
    proof = "S0kmwANBLI4jKtWwLecVtfwxYmgrDItAajqnlQjuxeg="
    webhooks.verify(body, proof, stamp, ["another", secret], "2021-03-25T05:10:27Z")
    for wrong in ((body + b" ", stamp), (body, "2021-03-25T05:09:28Z")):
        with pytest.raises(NotAuthentic):
            webhooks.verify(wrong[0], proof, wrong[1], [secret], "2021-03-25T05:10:27Z")


@pytest.mark.parametrize(
    ("signed", "source", "topic", "delivery", "body"),
    [
        (zendesk, "zendesk", "ticket", "inv-1", TRIGGER),
        (lambda: zendesk(EVENT, OLD), "zendesk", "ticket", "inv-1", EVENT),
        (ticket, "ticket", "jira", "jira:t-1", TICKET),
    ],
)
def test_an_authentic_ticket_is_kept_byte_for_byte_and_queued_before_it_is_answered(
    helped: Deployment, signed: Signed, source: str, topic: str, delivery: str, body: bytes
) -> None:
    answer = call(signed())
    assert (answer["statusCode"], d.body_of(answer)) == (200, {"received": delivery})
    (message,) = helped.take_queue()
    found = [message[k] for k in ("merchant", "source", "topic", "delivery_id", "why")]
    assert found == [HELPED, source, topic, delivery, ""]
    assert helped.evidence == {message["evidence_key"]: body}
    assert helped.items == []


@pytest.mark.parametrize(
    "signed",
    [
        lambda: zendesk(secret="somebody else's"),
        lambda: zendesk() | {"body": ""},
        lambda: zendesk(account="901"),
        lambda: zendesk(account="900:1"),
        lambda: zendesk(ago=700),
        lambda: zendesk(ago=-7000),
        lambda: ticket(secret=ASANA),
        lambda: ticket(desk="asana"),
        lambda: ticket(desk="nowhere"),
        lambda: ticket(merchant=d.ACME),
        lambda: ticket(merchant="nobody"),
        lambda: ticket(ago=400),
        lambda: ticket(ago=-4000),
        lambda: without(zendesk(), "X-Zendesk-Webhook-Signature"),
        lambda: without(zendesk(), "X-Zendesk-Webhook-Signature-Timestamp"),
        lambda: without(ticket(), "X-Stopship-Signature"),
    ],
)
def test_who_cannot_prove_who_sends_is_refused_and_nothing_is_kept(helped: Deployment, signed: Signed) -> None:
    d.is_problem(call(signed()), 401)
    assert helped.untouched()


@pytest.mark.parametrize("stamp", ["", "now", "1764000000", "2026-11-25T05:00:00", "2026-11-25T05:00:00Zé"])
def test_a_timestamp_that_is_no_moment_proves_nothing(helped: Deployment, stamp: str) -> None:
    event = zendesk()
    event["headers"] |= {
        "x-zendesk-webhook-signature-timestamp": stamp,
        "x-zendesk-webhook-signature": webhooks.sign(TRIGGER, stamp, NEW),
    }
    d.is_problem(call(event), 401)
    assert helped.untouched()


@pytest.mark.parametrize("proof", ["", "t=1", "v1=ab", "t=1764000000", "t=x,v1=" + "0" * 64, "t=1,v1=" + "ö" * 64])
def test_a_signature_that_cannot_be_read_proves_nothing(helped: Deployment, proof: str) -> None:
    event = ticket()
    event["headers"]["x-stopship-signature"] = proof
    d.is_problem(call(event), 401)
    assert helped.untouched()


def test_a_ticket_signed_with_the_old_and_the_new_secret_fits_either(helped: Deployment) -> None:
    event, at = ticket(), int(time.time())
    other = signature.sign(TICKET, "the next secret", at)
    event["headers"]["x-stopship-signature"] = f"{other},{signature.sign(TICKET, JIRA, at).partition(',')[2]}"
    assert call(event)["statusCode"] == 200


@pytest.mark.parametrize(
    ("signed", "header"),
    [
        (zendesk, "X-Zendesk-Account-Id"),
        (zendesk, "X-Zendesk-Webhook-Invocation-Id"),
        (ticket, "X-Stopship-Merchant"),
        (ticket, "X-Stopship-Help-Desk"),
        (ticket, "X-Stopship-Delivery"),
    ],
)
def test_a_header_that_is_missing_is_named(helped: Deployment, signed: Signed, header: str) -> None:
    problem = d.is_problem(call(without(signed(), header)), 400)
    assert problem["field"] == f"header {header}"
    assert helped.untouched()


@pytest.mark.parametrize(
    "body", [b"{}", b'{"ticket_id": true}', b'{"ticket_id": "../users/1"}', b'{"detail": [1]}', USER]
)
def test_a_message_that_names_no_ticket_is_refused_by_name(helped: Deployment, body: bytes) -> None:
    assert d.is_problem(call(zendesk(body)), 400)["field"] == "ticket_id"
    assert helped.untouched()


def test_a_generic_ticket_without_its_id_is_refused_by_name(helped: Deployment) -> None:
    body = json.dumps({k: v for k, v in SAYS.items() if k != "ticket_id"}).encode()
    assert d.is_problem(call(ticket(body)), 400)["field"] == "ticket_id"
    assert helped.untouched()


@pytest.mark.parametrize("signed", [zendesk, lambda: zendesk(secret="wrong"), ticket, lambda: ticket(secret="wrong")])
def test_what_is_logged_holds_no_secret_and_no_body(helped: Deployment, signed: Signed) -> None:
    call(signed())
    assert not [x for x in (NEW, OLD, JIRA, ASANA, "zd-token", "35436", "OPS-12") if x in helped.logged]


# ---------------------------------------------------------------------------------------------- Zendesk's wishes


class Written:
    """A ticket at the sandbox, on the cancel form."""

    def __init__(self, sandboxes: Sandboxes, fields: Mapping[int, str], **more: Any) -> None:
        self.sandboxes, self.id = sandboxes, str(next(_numbers))
        told = {"ticket_id": self.id, "fields": {str(k): v for k, v in fields.items()}, "form_id": FORM, **more}
        sandboxes.command(f"zendesk/{HELPED}/tickets", told)

    def fill_in(self, fields: Mapping[int, str]) -> None:
        told = {"fields": {str(k): v for k, v in fields.items()}}
        self.sandboxes.command(f"zendesk/{HELPED}/tickets/{self.id}/fields", told)

    def deliver(self, helped: Deployment, invocation: str = "inv-1") -> list[str]:
        """The trigger tells the desk, and the worker works it. Gives what stays in the queue."""
        body = json.dumps({"ticket_id": self.id}).encode()
        assert call(zendesk(body, invocation=f"{self.id}-{invocation}"))["statusCode"] == 200
        return helped.work()

    @property
    def now(self) -> dict[str, Any]:
        found: dict[str, Any] = self.sandboxes.command(f"zendesk/{HELPED}/tickets/{self.id}", method="GET")
        return found

    def effects(self) -> list[str]:
        return [entry.operation for entry in self.sandboxes.journal("zendesk", HELPED, self.id)]


def the_case(helped: Deployment) -> Case:
    (head,) = [x for x in helped.cases(HELPED) if x.channel != "unmatched"]
    return fold(HELPED, head.case_id, wiring.ledger().load(HELPED, head.case_id))


def shown(helped: Deployment) -> tuple[str, list[Any]]:
    """The only message before a person: why it is there, and the facts of its case."""
    (item,) = helped.exceptions(HELPED)
    assert (item.cause, item.state, bool(item.owner), bool(item.deadline)) == ("unmatched_message", "open", True, True)
    facts = [x.event for x in wiring.ledger().load(HELPED, item.case_id)]
    (kept,) = [x for x in facts if isinstance(x, MessageKept)]
    return kept.why, facts


def test_a_tickets_fields_become_a_wish_and_its_id_stays_on_the_case(helped: Deployment, sandboxes: Sandboxes) -> None:
    fields = {11: "5001", 12: "cxl_out_of_stock", 13: "71:2, 72: 1", 15: "ops"}
    written = Written(sandboxes, fields, created_at="2026-11-20T10:00:00Z")
    assert written.deliver(helped) == []
    case = the_case(helped)
    (wish,) = [x.fact for x in case.requests]
    assert (case.channel, case.order_ref, case.reason, case.ticket_ref) == ("shopify", "5001", "stockout", written.id)
    assert (wish.requester, dict(wish.lines), wish.source) == ("ops", {"71": 2, "72": 1}, "zendesk")
    assert wish.requested_at == "2026-11-20T10:00:00.000000Z"
    assert wish.ticket_link.endswith(f"/agent/tickets/{written.id}")
    assert helped.executions == [f"{case.case_id}-1"]
    assert written.effects() == []


def test_what_people_write_on_a_ticket_decides_nothing(helped: Deployment, sandboxes: Sandboxes) -> None:
    text = "Ignore the form: order 9999 is fraud, reason fraud, refund everything. order_ref: 9999"
    written = Written(sandboxes, {11: "5001", 12: "address", 13: "71:1"}, description=text)
    assert written.deliver(helped) == []
    case = the_case(helped)
    assert (case.order_ref, case.reason, dict(case.requests[0].fact.lines)) == ("5001", "address", {"71": 1})
    assert "9999" not in json.dumps(helped.items)


def test_a_ticket_that_is_saved_again_unchanged_is_the_same_wish(helped: Deployment, sandboxes: Sandboxes) -> None:
    written = Written(sandboxes, {11: "5001", 12: "fraud", 13: "71:1"})
    for invocation in ("a", "b", "c"):
        assert written.deliver(helped, invocation) == []
    assert len(the_case(helped).requests) == 1
    written.fill_in({13: "71:2"})
    assert written.deliver(helped, "d") == []
    assert [dict(x.fact.lines) for x in the_case(helped).requests] == [{"71": 1}, {"71": 2}]
    assert len(helped.executions) == 1


def test_a_ticket_of_another_form_is_not_ours(helped: Deployment, sandboxes: Sandboxes) -> None:
    written = Written(sandboxes, {11: "5001", 12: "fraud"}, form_id=FORM + 1)
    assert written.deliver(helped) == []
    assert (helped.items, written.effects()) == ([], [])


PERSONAL = "jane@example.com"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({12: "fraud"}, "order"),
        ({11: "  ", 12: "fraud"}, "order"),
        ({11: f"my order, I am {PERSONAL}", 12: "fraud"}, "order"),
        ({11: "#1001", 12: "fraud"}, "order"),
        ({11: "5001"}, "reason"),
        ({11: "5001", 12: PERSONAL}, "reason"),
        ({11: "5001", 12: "fraud", 13: "all of them"}, "lines"),
        ({11: "5001", 12: "fraud", 13: "71:0"}, "lines"),
        ({11: "5001", 12: "fraud", 13: "71:1, 71:1"}, "lines"),
        ({11: "5001", 12: "fraud", 14: "ebay"}, "channel"),
        ({11: "903-8868176-2219830", 12: "fraud"}, "channel"),
        ({11: "5001", 12: "fraud", 15: "system"}, "requester"),
    ],
)
def test_a_ticket_that_makes_no_wish_is_shown_to_a_person_and_asked_back_once(
    helped: Deployment, sandboxes: Sandboxes, fields: dict[int, str], field: str
) -> None:
    """Also where the trigger hears our own question, and delivers the ticket again and again."""
    written = Written(sandboxes, fields)
    for invocation in ("a", "b", "c"):
        assert written.deliver(helped, invocation) == []
    why, facts = shown(helped)
    assert why.startswith(f"{field}: ")
    (asked,) = [x for x in facts if isinstance(x, TicketAsked)]
    assert (asked.system, asked.ticket_ref, asked.field, asked.status) == ("zendesk", written.id, field, "asked")
    assert written.effects() == ["comment", "comment", "tag"]
    _, note, question = written.now["comments"]
    assert (note["public"], question["public"], written.now["tags"]) == (False, True, ["stopship-unclear"])
    assert "nothing has been cancelled" in question["body"]
    assert PERSONAL not in json.dumps([helped.items, written.now["comments"]])
    assert helped.executions == []


def test_a_ticket_that_is_filled_in_after_the_question_opens_its_case(helped: Deployment, sandboxes: Sandboxes) -> None:
    written = Written(sandboxes, {12: "fraud"})
    written.deliver(helped, "a")
    written.fill_in({11: "5001"})
    assert written.deliver(helped, "b") == []
    assert (the_case(helped).order_ref, the_case(helped).ticket_ref) == ("5001", written.id)
    assert len(helped.exceptions(HELPED)) == 1, "nothing that a person was asked ends by itself"


def test_a_second_wrong_entry_is_asked_about_again(helped: Deployment, sandboxes: Sandboxes) -> None:
    written = Written(sandboxes, {12: "fraud"})
    written.deliver(helped, "a")
    written.fill_in({11: "#1001"})
    written.deliver(helped, "b")
    assert written.effects().count("comment") == 4
    assert len(helped.exceptions(HELPED)) == 2


def test_a_closed_ticket_cannot_be_asked_and_the_person_sees_that(helped: Deployment, sandboxes: Sandboxes) -> None:
    written = Written(sandboxes, {12: "fraud"}, status="closed")
    assert written.deliver(helped) == []
    _, facts = shown(helped)
    assert [x.status for x in facts if isinstance(x, TicketAsked)] == ["refused:RecordInvalid"]
    assert written.effects() == []


@pytest.mark.parametrize("kind", ["http_429", "http_500", "reset"])
def test_a_help_desk_that_cannot_be_read_leaves_the_message_in_the_queue(
    helped: Deployment, sandboxes: Sandboxes, kind: Any
) -> None:
    written = Written(sandboxes, {11: "5001", 12: "fraud"})
    sandboxes.trap(written.id, "read", kind)
    assert written.deliver(helped, "a") == ["m-0"]
    assert helped.items == []
    assert written.deliver(helped, "a") == []
    assert the_case(helped).ticket_ref == written.id


def test_a_help_desk_that_cannot_be_asked_is_asked_by_the_next_try_of_a_message_that_is_shown_already(
    helped: Deployment, sandboxes: Sandboxes
) -> None:
    written = Written(sandboxes, {12: "fraud"})
    sandboxes.trap(written.id, "update", "http_500_after")
    assert written.deliver(helped, "a") == ["m-0"]
    assert shown(helped)[0].startswith("order: ")
    assert written.deliver(helped, "a") == []
    assert written.effects() == ["comment", "comment", "tag"]
    assert len([x for x in shown(helped)[1] if isinstance(x, TicketAsked)]) == 1


def test_a_ticket_that_is_gone_is_shown_to_a_person(helped: Deployment) -> None:
    assert call(zendesk(b'{"ticket_id": "404404"}'))["statusCode"] == 200
    assert helped.work() == []
    assert shown(helped)[0].startswith("ticket_id: is no ticket at Zendesk")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"ticket.custom_fields": None}, "ticket.custom_fields is no list of fields"),
        ({"ticket.custom_fields.0.value": [PERSONAL]}, "the order field holds no text"),
        ({"ticket.created_at": PERSONAL}, "ticket.created_at is no moment"),
    ],
)
def test_a_ticket_in_a_shape_that_the_contract_does_not_have_is_shown_by_its_field(
    helped: Deployment, sandboxes: Sandboxes, change: dict[str, Any], says: str
) -> None:
    written = Written(sandboxes, {11: "5001", 12: "fraud"})
    sandboxes.trap(written.id, "read", "false_ok", detail={"change": change})
    assert written.deliver(helped) == []
    assert says in shown(helped)[0]
    assert PERSONAL not in json.dumps(helped.items)
    assert (written.effects(), helped.executions) == ([], [])


def test_an_empty_field_comes_as_null_and_stands_for_nothing(helped: Deployment, sandboxes: Sandboxes) -> None:
    written = Written(sandboxes, {11: "5001", 12: "fraud", 13: ""})
    sandboxes.trap(written.id, "read", "false_ok", detail={"change": {"ticket.custom_fields.2.value": None}})
    assert written.deliver(helped) == []
    assert dict(the_case(helped).requests[0].fact.lines) == {}


# ---------------------------------------------------------------------------------------------- generic tickets


def test_a_generic_ticket_becomes_a_wish(helped: Deployment) -> None:
    call(ticket())
    assert helped.work() == []
    case = the_case(helped)
    (wish,) = [x.fact for x in case.requests]
    assert (case.channel, case.order_ref, case.reason, case.ticket_ref) == ("shopify", "5001", "stockout", "OPS-12")
    assert (dict(wish.lines), wish.requester, wish.ticket_link) == ({"71": 2}, "ops", SAYS["link"])
    assert helped.executions == [f"{case.case_id}-1"]


def test_the_same_delivery_acts_once_and_two_help_desks_may_count_alike(helped: Deployment) -> None:
    for event in (ticket(), ticket(), ticket(secret=ASANA, desk="asana")):
        assert call(event)["statusCode"] == 200
        assert helped.work() == []
    assert len(the_case(helped).requests) == 2
    assert len(helped.executions) == 1


def test_another_ticket_under_a_delivery_that_is_known_is_refused_by_name(helped: Deployment) -> None:
    assert call(ticket())["statusCode"] == 200
    problem = d.is_problem(call(ticket(json.dumps({**SAYS, "order_ref": "5002"}).encode())), 409)
    assert (problem["field"], bool(problem["fix"])) == ("header X-Stopship-Delivery", True)
    assert len(helped.take_queue()) == 1
    assert list(helped.evidence.values()) == [TICKET]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"order_ref": None}, "order_ref"),
        ({"order_ref": f"#1001 {PERSONAL}"}, "order_ref"),
        ({"order_ref": 5001}, "order_ref"),
        ({"channel": "amazon"}, "channel"),
        ({"channel": "ebay"}, "channel"),
        ({"reason": PERSONAL}, "reason"),
        ({"requester": "system"}, "requester"),
        ({"lines": [{"line_id": "71", "quantity": 0}]}, "lines.0.quantity"),
        ({"lines": [{"line_id": "71", "quantity": True}]}, "lines.0.quantity"),
        ({"lines": [{"line_id": "71", "quantity": 1}] * 2}, "body"),
        ({"link": f"https://x.example/?user={PERSONAL}"}, "link"),
        ({"link": "javascript:alert(1)"}, "link"),
        ({"ticket_id": "x" * 101}, "ticket_id"),
        ({PERSONAL: "please refund"}, "body"),
        ({"description": "please refund all"}, "body"),
    ],
)
def test_a_generic_ticket_that_makes_no_wish_is_shown_by_its_field_and_never_quoted(
    helped: Deployment, change: dict[str, Any], field: str
) -> None:
    told = {k: v for k, v in {**SAYS, **change}.items() if v is not None}
    assert call(ticket(json.dumps(told).encode()))["statusCode"] == 200
    assert helped.work() == []
    assert shown(helped)[0].startswith(f"{field}: ")
    assert PERSONAL not in json.dumps(helped.items)
    assert helped.executions == []


# ---------------------------------------------------------------------------------------------- anything at all

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
MESSAGE = IntakeMessage(HELPED, "zendesk", "jira", "d-1", "key", "sha", "2026-11-24T12:00:05.000000Z")
CONNECTION = ZendeskConnection(HELPED, "https://acme.zendesk.com", "a", "b", Fields(**FIELDS))


def known_by(names: Iterable[str], wish: CancelRequest) -> bool:
    """Only what the contract allows reaches the desk, and it can be written down."""
    check_recordable(wish)
    return wish.channel in names and wish.order_ref.replace("-", "").replace(".", "").replace("_", "").isalnum()


@settings(max_examples=300, deadline=None)
@given(values=st.dictionaries(st.sampled_from([11, 12, 13, 14, 15]), st.text(max_size=30) | st.sampled_from(Reason)))
def test_whatever_stands_in_the_fields_is_a_wish_or_is_asked_about(values: dict[int, str]) -> None:
    told = {
        "id": 1,
        "created_at": "2026-11-24T10:00:00Z",
        "custom_fields": [{"id": k, "value": v} for k, v in values.items()],
    }
    try:
        found = wish.read_wish(MESSAGE, told, CONNECTION, {"shopify"}, lambda _: "shopify")
    except UnclearTicket as unclear:
        long = [v for v in values.values() if len(v.strip()) > 12 and v not in set(Reason)]
        assert not [v for v in long if v in str(unclear)]
    else:
        assert found is not None
        assert known_by({"shopify"}, found)


@settings(max_examples=300, deadline=None)
@given(bent=st.dictionaries(st.sampled_from(sorted(SAYS)) | st.text(max_size=8), anything, max_size=3))
def test_whatever_a_generic_ticket_says_is_a_wish_or_is_refused_by_name(bent: dict[str, Any]) -> None:
    try:
        found = generic_wish.read_wish(MESSAGE, {**SAYS, **bent}, {"shopify"})
    except InvalidInput as refused:
        assert refused.field
    else:
        assert known_by({"shopify"}, found)
