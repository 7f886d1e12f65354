"""The cancel form: two steps without a login, one wish however often it is sent, and no word about whether an order is there."""

import html
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode, urljoin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stopship import wiring
from stopship.adapters.cancel_form.entry import language_of
from stopship.contract import merchant_parameter_name
from stopship.domain import instant
from stopship.domain.events import MessageKept
from stopship.handlers import cancel_form
from stopship.wiring import by_number
from tests.unit.handlers import deployment as d
from tests.unit.handlers.deployment import Deployment

OPEN, ENTER, CONFIRM = "GET /cancel/{merchant}", "POST /cancel/{merchant}", "POST /cancel/{merchant}/confirm"
JANE = {"order": "#1001", "email": "jane@example.com", "name": "Jane Doe"}
FORM_TYPE = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture(autouse=True)
def form(deployed: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    connect(deployed, d.ACME)
    made = deployed.clients["kms"].create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
    monkeypatch.setenv("STOPSHIP_FORM_KEY", made["KeyMetadata"]["KeyId"])


def connect(deployed: Deployment, merchant: str, shop: str = "Acme Store") -> None:
    name = merchant_parameter_name(d.STAGE, merchant)
    told = json.dumps({"cancel_form": {"shop": shop}})
    deployed.clients["ssm"].put_parameter(Name=name, Value=told, Type="String", Overwrite=True)


class Page(HTMLParser):
    """What a browser without scripts can do with a page."""

    def __init__(self, answer: d.Answer) -> None:
        super().__init__()
        self.status, self.html = answer["statusCode"], answer["body"]
        self.headers = {k.lower(): v for k, v in answer["headers"].items()}
        self.action, self.fields, self.tags = "", dict[str, str](), list[tuple[str, dict[str, str | None]]]()
        self.feed(self.html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self.tags.append((tag, told))
        if tag == "form":
            self.action = told["action"] or ""
        if tag == "input":
            self.fields[str(told["name"])] = told.get("value") or ""

    @property
    def text(self) -> str:
        return html.unescape(re.sub(r"<[^>]*>", " ", re.sub(r"<style>.*?</style>", "", self.html)))


def call(route: str, fields: Any = None, merchant: str = d.ACME, headers: Any = None, **query: str) -> Page:
    body = fields if fields is None or isinstance(fields, bytes) else urlencode(fields).encode()
    event = d.request(
        route,
        body,
        {**FORM_TYPE, **(headers or {})},
        path={"merchant": merchant},
        query=query,
        in_base64=body is not None,
    )
    answer: d.Answer = cancel_form.handler(event, d.CONTEXT)
    return Page(answer)


def summary(entered: dict[str, str] = JANE, **query: str) -> Page:
    return call(ENTER, {**call(OPEN, **query).fields, **entered})


def confirmed(entered: dict[str, str] = JANE, **query: str) -> Page:
    return call(CONFIRM, summary(entered, **query).fields)


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, tuple[str, str]]]:
    """Order reference to number and address, as the merchant's store has them."""
    orders: dict[str, tuple[str, str]] = {"5001": ("1001", "Jane@Example.com"), "5002": ("1002", "joe@example.com")}

    def find(_merchants: Any, _merchant: str, number: str) -> list[str]:
        return [ref for ref, (known, _) in orders.items() if known == number.removeprefix("#")]

    monkeypatch.setattr(by_number, "find_in_store", find)
    monkeypatch.setattr(by_number, "contact_of", lambda _merchant, _channel, ref: orders[ref][1])
    yield orders


@pytest.fixture
def mailed(monkeypatch: pytest.MonkeyPatch, store: Any) -> list[tuple[str, str, str]]:
    sent: list[tuple[str, str, str]] = []
    system = type("Store", (), {"contact": lambda _self, ref: store[ref][1]})()
    monkeypatch.setattr(type(wiring.desk().partners), "order_system", lambda _self, _m, _c: system)

    def send(_self: Any, _sender: str, to: str, subject: str, text: str, _tags: Any) -> str:
        sent.append((to, subject, text))
        return f"mail-{len(sent)}"

    monkeypatch.setattr(type(wiring.desk().mailer), "send", send)
    return sent


# ---------------------------------------------------------------------------------------------- two steps, one wish


