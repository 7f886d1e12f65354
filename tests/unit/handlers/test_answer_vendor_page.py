"""The page behind a mail's link: whoever opens it changes nothing, and a form that a person fills in and sends is his answer, once."""

import hashlib
import json
from base64 import b64encode
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from stopship import wiring
from stopship.adapters.evidence_s3 import key_of
from stopship.application.ports import Append, Callback, NewEvent
from stopship.domain import events as e
from stopship.handlers import receive_acknowledgment
from tests.unit.handlers import deployment as d
from tests.unit.handlers import vendor_request as v
from tests.unit.handlers.deployment import Deployment
from tests.unit.handlers.vendor_request import Waits, call, filled, is_page, link

SCANS = ("GET", "HEAD", "OPTIONS")
ALL = ("stopped", "too_late", "partly")
SOME = {"quantity.l1": "1", "quantity.l2": "0"}


@pytest.fixture
def waits(deployed: Deployment, monkeypatch: pytest.MonkeyPatch) -> Waits:
    return v.mailed(deployed, monkeypatch)


# ---------------------------------------------------------------------------------------------- opening


@pytest.mark.parametrize("answer", ALL)
def test_a_scanner_that_opens_every_link_again_and_again_changes_nothing(
    deployed: Deployment, waits: Waits, answer: str
) -> None:
    before = deployed.items
    for method in SCANS * 3:
        call(method, link(answer), query=filled(**SOME))
        call(method, link(answer), filled(**SOME))
    assert (deployed.items, deployed.evidence, waits.woken) == (before, {}, [])


def test_the_page_shows_what_is_asked_and_a_form_that_needs_no_script(deployed: Deployment, waits: Waits) -> None:
    answer = is_page(call("GET", link("partly")), 200)
    form = ShownForm(answer["body"])
    assert form.method == "post" and form.scripts == 0
    assert set(form.fields) == {"actor", "confirm", "quantity.l1", "quantity.l2"}
    assert [form.fields[f"quantity.{x}"]["max"] for x in ("l1", "l2")] == ["2", "1"]
    assert all("required" in attributes for attributes in form.fields.values())
    assert "#5001" in answer["body"] and "2026-11-24 12:15 UTC" in answer["body"]
    assert "MUG&lt;b&gt;" in answer["body"] and "MUG<b>" not in answer["body"]


def test_each_link_asks_for_its_own_answer_only(deployed: Deployment, waits: Waits) -> None:
    fields = {answer: set(ShownForm(call("GET", link(answer))["body"]).fields) for answer in ALL}
    assert fields["stopped"] == {"actor", "confirm"}
    assert fields["too_late"] == {"actor", "confirm", "handed_over"}
    assert fields["partly"] == {"actor", "confirm", "quantity.l1", "quantity.l2"}


def test_the_style_is_the_only_thing_that_the_page_may_use(deployed: Deployment, waits: Waits) -> None:
    answer = call("GET", link("stopped"))
    style = answer["body"].partition("<style>")[2].partition("</style>")[0]
    digest = hashlib.sha256(style.encode()).digest()
    policy = answer["headers"]["content-security-policy"]
    assert f"style-src 'sha256-{b64encode(digest).decode()}'" in policy
    assert {"form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"} <= set(policy.split("; "))
    assert "style=" not in answer["body"] and "http" not in answer["body"]


def test_a_head_is_answered_as_a_get_without_its_page(deployed: Deployment, waits: Waits) -> None:
    answer = is_page(call("HEAD", link("stopped")), 200)
    assert answer["body"] == ""


@pytest.mark.parametrize(
    ("told", "asked", "language"), [("de", "fr", "de"), ("", "fr-CH, en;q=0.5", "fr"), ("", "", "en")]
)
def test_the_vendors_language_counts_and_else_the_browsers(
    deployed: Deployment, monkeypatch: pytest.MonkeyPatch, told: str, asked: str, language: str
) -> None:
    v.mailed(deployed, monkeypatch, language=told)
    answer = call("GET", link("stopped"), headers={"accept-language": asked})
    assert f'<html lang="{language}">' in answer["body"]


# ---------------------------------------------------------------------------------------------- answering


def test_a_named_persons_stopped_is_a_physical_stop_and_ends_the_wait(deployed: Deployment, waits: Waits) -> None:
    is_page(call("POST", link("stopped"), filled()), 200)
    (fact,) = v.heard()
    assert (fact.level, fact.actor, fact.source, fact.state) == ("physically_stopped", "operator", v.VENDOR, "unknown")
    assert (fact.partial, fact.late, fact.stopped_lines) == (False, False, {})
    assert (v.door_state(), waits.woken) == ("used", [v.TOKEN])


