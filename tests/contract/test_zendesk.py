"""The Zendesk adapter against the Zendesk sandbox, over HTTP."""

import json
from collections.abc import Iterator
from itertools import count
from typing import Any, cast

import pytest

from infra.local.sandboxes.inbox import Inbox
from infra.local.sandboxes.process import Sandboxes, until
from stopship.adapters.clock import SystemClock
from stopship.adapters.merchants import Merchants
from stopship.adapters.zendesk import webhooks
from stopship.adapters.zendesk.client import ZendeskClient
from stopship.adapters.zendesk.connection import Fields, ZendeskConnection
from stopship.adapters.zendesk.tickets import ZendeskTickets, reference_of
from stopship.application.ports import TicketMessage
from stopship.domain.capabilities import CAPABILITIES, PickReading
from stopship.domain.errors import NotAuthentic, PartnerContractBroken, PartnerRefused, PartnerUnavailable
from stopship.domain.order import FINAL
from stopship.domain.resolution import Resolution
from stopship.wiring.partners import ConfiguredPartners
from tests.fakes.one_thread import use_one_thread
from tests.fakes.partners import captured
from tests.fakes.sandboxes_anew import sandboxes_anew
from tests.statemachines.play import Play

MERCHANT = "acme"
TRIGGERED = "borealis"
"""The one whose Zendesk sends webhooks."""
SECRET = "webhook-secret-1"
LOGIN: dict[str, Any] = {"email": "desk@acme.example", "api_token": "token-1"}
FIELDS = Fields(order=11, reason=12, lines=13, channel=14, requester=15)
_numbers = count(35_000)


@pytest.fixture(scope="module")
def sandboxes() -> Iterator[Sandboxes]:
    with sandboxes_anew() as running:
        running.configure(merchants={MERCHANT: {"zendesk": {**LOGIN, "page_size": 3}}})
        told = {**LOGIN, "account_id": "900", "webhook_secret": SECRET}
        running.configure(merchants={TRIGGERED: {"zendesk": told}})
        yield running


@pytest.fixture(autouse=True)
def no_traps_left(sandboxes: Sandboxes) -> Iterator[None]:
    yield
    sandboxes.clear_traps()


@pytest.fixture
def connection(sandboxes: Sandboxes) -> ZendeskConnection:
    return ZendeskConnection(MERCHANT, f"{sandboxes.endpoint}/zendesk/{MERCHANT}", **LOGIN, fields=FIELDS)


@pytest.fixture
def tickets(connection: ZendeskConnection) -> ZendeskTickets:
    return ZendeskTickets(connection)


class Written:
    """A ticket that somebody wrote, and what Zendesk holds of it."""

    def __init__(self, sandboxes: Sandboxes, merchant: str = MERCHANT, **more: Any) -> None:
        self.sandboxes, self.merchant, self.id = sandboxes, merchant, str(next(_numbers))
        told = {"ticket_id": self.id, "fields": {"11": "5001", "12": "customer_request"}, **more}
        sandboxes.command(f"zendesk/{merchant}/tickets", told)

    def tell(self, command: str, **more: Any) -> None:
        self.sandboxes.command(f"zendesk/{self.merchant}/tickets/{self.id}/{command}", more)

    def trap(self, operation: str, kind: Any, **more: Any) -> None:
        self.sandboxes.trap(self.id, operation, kind, **more)

    @property
    def now(self) -> dict[str, Any]:
        found: dict[str, Any] = self.sandboxes.command(f"zendesk/{self.merchant}/tickets/{self.id}", method="GET")
        return found

    def said(self) -> list[tuple[bool, str]]:
        """What was added by the desk: public or not, and the first line."""
        return [(x["public"], x["body"].splitlines()[0]) for x in self.now["comments"][1:]]

    def effects(self) -> list[str]:
        return [entry.operation for entry in self.sandboxes.journal("zendesk", self.merchant, self.id)]


@pytest.fixture
def written(sandboxes: Sandboxes) -> Written:
    return Written(sandboxes)


def message(key: str = "case-1:-:ticket:1", **more: str) -> TicketMessage:
    told = {"note": "Case case-1 has ended: stopped.", "reply": "Your order is cancelled.\n", "tag": "stopship-stopped"}
    return TicketMessage(**{**told, "key": key, **more})


BOTH = [(False, "Case case-1 has ended: stopped."), (True, "Your order is cancelled.")]
ALL = ["comment", "comment", "tag"]


# ---------------------------------------------------------------------------------------------- answering