def test_a_confirmed_statement_is_kept_and_queued_and_the_page_is_its_receipt(deployed: Deployment) -> None:
    page = confirmed()
    assert page.status == 200
    (message,) = deployed.take_queue()
    assert (message["merchant"], message["source"], message["topic"]) == (d.ACME, "cancel-form", "statement")
    kept = json.loads(deployed.evidence[message["evidence_key"]])
    assert {x: kept[x] for x in JANE} == JANE
    assert kept["statement"].startswith("I do not want order #1001 any more")
    moment = f"{kept['received_at'][:10]} {kept['received_at'][11:19]} UTC"
    assert all(x in page.text for x in (moment, message["delivery_id"], kept["statement"], *JANE.values()))
    assert "cancelled yet" in page.text


def test_nothing_is_kept_or_queued_before_it_is_confirmed(deployed: Deployment) -> None:
    page = summary()
    assert page.status == 200
    assert "Nothing has been sent yet" in page.text
    assert deployed.untouched()


def test_a_double_click_a_reload_and_a_way_back_are_one_wish_with_one_receipt(
    deployed: Deployment, store: Any, mailed: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = call(OPEN)
    first = call(ENTER, {**empty.fields, **JANE})
    clicked = [call(CONFIRM, first.fields) for _ in range(2)]
    reloaded = call(CONFIRM, call(ENTER, {**empty.fields, **JANE}).fields)
    assert len({page.html for page in (*clicked, reloaded)}) == 1
    assert deployed.work() == []
    (case,) = deployed.cases()
    assert case.order_ref == "5001"
    assert len(wiring.desk().cases.load(d.ACME, case.case_id).requests) == 1
    assert len(deployed.evidence) == len(mailed) == 1


def test_something_else_entered_on_the_way_back_is_another_wish(deployed: Deployment) -> None:
    empty = call(OPEN)
    for entered in (JANE, {**JANE, "order": "1002"}):
        call(CONFIRM, call(ENTER, {**empty.fields, **entered}).fields)
    assert len({message["delivery_id"] for message in deployed.take_queue()}) == 2


def test_a_door_that_died_between_keeping_and_queueing_takes_the_same_wish_with_its_first_moment(
    deployed: Deployment, store: Any, mailed: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    fields = summary().fields

    class Full:
        def send(self, _message: Any) -> None:
            raise RuntimeError("no queue")

    with monkeypatch.context() as patch:
        patch.setattr(cancel_form, "intake_queue", Full)
        failed = call(CONFIRM, fields)
    assert (failed.status, deployed.take_queue()) == (500, [])
    assert "Nothing was sent" in failed.text
    (kept,) = deployed.evidence.values()
    page = call(CONFIRM, fields)
    assert json.loads(kept)["received_at"][11:19] in page.text
    assert deployed.work() == []
    (case,) = deployed.cases()
    assert wiring.desk().cases.load(d.ACME, case.case_id).received_at == json.loads(kept)["received_at"]


# ---------------------------------------------------------------------------------------------- no oracle


def test_no_page_tells_whether_the_order_is_there_or_the_address_fits(deployed: Deployment, store: Any) -> None:
    def shape(page: Page, entered: dict[str, str]) -> str:
        text = re.sub(r"w[a-z2-7]{20}|[0-9]{2}:[0-9]{2}:[0-9]{2}", "X", page.html)
        text = re.sub(r'name="token" value="[^"]*"', "", text)
        for value in entered.values():
            text = text.replace(html.escape(value), "X")
        return text

    known, stranger, none = JANE, {**JANE, "email": "eve@example.com"}, {**JANE, "order": "#7777"}
    for step in (summary, confirmed):
        assert len({shape(step(entered), entered) for entered in (known, stranger, none)}) == 1


def test_the_form_reads_no_order_no_credential_and_no_ledger(
    deployed: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("desk", "ledger"):
        monkeypatch.setattr(wiring, name, None)
    monkeypatch.setattr(type(wiring.merchants()), "connections", None)
    assert confirmed().status == 200


@pytest.mark.parametrize(
    ("entered", "why"),
    [
        ({"email": "eve@example.com"}, "address"),
        ({"order": "#7777"}, "no order"),
        ({"order": "903-8868176-2219830"}, "no order"),
    ],
)
def test_what_does_not_fit_is_put_before_a_person_and_its_address_is_not_in_the_ledger(
    deployed: Deployment, store: Any, mailed: list[Any], entered: dict[str, str], why: str
) -> None:
    assert confirmed({**JANE, **entered}).status == 200
    assert deployed.work() == []
    (shown,) = deployed.exceptions()
    assert (shown.cause, shown.state) == ("unmatched_message", "open")
    (fact,) = [r.event for r in wiring.ledger().load(d.ACME, shown.case_id) if isinstance(r.event, MessageKept)]
    assert why in fact.why
    ledger = json.dumps(deployed.items)
    assert not any(value in ledger for value in ("eve@example.com", "jane@example.com", "Jane", "#7777"))
    assert (mailed, deployed.executions) == ([], [])


def test_two_orders_of_the_same_number_and_address_are_put_before_a_person(deployed: Deployment, store: Any) -> None:
    store["5003"] = store["5001"]
    confirmed()
    assert deployed.work() == []
    assert [x.cause for x in deployed.exceptions()] == ["unmatched_message"]
    assert deployed.executions == []


def test_an_order_without_an_address_is_nobodys(deployed: Deployment, store: Any) -> None:
    store["5001"] = ("1001", "")
    confirmed()
    assert deployed.work() == []
    assert len(deployed.exceptions()) == 1


# ---------------------------------------------------------------------------------------------- the confirmation of receipt


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "confirms the receipt only"), ("de", "nur den Eingang"), ("fr", "ne confirme que la réception")],
)
def test_the_orders_own_address_is_told_that_it_was_received_and_nothing_more(
    deployed: Deployment, mailed: list[tuple[str, str, str]], language: str, words: str
) -> None:
    page = confirmed(lang=language)
    assert deployed.work() == []
    ((to, subject, text),) = mailed
    (case,) = deployed.cases()
    known = wiring.desk().cases.load(d.ACME, case.case_id)
    reference = known.requests[0].fact.request_id.removeprefix("cancel-form:")
    moment = known.received_at
    assert to == "Jane@Example.com"
    assert reference in subject
    assert words in text
    assert f"{moment[:10]} {moment[11:19]} UTC" in text
    assert reference in page.text
    sent = known.messages[f"received:{reference}"].fact
    assert (sent.status, sent.message_id) == ("sent", "mail-1")