def test_the_name_is_kept_as_evidence_under_the_hash_that_the_ledger_holds(deployed: Deployment, waits: Waits) -> None:
    call("POST", link("stopped"), filled(actor="  Zoë   O'Neil "))
    (fact,) = v.heard()
    ((key, kept),) = deployed.evidence.items()
    assert hashlib.sha256(kept).hexdigest() == fact.reference
    assert key == key_of(d.ACME, "vendor-answers", fact.reference)
    said = json.loads(kept)
    assert (said["actor"], said["answer"], said["callback_id"]) == ("Zoë O'Neil", "stopped", v.DOOR)
    assert not any("Neil" in json.dumps(item) for item in deployed.items)
    assert "Neil" not in deployed.logged


def test_too_late_is_a_rejection_that_claims_no_departure(deployed: Deployment, waits: Waits) -> None:
    is_page(call("POST", link("too_late"), filled()), 200)
    (fact,) = v.heard()
    assert (fact.level, fact.state, fact.reason) == ("rejected", "unknown", "too_late")
    assert waits.woken == [v.TOKEN]


def test_handed_to_a_carrier_is_a_departure(deployed: Deployment, waits: Waits) -> None:
    call("POST", link("too_late"), filled(handed_over="yes"))
    (fact,) = v.heard()
    assert (fact.level, fact.state) == ("rejected", "shipped")
    leg = wiring.desk().cases.load(d.ACME, v.CASE).legs[v.LEG]
    assert leg.departure


def test_partly_names_what_was_held_back(deployed: Deployment, waits: Waits) -> None:
    is_page(call("POST", link("partly"), filled(**SOME)), 200)
    (fact,) = v.heard()
    assert (fact.level, fact.partial, fact.stopped_lines) == ("physically_stopped", True, {"l1": 1})


def test_a_link_signed_with_the_secret_that_is_being_replaced_still_counts(deployed: Deployment, waits: Waits) -> None:
    is_page(call("POST", link("stopped", v.OLD_LINK_SECRET), filled()), 200)
    assert [fact.level for fact in v.heard()] == ["physically_stopped"]


@pytest.mark.parametrize(
    ("answer", "form", "says"),
    [
        ("stopped", {}, "enter your name"),
        ("stopped", b"\xff\xfe", "could not be read"),
        ("stopped", b"actor=Jo+Miller&confirm=yes&actor=Other", "could not be read"),
        ("stopped", b"a;b", "could not be read"),
        ("stopped", b"actor=%ff%fe&confirm=yes", "could not be read"),
        ("stopped", {"confirm": "yes"}, "enter your name"),
        ("stopped", filled(actor=" "), "enter your name"),
        ("stopped", filled(actor="x" * 81), "enter your name"),
        ("stopped", filled(actor="a\x00b"), "enter your name"),
        ("stopped", {"actor": "Jo Miller"}, "tick that you have looked"),
        ("stopped", filled(confirm="no"), "tick that you have looked"),
        ("stopped", filled(handed_over="yes"), "leave it empty"),
        ("too_late", filled(handed_over="perhaps"), "leave it empty"),
        ("partly", filled(), "whole number"),
        ("partly", filled(**{"quantity.l1": "3", "quantity.l2": "0"}), "whole number"),
        ("partly", filled(**{"quantity.l1": "-1", "quantity.l2": "0"}), "whole number"),
        ("partly", filled(**{"quantity.l1": "1.5", "quantity.l2": "0"}), "whole number"),
        ("partly", filled(**{"quantity.l1": "\u0661", "quantity.l2": "0"}), "whole number"),
        ("partly", filled(**{"quantity.l1": "1" * 5000, "quantity.l2": "0"}), "whole number"),
        ("partly", filled(**{"quantity.l1": "0", "quantity.l2": "0"}), "Nothing is held back"),
        ("partly", filled(**{"quantity.l1": "2", "quantity.l2": "1"}), "Everything is held back"),
    ],
)
def test_a_form_that_is_not_filled_in_is_shown_again_and_answers_nothing(
    deployed: Deployment, waits: Waits, answer: str, form: dict[str, str] | bytes, says: str
) -> None:
    before = deployed.items
    page = is_page(call("POST", link(answer), form), 400)
    assert says in page["body"] and ShownForm(page["body"]).method == "post"
    assert (deployed.items, deployed.evidence, waits.woken, v.door_state()) == (before, {}, [], "open")