def test_the_outcome_is_a_note_for_the_desk_a_reply_for_the_customer_and_a_tag(
    tickets: ZendeskTickets, sandboxes: Sandboxes
) -> None:
    written = Written(sandboxes, tags=["vip", "cancel"])
    tickets.tell(written.id, message())
    assert written.said() == BOTH
    assert written.now["tags"] == ["vip", "cancel", "stopship-stopped"]
    assert written.effects() == ALL


def test_the_same_message_twice_is_said_once(tickets: ZendeskTickets, written: Written) -> None:
    for _ in range(3):
        tickets.tell(written.id, message())
    assert (written.said(), written.effects()) == (BOTH, ALL)


def test_another_message_on_the_same_ticket_is_said_too(tickets: ZendeskTickets, written: Written) -> None:
    tickets.tell(written.id, message())
    tickets.tell(written.id, message("case-1:-:ticket:2", reply="It left after all.", tag="stopship-shipped"))
    assert [line for _, line in written.said()][2:] == ["Case case-1 has ended: stopped.", "It left after all."]
    assert written.now["tags"] == ["stopship-stopped", "stopship-shipped"]


def test_what_was_said_is_found_behind_many_pages_of_comments(tickets: ZendeskTickets, written: Written) -> None:
    written.tell("say", body="Hello?", times=7)
    tickets.tell(written.id, message())
    written.tell("say", body="Thank you.", times=7)
    tickets.tell(written.id, message())
    assert written.effects() == ALL


def test_only_a_reply_leaves_no_note(tickets: ZendeskTickets, written: Written) -> None:
    tickets.tell(written.id, message(note="", tag=""))
    assert (written.said(), written.effects()) == (BOTH[1:], ["comment"])


def test_a_customer_who_quotes_our_reply_does_not_pass_for_the_note(tickets: ZendeskTickets, written: Written) -> None:
    """The internal note is looked for among internal notes only."""
    written.tell("say", body=f"You wrote:\n{reference_of(message().key)}")
    tickets.tell(written.id, message())
    assert (False, BOTH[0][1]) in written.said()


# ---------------------------------------------------------------------------------------------- trouble


@pytest.mark.parametrize("operation", ["update", "tags"])
@pytest.mark.parametrize(("kind", "more"), [("reset", {"after": True}), ("http_500_after", {})])
def test_a_lost_answer_is_read_back_and_nothing_is_said_twice(
    tickets: ZendeskTickets, written: Written, operation: str, kind: str, more: dict[str, Any]
) -> None:
    written.trap(operation, kind, **more)
    with pytest.raises(PartnerUnavailable) as lost:
        tickets.tell(written.id, message())
    assert lost.value.in_doubt
    tickets.tell(written.id, message())
    assert (written.said(), written.effects()) == (BOTH, ALL)


@pytest.mark.parametrize("operation", ["comments", "update", "tags"])
@pytest.mark.parametrize("kind", ["http_500", "reset"])
def test_a_call_that_fails_before_its_effect_is_done_by_the_next_try(
    tickets: ZendeskTickets, written: Written, operation: str, kind: str
) -> None:
    written.trap(operation, kind)
    with pytest.raises(PartnerUnavailable):
        tickets.tell(written.id, message())
    tickets.tell(written.id, message())
    assert (written.said(), written.effects()) == (BOTH, ALL)


def test_too_many_requests_name_the_wait_and_do_nothing(tickets: ZendeskTickets, written: Written) -> None:
    written.trap("update", "http_429", seconds=34)
    with pytest.raises(PartnerUnavailable) as busy:
        tickets.tell(written.id, message())
    assert (busy.value.retry_after, busy.value.in_doubt) == (34.0, False)
    assert written.effects() == []


def test_a_slow_answer_is_an_answer(tickets: ZendeskTickets, written: Written) -> None:
    written.trap("update", "slow", seconds=0.2)
    tickets.tell(written.id, message())
    assert written.effects() == ALL


def test_a_closed_ticket_refuses_and_keeps_what_it_had(tickets: ZendeskTickets, written: Written) -> None:
    written.tell("close")
    with pytest.raises(PartnerRefused) as refused:
        tickets.tell(written.id, message())
    assert refused.value.code == "RecordInvalid"
    assert (written.said(), written.effects()) == ([], [])


@pytest.mark.parametrize("operation", ["update", "tags"])
def test_a_rejected_change_is_a_definite_no(tickets: ZendeskTickets, written: Written, operation: str) -> None:
    written.trap(operation, "rejected")
    with pytest.raises(PartnerRefused, match="RecordInvalid"):
        tickets.tell(written.id, message())
    assert written.now["tags"] == []