def test_a_mail_service_that_is_away_is_tried_again_and_the_wish_is_taken_all_the_same(
    deployed: Deployment, mailed: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from stopship.domain.errors import PartnerUnavailable

    def away(*_: Any) -> str:
        raise PartnerUnavailable("ses", "Throttling", in_doubt=False)

    confirmed()
    messages = deployed.take_queue()
    with monkeypatch.context() as patch:
        patch.setattr(type(wiring.desk().mailer), "send", away)
        assert deployed.work(messages) == ["m-0"]
    assert len(deployed.cases()) == len(deployed.executions) == 1
    assert deployed.work(messages) == deployed.work(messages) == []
    assert len(mailed) == 1


def test_a_mail_that_is_refused_is_put_before_a_person_once(
    deployed: Deployment, mailed: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from stopship.domain.errors import PartnerRefused

    def refused(*_: Any) -> str:
        raise PartnerRefused("ses", "MessageRejected", "no")

    monkeypatch.setattr(type(wiring.desk().mailer), "send", refused)
    confirmed()
    messages = deployed.take_queue()
    assert deployed.work(messages) == deployed.work(messages) == []
    assert [x.cause for x in deployed.exceptions()] == ["unmatched_message"]
    assert len(deployed.executions) == 1


# ---------------------------------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("entered", "field"),
    [
        ({"order": ""}, "order"),
        ({"order": "1001' OR name:*"}, "order"),
        ({"order": "x" * 60}, "order"),
        ({"email": ""}, "email"),
        ({"email": "jane"}, "email"),
        ({"email": "a@b\r\nBcc: c@d"}, "email"),
        ({"email": "a" * 65 + "@b"}, "email"),
        ({"name": "x" * 201}, "name"),
        ({"name": "a\x00b"}, "name"),
    ],
)
def test_a_field_that_cannot_be_meant_is_named_beside_its_label(
    deployed: Deployment, entered: dict[str, str], field: str
) -> None:
    page = summary({**JANE, **entered})
    assert page.status == 400
    wrong = [told for tag, told in page.tags if tag == "input" and told.get("aria-invalid")]
    assert [told["id"] for told in wrong] == [field]
    assert f"{field}-wrong" in str(wrong[0]["aria-describedby"])
    assert [told for _, told in page.tags if told.get("role") == "alert"]
    others = {name: value for name, value in JANE.items() if name != field}
    assert {name: page.fields[name] for name in others} == others
    assert call(ENTER, {**page.fields, **JANE}).status == 200
    assert deployed.untouched()


@pytest.mark.parametrize("change", ["order", "email", "name", "lang", "token"])
def test_what_is_confirmed_is_what_was_shown(deployed: Deployment, change: str) -> None:
    fields = summary().fields
    values = {
        "order": "1002",
        "email": "eve@example.com",
        "name": "Eve",
        "lang": "de",
        "token": fields["token"][:-2] + "AA",
    }
    page = call(CONFIRM, {**fields, change: values[change]})
    assert page.status == 400
    assert deployed.untouched()


def test_a_token_of_another_step_merchant_or_key_takes_nothing(deployed: Deployment) -> None:
    connect(deployed, d.ZETA)
    shown = call(OPEN).fields
    kept = summary().fields
    assert call(CONFIRM, {**kept, "token": shown["token"]}).status == 400
    assert call(ENTER, {**shown, **JANE, "token": kept["token"]}).status == 400
    assert call(CONFIRM, kept, d.ZETA).status == 400
    assert call(CONFIRM, {**kept, "token": ""}).status == 400
    key = deployed.clients["kms"].create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]["KeyId"]
    wiring.form_seal()._key_id = key
    assert call(CONFIRM, kept).status == 400
    assert deployed.untouched()


