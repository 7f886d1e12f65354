"""Notices against a chat's incoming webhook, over HTTP."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from infra.local.sandboxes.process import Sandboxes
from stopship.adapters.notices import SETTING, DeskNotices
from stopship.domain.errors import PartnerRefused, PartnerUnavailable
from tests.contract.test_notices import NOTICE
from tests.fakes.sandboxes_anew import sandboxes_anew

MERCHANT = "acme"
ROOM = {"desk": "secret-1"}


@pytest.fixture(scope="module")
def sandboxes() -> Iterator[Sandboxes]:
    with sandboxes_anew() as running:
        running.configure(merchants={MERCHANT: {"chat": {"rooms": ROOM}}})
        yield running


@pytest.fixture(autouse=True)
def no_traps_left(sandboxes: Sandboxes) -> Iterator[None]:
    yield
    sandboxes.clear_traps()


def notices(sandboxes: Sandboxes, secret: str = "secret-1") -> DeskNotices:
    url = f"{sandboxes.endpoint}/chat/{MERCHANT}/desk/{secret}"
    return DeskNotices(None, "", lambda _: {SETTING: {"desk": url}})


def said(sandboxes: Sandboxes) -> list[Any]:
    return [x.detail["text"] for x in sandboxes.journal("chat", MERCHANT)]


def test_a_notice_stands_in_the_room_with_the_case_link(sandboxes: Sandboxes) -> None:
    before = len(said(sandboxes))
    notices(sandboxes).tell("webhook:desk", NOTICE)
    (text,) = said(sandboxes)[before:]
    assert NOTICE.link in text


def test_a_chat_that_breaks_is_told_as_such_and_keeps_nothing(sandboxes: Sandboxes) -> None:
    before = said(sandboxes)
    sandboxes.trap("*", "post", "http_500")
    with pytest.raises(PartnerUnavailable):
        notices(sandboxes).tell("webhook:desk", NOTICE)
    assert said(sandboxes) == before


def test_an_address_that_was_taken_back_is_refused(sandboxes: Sandboxes) -> None:
    before = said(sandboxes)
    with pytest.raises(PartnerRefused):
        notices(sandboxes, "secret-0").tell("webhook:desk", NOTICE)
    assert said(sandboxes) == before


@pytest.mark.parametrize(
    ("body", "told"), [(b"{", "invalid_payload"), (b"[]", "invalid_payload"), (b'{"text": ""}', "no_text")]
)
def test_what_is_no_message_is_not_taken(sandboxes: Sandboxes, body: bytes, told: str) -> None:
    before = said(sandboxes)
    url = f"{sandboxes.endpoint}/chat/{MERCHANT}/desk/secret-1"
    answer = httpx.post(url, content=body, trust_env=False)
    assert (answer.status_code, answer.text, said(sandboxes)) == (400, told, before)