@pytest.mark.parametrize(("operation", "says"), [("update", "comments lacks"), ("tags", "tags lacks")])
def test_a_yes_that_left_nothing_on_the_ticket_is_not_believed(
    tickets: ZendeskTickets, written: Written, operation: str, says: str
) -> None:
    written.trap(operation, "false_ok")
    with pytest.raises(PartnerContractBroken, match=says):
        tickets.tell(written.id, message())


def test_a_note_that_came_out_public_is_not_taken_for_a_note(tickets: ZendeskTickets, written: Written) -> None:
    tickets.tell(written.id, message(note="", tag=""))
    written.trap("comments", "false_ok", times=2, detail={"change": {"comments.1.public": "no"}})
    with pytest.raises(PartnerContractBroken, match=r"comments\.public"):
        tickets.tell(written.id, message())
    assert written.effects() == ["comment"]


@pytest.mark.parametrize("ticket_ref", ["OPS-12", "", "../users/1", "1" * 40, "٣"])
def test_a_reference_that_is_no_ticket_number_reaches_no_address(
    tickets: ZendeskTickets, sandboxes: Sandboxes, ticket_ref: str
) -> None:
    before = sandboxes.journal("zendesk")
    with pytest.raises(PartnerRefused, match="no_such_ticket"):
        tickets.tell(ticket_ref, message())
    assert sandboxes.journal("zendesk") == before


def test_a_ticket_that_is_gone_is_refused(tickets: ZendeskTickets) -> None:
    with pytest.raises(PartnerRefused, match="RecordNotFound"):
        tickets.tell("404404", message())


def test_a_wrong_token_is_refused_and_never_repeated_in_the_error(sandboxes: Sandboxes, written: Written) -> None:
    endpoint = f"{sandboxes.endpoint}/zendesk/{MERCHANT}"
    stranger = ZendeskTickets(ZendeskConnection(MERCHANT, endpoint, "desk@acme.example", "guessed-token", FIELDS))
    with pytest.raises(PartnerRefused) as refused:
        stranger.tell(written.id, message())
    assert "guessed-token" not in f"{refused.value} {refused.value.evidence}"
    assert written.effects() == []


# ---------------------------------------------------------------------------------------------- reading


def test_a_ticket_is_read_with_its_fields(connection: ZendeskConnection, written: Written) -> None:
    found = ZendeskClient(connection).ticket(written.id)
    assert found is not None
    assert {x["id"]: x["value"] for x in found["custom_fields"]} == {11: "5001", 12: "customer_request"}


def test_an_unknown_ticket_is_none(connection: ZendeskConnection) -> None:
    assert ZendeskClient(connection).ticket("404404") is None


@pytest.mark.parametrize(
    ("operation", "change", "says"),
    [
        ("read", {"ticket": []}, "ticket is missing"),
        ("read", {"ticket.id": 7}, r"ticket\.id is not"),
        ("comments", {"comments": None}, "comments is missing"),
        ("comments", {"comments.0": "text"}, "comments holds what is no comment"),
        ("comments", {"next_page": "https://elsewhere.example/?page=1"}, "comments never ends"),
        ("tags", {"tags": "stopship-stopped"}, "tags is missing"),
    ],
)
def test_an_answer_of_a_wrong_shape_names_its_field(
    connection: ZendeskConnection, written: Written, operation: str, change: dict[str, Any], says: str
) -> None:
    written.trap(operation, "false_ok", times=-1, detail={"change": change})
    client = ZendeskClient(connection)
    with pytest.raises(PartnerContractBroken, match=says):
        if operation == "read":
            client.ticket(written.id)
        elif operation == "comments":
            list(client.comments(written.id))
        else:
            client.add_tag(written.id, "x")


# ---------------------------------------------------------------------------------------------- the webhook


@pytest.mark.parametrize("sends", ["trigger", "event"])
def test_a_ticket_that_is_written_or_filled_in_is_told_and_the_message_proves_who_sends(
    sandboxes: Sandboxes, sends: str
) -> None:
    with Inbox() as inbox:
        sandboxes.configure(inbox.url, merchants={TRIGGERED: {"zendesk": {"sends": sends}}})
        written = Written(sandboxes, TRIGGERED)
        written.tell("fields", fields={"11": "5002"})
        first, second = inbox.wait(2)
    now = SystemClock().now()
    for told in (first, second):
        headers = {name.lower(): value for name, value in told.headers.items()}
        signature, timestamp = headers["x-zendesk-webhook-signature"], headers["x-zendesk-webhook-signature-timestamp"]
        webhooks.verify(told.body, signature, timestamp, ["another", SECRET], now)
        with pytest.raises(NotAuthentic):
            webhooks.verify(told.body + b" ", signature, timestamp, [SECRET], now)
        assert webhooks.ticket_id(json.loads(told.body)) == written.id
        assert (told.path, headers["x-zendesk-account-id"]) == ("/webhooks/zendesk", "900")