@pytest.mark.parametrize(("seconds", "status"), [(3598, 200), (3602, 400), (-5, 400)])
def test_a_token_is_good_for_an_hour_and_what_was_entered_is_not_lost(
    deployed: Deployment, monkeypatch: pytest.MonkeyPatch, seconds: int, status: int
) -> None:
    fields = summary().fields
    later = instant.plus(cancel_form.SystemClock().now(), seconds)
    monkeypatch.setattr(cancel_form.SystemClock, "now", lambda _self: later)
    page = call(CONFIRM, fields)
    assert page.status == status
    if status == 400:
        assert deployed.untouched()
        assert {name: page.fields[name] for name in JANE} == JANE
        assert urljoin("https://desk.example/cancel/acme/confirm", page.action) == "https://desk.example/cancel/acme"
        again = call(CONFIRM, call(ENTER, page.fields).fields)
        assert (again.status, len(deployed.take_queue())) == (200, 1)


@pytest.mark.parametrize(
    "body",
    [b"\xff\xfe", b"{}", b"order=%ff", b"order=1&order=2", b"a=1&" * 40 + b"b=2", b"order=" + b"1" * 9000],
)
@pytest.mark.parametrize("route", [ENTER, CONFIRM])
def test_what_no_form_sends_gets_a_page_and_nothing_is_done(deployed: Deployment, route: str, body: bytes) -> None:
    page = call(route, body)
    assert (page.status, page.action) == (400, "")
    assert "Nothing was sent" in page.text
    assert deployed.untouched()


def test_a_form_that_came_empty_is_shown_again(deployed: Deployment) -> None:
    page = call(CONFIRM, b"")
    assert (page.status, page.action) == (400, "../acme")
    assert deployed.untouched()


@pytest.mark.parametrize("merchant", ["zeta", "nobody", "..", "acme:1", "ACME", "a" * 70, "acme/../zeta", "%00"])
@pytest.mark.parametrize("route", [OPEN, ENTER, CONFIRM])
def test_a_merchant_without_a_form_is_as_absent_as_none(deployed: Deployment, merchant: str, route: str) -> None:
    page = call(route, None if route == OPEN else JANE, merchant)
    assert page.status == 404
    assert page.html == call(OPEN, None, "nowhere").html
    assert deployed.untouched()


# ---------------------------------------------------------------------------------------------- the pages


def pages() -> list[Page]:
    return [
        call(OPEN),
        summary({**JANE, "order": ""}),
        summary(),
        confirmed(),
        call(ENTER, b"{}"),
        call(OPEN, None, "none"),
    ]


def test_every_page_loads_nothing_runs_nothing_and_may_not_be_framed_or_kept(deployed: Deployment) -> None:
    for page in pages():
        policy = page.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert all(x in policy for x in ("form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"))
        assert "unsafe" not in policy
        assert page.headers["cache-control"] == "no-store"
        assert page.headers["x-content-type-options"] == "nosniff"
        assert page.headers["referrer-policy"] == "no-referrer"
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        for tag, told in page.tags:
            assert tag not in ("script", "img", "link", "iframe", "object")
            assert not {"src", "style"} & set(told)
            assert not any(name.startswith("on") for name in told)
        assert "//" not in re.sub(r"<style>.*?</style>", "", page.html)


