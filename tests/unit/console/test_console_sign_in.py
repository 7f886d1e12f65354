"""Who gets in, how long a session lasts, and what the browser holds of it."""

import pytest

from stopship.domain.session import ABSOLUTE_SECONDS, IDLE_SECONDS
from tests.fakes.console import FakeConsole, Visitor
from tests.fakes.identity_provider import CODE

HOST_COOKIE = "__Host-stopship-session"


@pytest.fixture
def browser(empty: FakeConsole) -> Visitor:
    return Visitor(empty)


def test_without_a_session_every_page_leads_to_the_sign_in_and_back(browser: Visitor) -> None:
    seen = browser.get("/console/exceptions/exc-1?merchant=acme")
    assert (seen.status, seen.headers["cache-control"]) == (303, "no-store")
    assert seen.location == "/console/sign-in?next=%2Fconsole%2Fexceptions%2Fexc-1%3Fmerchant%3Dacme"
    assert "Sign in" in browser.get(seen.location).text
    onward = "/console/exceptions/exc-1?merchant=acme"
    assert browser.sign_in("agent", next=onward).location == onward


def test_the_cookie_is_of_this_host_alone_and_no_script_reads_it(browser: Visitor) -> None:
    (cookie,) = browser.sign_in("agent").cookies
    assert cookie.startswith(f"{HOST_COOKIE}=")
    parts = {x.strip() for x in cookie.split(";")[1:]}
    assert {"Path=/", "HttpOnly", "Secure", "SameSite=Lax"} <= parts and not any(x.startswith("Domain") for x in parts)


def test_on_this_machine_there_is_no_tls_to_ask_for(empty: FakeConsole) -> None:
    (cookie,) = Visitor(empty, "127.0.0.1:8080").sign_in("agent").cookies
    assert cookie.startswith("stopship-session=") and "Secure" not in cookie


def test_the_browser_has_an_id_and_the_store_only_its_hash(browser: Visitor) -> None:
    browser.sign_in("agent")
    (session,) = browser.console.sessions.kept.values()
    assert browser.cookies[HOST_COOKIE] not in repr(session)
    assert session.refresh_token not in repr(browser.cookies)


@pytest.mark.parametrize(("who", "password"), [("agent", "wrong"), ("unknown", "Correct-horse-9")])
def test_a_wrong_password_and_an_unknown_name_look_the_same(browser: Visitor, who: str, password: str) -> None:
    seen = browser.sign_in(who, password)
    assert seen.status == 401 and "That did not work." in seen.text
    assert seen.cookies == [] and browser.console.sessions.kept == {}


def test_a_sign_in_from_another_site_is_refused_before_anybody_is_asked(browser: Visitor) -> None:
    seen = browser.post("/console/sign-in", origin="https://evil.example", name="agent@desk.example", password="x")
    assert seen.status == 403 and browser.console.sessions.kept == {}


def test_a_new_sign_in_gets_a_new_id_and_ends_the_old_session(browser: Visitor) -> None:
    browser.sign_in("agent")
    old = browser.cookies[HOST_COOKIE]
    browser.sign_in("lead")
    assert browser.cookies[HOST_COOKIE] != old
    (session,) = browser.console.sessions.kept.values()
    assert session.name == "lead@desk.example"
    assert list(browser.console.people.tokens.values()) == ["lead@desk.example"]


def test_an_id_that_somebody_planted_becomes_nobodys_session(browser: Visitor) -> None:
    browser.cookies[HOST_COOKIE] = "planted"
    browser.sign_in("agent")
    assert browser.cookies[HOST_COOKIE] != "planted" and len(browser.console.sessions.kept) == 1


def test_a_session_without_use_ends_after_half_an_hour(browser: Visitor) -> None:
    browser.sign_in("agent")
    browser.console.world.later(IDLE_SECONDS - 60)
    assert browser.get("/console").status == 200
    browser.console.world.later(IDLE_SECONDS + 60)
    seen = browser.get("/console")
    assert (seen.status, seen.location) == (303, "/console/sign-in?ended=1")
    assert "Your session has ended" in browser.get(seen.location).text


def test_a_page_that_refreshes_itself_keeps_no_session_alive(browser: Visitor) -> None:
    browser.sign_in("agent")
    for _ in range(3):
        browser.console.world.later(IDLE_SECONDS / 3 + 1)
        seen = browser.get("/console/queue", hx_request="true", x_refresh="1")
    assert seen.headers["hx-redirect"] == "/console/sign-in?ended=1"