@pytest.mark.parametrize(("kind", "comes"), [("silent", False), ("late", True)])
def test_a_trigger_may_be_silent_or_late(sandboxes: Sandboxes, kind: Any, comes: bool) -> None:
    with Inbox() as inbox:
        sandboxes.configure(inbox.url)
        written = Written(sandboxes, TRIGGERED)
        inbox.wait(1)
        written.trap("webhook", kind, seconds=0.1)
        written.tell("fields", fields={"11": "5003"})
        assert until(lambda: len(inbox.messages) > 1, 0.6) is comes


# ---------------------------------------------------------------------------------------------- with the desk


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch, tickets: ZendeskTickets) -> Iterator[Play]:
    """A desk in memory whose help desk is the real adapter."""
    use_one_thread(monkeypatch)
    play = Play()
    monkeypatch.setattr(play.world.partners, "tickets", lambda _, source: tickets if source == "zendesk" else None)
    captured(play.world.order())
    yield play
    assert play.violations() == []


def by_ticket(play: Play, written: Written) -> None:
    play.world.ask(delivery=written.id, source="zendesk", ticket_ref=written.id)
    play.world.settle()


def test_a_case_that_came_by_ticket_ends_on_it(play: Play, written: Written) -> None:
    by_ticket(play, written)
    (_, note), (_, reply) = written.said()
    assert note == f"Case {play.world.case.case_id} on order #1001 has ended: stopped."
    assert reply == "Your order #1001 is cancelled. The warehouse has confirmed that nothing will be sent."
    assert (play.outcome, written.now["tags"]) == ("stopped", ["stopship-stopped"])


@pytest.mark.parametrize(("kind", "more"), [("http_500_after", {}), ("reset", {"after": True}), ("http_429", {})])
def test_a_case_is_told_once_whatever_happens_on_the_way(
    play: Play, written: Written, kind: Any, more: dict[str, Any]
) -> None:
    for operation in ("update", "tags"):
        written.trap(operation, kind, **more)
    by_ticket(play, written)
    assert (play.outcome, written.effects()) == ("stopped", ALL)


def test_a_case_on_a_closed_ticket_waits_for_a_person_and_then_ends(play: Play, written: Written) -> None:
    written.tell("close")
    by_ticket(play, written)
    assert (play.world.the_exception.cause, play.outcome) == ("message_failed", "")
    play.world.answer_all(Resolution.DONE_BY_HAND)
    assert (play.outcome, written.effects()) == ("stopped", [])


def test_a_help_desk_proves_no_stop() -> None:
    row = CAPABILITIES["zendesk"]
    assert row.proves not in FINAL
    assert (row.holds, row.partial, row.pick_state) == ("", False, PickReading.NONE)


class Configured:
    """One merchant's secret."""

    def __init__(self, secret: dict[str, Any]) -> None:
        self.secret = secret

    def connections(self, merchant: str) -> dict[str, Any]:
        return self.secret


def test_a_merchants_configuration_makes_its_help_desk(sandboxes: Sandboxes, written: Written) -> None:
    config = {"endpoint": f"{sandboxes.endpoint}/zendesk/{MERCHANT}", **LOGIN, "fields": {"order": 11, "reason": 12}}
    partners = ConfiguredPartners(cast(Merchants, Configured({"zendesk": config})))
    made = partners.tickets(MERCHANT, "zendesk")
    assert made is not None
    made.tell(written.id, message())
    assert written.effects() == ALL


@pytest.mark.parametrize("source", ["ticket", "ops", "shopify:flow", ""])
def test_wishes_of_other_sources_have_no_help_desk_to_answer(source: str) -> None:
    config = {"endpoint": "http://127.0.0.1:1", **LOGIN, "fields": {"order": 11, "reason": 12}}
    assert ConfiguredPartners(cast(Merchants, Configured({"zendesk": config}))).tickets(MERCHANT, source) is None
    assert ConfiguredPartners(cast(Merchants, Configured({}))).tickets(MERCHANT, "zendesk") is None