def test_a_form_of_megabytes_is_not_read(deployed: Deployment, waits: Waits) -> None:
    before = deployed.items
    for size in (30_000, 1_100_000):
        is_page(call("POST", link("stopped"), b"actor=" + b"x" * size), 413)
    assert (deployed.items, waits.woken) == (before, [])


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", ""])
def test_other_methods_are_told_so_and_do_nothing(deployed: Deployment, waits: Waits, method: str) -> None:
    before = deployed.items
    answer = is_page(call(method, link("stopped"), filled()), 405)
    assert answer["headers"]["allow"] == "GET, HEAD, POST"
    assert (deployed.items, waits.woken) == (before, [])


# ---------------------------------------------------------------------------------------------- used, late, expired


@pytest.mark.parametrize("second", ALL)
def test_only_one_link_can_be_answered_and_a_second_answer_is_on_record(
    deployed: Deployment, waits: Waits, second: str
) -> None:
    call("POST", link("too_late"), filled())
    for _ in range(3):
        page = is_page(call("POST", link(second), filled(**(SOME if second == "partly" else {}))), 409)
    assert "answered already" in page["body"]
    assert [fact.level for fact in v.heard()] == ["rejected"]
    assert v.refused() == [(v.DOOR, "used")]
    assert (waits.woken, len(deployed.evidence)) == ([v.TOKEN], 1)


def test_opening_an_answered_link_says_so_and_is_no_fact(deployed: Deployment, waits: Waits) -> None:
    call("POST", link("stopped"), filled())
    before = deployed.items
    for method in ("GET", "HEAD"):
        is_page(call(method, link("too_late")), 410)
    assert deployed.items == before


def close_by_silence() -> None:
    door = wiring.ledger().callback(v.DOOR)
    assert door is not None
    silence = NewEvent(e.SilenceRecorded(v.LEG, 1, v.DEADLINE))
    wiring.ledger().append(Append(d.ACME, v.CASE, 6, v.AT, [silence], callbacks=[replace(door, state="expired")]))


def test_a_late_answer_is_recorded_as_late_and_once(deployed: Deployment, waits: Waits) -> None:
    close_by_silence()
    is_page(call("GET", link("stopped")), 200)
    page = is_page(call("POST", link("stopped"), filled()), 410)
    assert "deadline had passed" in page["body"]
    assert [(fact.level, fact.late) for fact in v.heard()] == [("physically_stopped", True)]
    is_page(call("POST", link("stopped"), filled()), 409)
    assert len(v.heard()) == 1


def test_an_expired_link_answers_nothing_and_its_use_is_on_record(
    deployed: Deployment, waits: Waits, monkeypatch: pytest.MonkeyPatch
) -> None:
    close_by_silence()
    v.at(monkeypatch, "2026-12-08T12:15:00.000000Z")
    before = deployed.items
    is_page(call("GET", link("stopped")), 410)
    assert deployed.items == before
    page = is_page(call("POST", link("stopped"), filled()), 410)
    assert "expired" in page["body"]
    assert (v.heard(), v.refused(), waits.woken) == ([], [(v.DOOR, "expired")], [])


def test_a_link_can_be_answered_up_to_its_expiry(
    deployed: Deployment, waits: Waits, monkeypatch: pytest.MonkeyPatch
) -> None:
    v.at(monkeypatch, "2026-12-08T12:14:59.000000Z")
    is_page(call("POST", link("stopped"), filled()), 200)


# ---------------------------------------------------------------------------------------------- links that prove nothing


def tampered() -> list[str]:
    door, answer, expires, signature = link("too_late").split(".")
    other = "0" if signature[0] != "0" else "1"
    return [
        v.DOOR,
        f"{door}.stopped.{expires}.{signature}",
        f"{door}.{answer}.{int(expires) + 1}.{signature}",
        f"{door}.{answer}.{expires}.{other}{signature[1:]}",
        f"{door}.{answer}.{expires}.{signature}0",
        f"{door}.{answer}.{expires}.{signature[:-1]}",
        f"{door}.{answer}.{expires}.{signature.upper()}",
        f"{door}.{answer}.{expires}.",
        f"{door}.{answer}.{expires}",
        f"{door}.{answer}.0{expires}.{signature}",
        f"{door}.released.{expires}.{signature}",
        f"x{door[1:]}.{answer}.{expires}.{signature}",
        link("stopped", "another secret"),
        link("stopped", ""),
        link("stopped", merchant=d.ZETA),
        link("stopped", d.NORTH_SECRET),
        link("stopped", door="unknown"),
        "",
        "../" + link("stopped"),
        "\u00fc" * 40,
        "x" * 9000,
        link("stopped") + "\n",
    ]