def test_a_refresh_that_was_under_way_when_the_session_ended_leads_where_the_first_did(browser: Visitor) -> None:
    """The browser has forgotten its cookie by then, and the last answer decides which page is shown."""
    browser.sign_in("agent")
    browser.console.world.later(IDLE_SECONDS + 60)
    first, second = (browser.get("/console/queue", hx_request="true", x_refresh="1") for _ in range(2))
    assert HOST_COOKIE not in browser.cookies
    assert first.headers["hx-redirect"] == second.headers["hx-redirect"] == "/console/sign-in?ended=1"
    assert second.cookies == []


def test_no_session_lasts_longer_than_twelve_hours(browser: Visitor) -> None:
    browser.sign_in("agent")
    for _ in range(ABSOLUTE_SECONDS // 1200 - 1):
        browser.console.world.later(1200)
        assert browser.get("/console").status == 200
    browser.console.world.later(1200)
    assert browser.get("/console").status == 303


def test_signing_out_ends_the_session_here_and_the_token_there(browser: Visitor) -> None:
    browser.sign_in("agent")
    browser.get("/console")
    kept = dict(browser.cookies)
    assert browser.post("/console/sign-out").location == "/console/sign-in"
    assert (browser.console.sessions.kept, browser.console.people.tokens) == ({}, {})
    browser.cookies = kept
    assert browser.get("/console").status == 303


def test_a_role_that_is_taken_away_is_gone_within_ten_minutes(browser: Visitor) -> None:
    browser.sign_in("agent")
    browser.console.people.people["agent@desk.example"].groups = frozenset({"merchant.acme"})
    assert "Take next" in browser.get("/console").text
    browser.console.world.later(601)
    assert "Take next" not in browser.get("/console").text


def test_who_is_locked_out_is_out_within_ten_minutes(browser: Visitor) -> None:
    browser.sign_in("agent")
    browser.console.people.people["agent@desk.example"].locked = True
    browser.console.world.later(601)
    assert browser.get("/console").status == 303 and browser.console.sessions.kept == {}


def test_a_first_password_is_replaced_and_a_weak_one_is_told(browser: Visitor) -> None:
    browser.console.people.add("new@desk.example", "role.agent", "merchant.acme", first_time=True)
    seen = browser.sign_in("new")
    assert "Choose a new password" in seen.text and seen.cookies == []
    challenge = {"kind": "choose", "name": "new@desk.example", "reference": "challenge-1"}
    weak = browser.post("/console/challenge", **challenge, word="short")
    assert weak.status == 400 and "too weak" in weak.text
    assert browser.post("/console/challenge", **challenge, word="A-better-horse-9").status == 303
    assert browser.get("/console").status == 200


def test_a_code_is_asked_for_and_a_wrong_one_lets_nobody_in(browser: Visitor) -> None:
    browser.console.people.add("app@desk.example", "role.agent", "merchant.acme", app=True)
    assert "Enter your code" in browser.sign_in("app").text
    challenge = {"kind": "code", "name": "app@desk.example"}
    assert browser.post("/console/challenge", **challenge, reference="challenge-1", word="000000").status == 401
    assert browser.console.sessions.kept == {}
    browser.sign_in("app")
    assert browser.post("/console/challenge", **challenge, reference="challenge-2", word=CODE).status == 303


def test_who_needs_an_app_is_shown_its_key(browser: Visitor) -> None:
    browser.console.people.add("app@desk.example", "role.agent", "merchant.acme", must_enroll=True)
    assert "JBSWY3DPEHPK3PXP" in browser.sign_in("app").text


@pytest.mark.parametrize(
    "onward",
    ["https://evil.example", "//evil.example", "/\\evil.example", "/consolex", "/console/\\evil", "/console/\nx", "x"],
)
def test_no_link_sends_a_person_elsewhere_after_signing_in(browser: Visitor, onward: str) -> None:
    assert browser.sign_in("agent", next=onward).location == "/console"


def test_neither_names_nor_passwords_are_logged(browser: Visitor, capsys: pytest.CaptureFixture[str]) -> None:
    browser.sign_in("agent", "wrong-password")
    browser.sign_in("agent")
    logged = capsys.readouterr()
    assert "wrong-password" not in logged.out + logged.err
    assert "signed in" not in logged.out or "Correct-horse" not in logged.out
