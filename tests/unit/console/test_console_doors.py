"""What holds for every page: headers, forged forms, other people's merchants, input that nobody sends by accident."""

import pytest

from stopship.console import static_files
from stopship.console.answers import CONTENT_SECURITY_POLICY
from tests.fakes.console import ROLES, FakeConsole, Visitor


def test_every_answer_forbids_what_does_not_come_from_here(lead: Visitor) -> None:
    for path in ("/console", "/console/sign-in", "/console/nothing", static_files.address("console.js")):
        headers = lead.get(path).headers
        assert headers["content-security-policy"] == CONTENT_SECURITY_POLICY
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["strict-transport-security"].startswith("max-age=")
        assert headers["referrer-policy"] == "same-origin"


def test_no_page_holds_a_script_or_a_style_of_its_own(lead: Visitor) -> None:
    text = lead.get("/console").text
    assert "<style" not in text and "style=" not in text and " onclick" not in text
    assert text.count("<script") == text.count("<script src=")


@pytest.mark.parametrize(
    "forged",
    [{"csrf": ""}, {"csrf": "wrong"}, {"origin": "https://evil.example"}, {"origin": "null"}, {"origin": ""}],
)
def test_a_forged_form_changes_nothing(lead: Visitor, forged: dict[str, str]) -> None:
    seen = lead.post("/console/sign-out", **forged)
    assert seen.status == 403 and len(lead.console.sessions.kept) == 1


def test_a_form_over_plain_http_is_forged_where_there_is_tls(lead: Visitor) -> None:
    assert lead.post("/console/sign-out", origin="http://desk.example").status == 403


def test_another_sessions_token_is_no_token(lead: Visitor, console: FakeConsole) -> None:
    agent = Visitor(console)
    agent.sign_in("agent")
    agent.get("/console")
    assert lead.post("/console/sign-out", csrf=agent.csrf).status == 403


def test_an_unknown_page_is_told_with_a_way_back(lead: Visitor) -> None:
    seen = lead.get("/console/nothing/here")
    assert seen.status == 404 and 'href="/console"' in seen.text


@pytest.mark.parametrize("query", ["tier=P9", "owner=nobody", "channel=fax", "after=x", "after=P1%23x"])
def test_a_filter_that_does_not_exist_is_named(lead: Visitor, query: str) -> None:
    seen = lead.get(f"/console?{query}")
    assert seen.status == 400 and query.partition("=")[0] in seen.text


def test_a_body_that_is_no_form_is_refused(lead: Visitor) -> None:
    told = {"content-type": "application/json", "origin": "https://desk.example"}
    assert lead._send("POST", "/console/sign-out", b"{}", told).status == 400
    assert (
        lead._send(
            "POST", "/console/sign-out", b"\xff", {**told, "content-type": "application/x-www-form-urlencoded"}
        ).status
        == 400
    )
    assert len(lead.console.sessions.kept) == 1


def test_an_error_of_ours_is_told_without_its_reasons(lead: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("secret reason")

    monkeypatch.setattr(lead.console.world.traffic, "outages", broken)
    seen = lead.get("/console")
    assert seen.status == 500 and "secret reason" not in seen.text and "Try again" in seen.text


def test_a_part_that_fails_to_refresh_leaves_the_page_as_it_is(lead: Visitor) -> None:
    seen = lead.get("/console/queue?tier=P9", hx_request="true", x_refresh="1")
    assert (seen.status, seen.headers["hx-reswap"]) == (400, "none")


def test_the_files_are_kept_for_good_under_their_digest_and_not_under_another(lead: Visitor) -> None:
    for name in static_files.KINDS:
        seen = lead.get(static_files.address(name))
        assert (seen.status, seen.headers["cache-control"]) == (200, "public, max-age=31536000, immutable")
    assert lead.get("/console/static/0000/console.css").headers["cache-control"] == "no-store"


@pytest.mark.parametrize("name", ["htmx-LICENSE.txt", "..%2fserve.py", "serve.py"])
def test_no_other_file_is_served(lead: Visitor, name: str) -> None:
    assert lead.get(f"/console/static/0000/{name}").status == 404


def test_htmx_is_the_file_that_its_makers_ship_with_its_licence() -> None:
    from hashlib import sha256

    body = static_files.static_file("htmx.min.js").body
    assert sha256(body).hexdigest() == static_files.HTMX_SHA256
    assert f'version:"{static_files.HTMX_VERSION}"'.encode() in body
    assert "Zero-Clause BSD" in (static_files.FOLDER / "htmx-LICENSE.txt").read_text()


def test_answers_are_squeezed_for_who_takes_it(lead: Visitor) -> None:
    squeezed = lead.get("/console", accept_encoding="gzip, br")
    assert squeezed.headers["content-encoding"] == "gzip" and squeezed.headers["vary"] == "accept-encoding"
    assert "content-encoding" not in lead.get("/console").headers


@pytest.mark.parametrize("role", ROLES)
def test_every_role_sees_its_merchants_queue(console: FakeConsole, role: str) -> None:
    visitor = Visitor(console)
    visitor.sign_in(role)
    assert "Silent warehouse" in visitor.get("/console").text


def test_another_merchants_people_see_nothing_of_it(console: FakeConsole) -> None:
    visitor = Visitor(console)
    visitor.sign_in("stranger")
    seen = visitor.get("/console")
    assert (
        seen.status == 200 and "Nothing waits" in seen.text and "1003" not in seen.text and "netsuite" not in seen.text
    )


def test_who_has_no_merchant_is_told_so(console: FakeConsole) -> None:
    visitor = Visitor(console)
    visitor.sign_in("nobody")
    seen = visitor.get("/console")
    assert seen.status == 403 and "administrator" in seen.text