def test_the_style_is_the_one_whose_hash_the_policy_names(deployed: Deployment) -> None:
    import base64
    import hashlib

    page = call(OPEN)
    found = re.search(r"<style>(.*?)</style>", page.html)
    assert found
    digest = base64.b64encode(hashlib.sha256(found[1].encode()).digest()).decode()
    assert f"'sha256-{digest}'" in page.headers["content-security-policy"]


def test_links_and_actions_hold_behind_any_host_and_path(deployed: Deployment) -> None:
    at = "https://any.example/desk/cancel/acme"
    shown, entered = call(OPEN), summary()
    assert urljoin(at, shown.action) == at
    assert urljoin(at, entered.action) == f"{at}/confirm"
    links = [str(told["href"]) for page in (shown, entered) for tag, told in page.tags if tag == "a"]
    assert {urljoin(at, link).partition("?")[0] for link in links} == {at}


def test_every_field_has_a_label_and_the_page_a_language_and_one_heading(deployed: Deployment) -> None:
    for page in pages():
        assert [told["lang"] for tag, told in page.tags if tag == "html"] == ["en"]
        assert [tag for tag, _ in page.tags].count("h1") == 1
        labelled = {told["for"] for tag, told in page.tags if tag == "label"}
        visible = {told["id"] for tag, told in page.tags if tag == "input" and told.get("type") != "hidden"}
        assert labelled == visible
        described = " ".join(str(told.get("aria-describedby", "")) for _, told in page.tags).split()
        assert set(described) <= {str(told.get("id")) for _, told in page.tags}


@pytest.mark.parametrize(
    ("language", "button", "confirm"),
    [
        ("en", "Withdraw from the contract here", "Confirm withdrawal"),
        ("de", "Vertrag widerrufen", "Widerruf bestätigen"),
        ("fr", "Se rétracter du contrat ici", "Confirmer la rétractation"),
    ],
)
def test_each_language_says_what_its_buttons_do_and_what_happens_to_a_shipped_order(
    deployed: Deployment, language: str, button: str, confirm: str
) -> None:
    shown, entered = call(OPEN, lang=language), summary(lang=language)
    assert f">{button}</button>" in shown.html
    assert f">{confirm}</button>" in entered.html
    assert {"en": "return", "de": "Rücksendung", "fr": "retour"}[language] in shown.text
    assert "Acme Store" in shown.text
    for page in (shown, entered, confirmed(lang=language)):
        assert f'<html lang="{language}">' in page.html


def test_a_shops_name_is_text_and_no_markup(deployed: Deployment) -> None:
    connect(deployed, d.ZETA, "<b>{Z}</b>")
    assert "&lt;b&gt;{Z}&lt;/b&gt;" in call(OPEN, None, d.ZETA).html


@given(st.text(max_size=60), st.text(max_size=60))
def test_whatever_is_entered_is_shown_as_text(deployed: Deployment, order: str, name: str) -> None:
    value = f'"><script>{order}'
    fields = urlencode(
        {**call(OPEN).fields, "order": value, "email": f"<i>{name}", "name": "'><b x='"}, errors="ignore"
    )
    page = call(ENTER, fields.encode())
    assert not {tag for tag, _ in page.tags} & {"script", "i", "b"}
    assert deployed.take_queue() == []


@pytest.mark.parametrize(
    ("asked", "accepted", "language"),
    [
        ("de", "fr", "de"),
        ("xx", "fr", "fr"),
        ("", "de-CH, en;q=0.5", "de"),
        ("", "nl, fr;q=0.3, de;q=0.8", "de"),
        ("", "en;q=0, fr", "fr"),
        ("", "en ; q=0.2 , de ; q=0.4", "de"),
        ("", "nl", "en"),
        ("", "", "en"),
        ("", "*;q=x,,;;q=,de;q=9", "de"),
    ],
)
def test_the_language_is_the_one_asked_for_or_the_first_that_is_accepted(
    asked: str, accepted: str, language: str
) -> None:
    assert language_of(asked, accepted) == language


def test_nothing_that_was_entered_is_logged(deployed: Deployment, store: Any, mailed: list[Any]) -> None:
    confirmed()
    confirmed({**JANE, "email": "eve@example.com"})
    call(CONFIRM, {**summary().fields, "order": "1002"})
    deployed.work()
    assert not [x for x in ("jane@", "Jane", "eve@", "1001") if x in deployed.logged]