@pytest.mark.parametrize("number", range(len(tampered())))
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT"])
def test_a_link_that_the_desk_has_not_written_opens_nothing(
    deployed: Deployment, waits: Waits, number: int, method: str
) -> None:
    before, token = deployed.items, tampered()[number]
    answer = is_page(call(method, token, filled(**SOME)), 404)
    assert method == "HEAD" or "not valid" in answer["body"]
    assert "5001" not in answer["body"] and v.DOOR not in answer["body"]
    assert (deployed.items, deployed.evidence, waits.woken) == (before, {}, [])


def test_a_merchant_without_link_secrets_has_no_links(deployed: Deployment, waits: Waits) -> None:
    other = Callback("zeta-door", d.ZETA, "case-z", "acknowledgement", "1", 1, "t", "open", v.DEADLINE)
    fact = NewEvent(e.EchoIgnored("x", "1"))
    wiring.ledger().append(Append(d.ZETA, "case-z", 0, v.AT, [fact], callbacks=[other]))
    is_page(call("POST", link("stopped", "", d.ZETA, "zeta-door"), filled()), 404)
    assert len(wiring.ledger().load(d.ZETA, "case-z")) == 1


def test_a_link_to_a_door_for_another_purpose_answers_nothing(deployed: Deployment, waits: Waits) -> None:
    other = Callback("door-p", d.ACME, v.CASE, "resolution", "exc-1", 1, "t", "open", v.DEADLINE)
    fact = NewEvent(e.EchoIgnored("x", "1"))
    wiring.ledger().append(Append(d.ACME, v.CASE, 6, v.AT, [fact], callbacks=[other]))
    before = deployed.items
    is_page(call("POST", link("stopped", door="door-p"), filled()), 404)
    assert deployed.items == before


def test_the_callbacks_id_alone_acknowledges_nothing_at_the_other_door(deployed: Deployment, waits: Waits) -> None:
    """A vendor who is asked by mail has no secret: nobody may answer for him by a signed message, not even with an empty one."""
    body = json.dumps({"decision": "stopped"}).encode()
    before = deployed.items
    for secret in ("", v.LINK_SECRET):
        signed(body, secret)
    assert (deployed.items, waits.woken) == (before, [])
    signed(body, d.NORTH_SECRET)
    assert (v.refused(), waits.woken) == ([(v.DOOR, "signed by another warehouse: north")], [])


def signed(body: bytes, secret: str) -> None:
    headers = {"X-Stopship-Signature": d.warehouse_signature(body, secret)}
    event = d.request("POST /acknowledgments/{callback_id}", body, headers, path={"callback_id": v.DOOR})
    d.is_problem(receive_acknowledgment.handler(event, d.CONTEXT), 401)


def test_what_fails_inside_is_a_page_and_a_line_in_the_log(
    deployed: Deployment, waits: Waits, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise RuntimeError("the store is down")

    from stopship.handlers import answer_vendor_page

    monkeypatch.setattr(answer_vendor_page, "evidence", broken)
    page = is_page(call("POST", link("stopped"), filled()), 500)
    assert "try again" in page["body"] and "store is down" not in page["body"]
    assert "page failed" in deployed.logged and (v.heard(), waits.woken) == ([], [])


def test_what_is_logged_holds_no_link_no_name_and_no_secret(deployed: Deployment, waits: Waits) -> None:
    for token in (link("stopped"), tampered()[3], v.DOOR):
        call("GET", token)
        call("POST", token, filled())
    call("POST", link("stopped"), filled())
    private = [v.DOOR, v.TOKEN, v.LINK_SECRET, "Miller", link("stopped"), v.ADDRESS]
    assert deployed.logged
    assert [x for x in private if x in deployed.logged] == []


# ---------------------------------------------------------------------------------------------- reading the page


class ShownForm(HTMLParser):
    """The page's one form, as a browser finds it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.method, self.scripts = "", 0
        self.fields: dict[str, dict[str, str]] = {}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        self.scripts += tag == "script" or any(name.startswith("on") for name in told)
        if tag == "form":
            self.method = told.get("method", "get")
        if tag == "input":
            self.fields[told["name"]] = told
