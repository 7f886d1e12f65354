"""The sandbox's vendors against the deployed page's own code, over HTTP: what they do with a mail is what a case then knows."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from threading import Lock, Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from infra.local.sandboxes.process import Sandboxes, until
from stopship.domain.outcome import Outcome
from stopship.domain.policy import Cause
from tests.fakes.one_thread import use_one_thread
from tests.fakes.sandboxes_anew import sandboxes_anew
from tests.fakes.vendor import Habit
from tests.statemachines.play import Play
from tests.statemachines.test_vendors import answers, no_money, settle_in
from tests.unit.handlers.vendor_request import call

HOST, MERCHANT, VENDOR = "127.0.0.1", "acme", "atelier"
_numbers = count(1)


@pytest.fixture(scope="module")
def sandboxes() -> Iterator[Sandboxes]:
    with sandboxes_anew() as running:
        settings = {VENDOR: {"address": "stock@atelier.example", "answer_seconds": 0.05}}
        running.configure(merchants={MERCHANT: {"vendor": settings}})
        yield running


def serve(lock: Lock) -> ThreadingHTTPServer:
    """The page, behind a real socket."""

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            with lock:
                answer = call(self.command, parts.path.rpartition("/")[2], body, query=query)
            self.send_response(answer["statusCode"])
            for name, value in answer["headers"].items():
                self.send_header(name, value)
            page = answer["body"].encode()
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        do_GET = do_HEAD = do_POST = _answer  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:
            """Silent: tests read the ledger."""

    return ThreadingHTTPServer((HOST, 0), Handler)


@dataclass
class Story:
    """An order at the vendor's, and the mail that he has got about it."""

    play: Play
    sandboxes: Sandboxes
    address: str
    lock: Lock

    def mailed(self, **habit: Any) -> None:
        world = self.play.world
        told = {"orderRef": "1001", "legs": {"fo-1001": {"L1": 2}}, **habit}
        self.sandboxes.command(f"vendor/{MERCHANT}/{VENDOR}/orders", told)
        world.desk = replace(world.desk, callback_url=lambda _, door: f"{self.address}/acknowledgments/{door}")
        world.ask()
        world.later(30)
        (mail,) = world.warehouses[VENDOR].mails  # type: ignore[attr-defined]
        body = {"message_id": f"m-{next(_numbers)}", "subject": mail.subject, "text": mail.text}
        self.sandboxes.command(f"vendor/{MERCHANT}/{VENDOR}/mail", body)

    @property
    def order(self) -> dict[str, Any]:
        found: dict[str, Any] = self.sandboxes.command(f"vendor/{MERCHANT}/{VENDOR}/orders/1001", method="GET")
        return found

    @property
    def mail(self) -> dict[str, Any]:
        found: dict[str, Any] = self.order["mails"][-1]
        return found

    def settled(self) -> "Story":
        """When his people have finished with the mail, and the desk with what they said."""
        assert until(lambda: self.mail["done"], 10)
        with self.lock:
            self.play.world.orders["1001"].works[0].kept |= self.order["held"]
            self.play.world.settle()
        return self


@pytest.fixture
def story(sandboxes: Sandboxes, monkeypatch: pytest.MonkeyPatch) -> Iterator[Story]:
    use_one_thread(monkeypatch)
    play, lock = Play(), Lock()
    settle_in(play, monkeypatch).habit = Habit.SILENT
    server = serve(lock)
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield Story(play, sandboxes, f"http://{HOST}:{server.server_address[1]}", lock)
    server.shutdown()
    server.server_close()
    thread.join()
    assert play.violations() == []


def test_he_fills_in_the_pages_own_form_and_the_order_is_stopped(story: Story) -> None:
    story.mailed()
    story.settled()
    assert (story.mail["opened"], story.mail["sent"]) == (["GET 200"], [200])
    assert story.play.outcome == Outcome.STOPPED and story.order["held"] == {"L1": 2}


def test_his_scanner_opens_everything_and_only_the_person_after_it_counts(story: Story) -> None:
    story.mailed(scanned=True)
    story.settled()
    assert len(story.mail["opened"]) == 10 and {x.split()[1] for x in story.mail["opened"]} == {"200"}
    assert story.mail["sent"] == [200] and len(answers(story.play)) == 1


def test_a_scanner_alone_leaves_a_silent_vendor(story: Story) -> None:
    story.mailed(scanned=True, habit="silent")
    story.settled()
    assert answers(story.play) == [] and no_money(story.play)
    assert story.play.world.the_exception.cause == Cause.SILENT_WAREHOUSE


@pytest.mark.parametrize(
    ("habit", "level", "cause"),
    [("too_late", "rejected", Cause.STOP_REJECTED), ("partly", "physically_stopped", Cause.STOP_PARTIAL)],
)
def test_a_no_and_a_part_are_a_persons(story: Story, habit: str, level: str, cause: Cause) -> None:
    story.mailed(habit=habit)
    story.settled()
    assert answers(story.play) == [(level, "operator", False)]
    assert story.play.world.the_exception.cause == cause and no_money(story.play)


def test_what_a_carrier_has_ends_as_shipped(story: Story) -> None:
    story.mailed(habit="carrier")
    assert until(lambda: story.mail["done"], 10) and story.order["shipped"]
    with story.lock:
        story.play.world.settle()
        assert story.play.outcome == Outcome.SHIPPED


def test_a_late_answer_is_late_on_record(story: Story) -> None:
    story.mailed(habit="silent")
    with story.lock:
        story.play.world.settle()
    assert story.sandboxes.command(f"vendor/{MERCHANT}/{VENDOR}/answer", {"orderRef": "1001", "habit": "stopped"}) == {
        "status": 410
    }
    story.settled()
    assert answers(story.play) == [("physically_stopped", "operator", True)]
    assert story.play.outcome == Outcome.STOPPED


def test_a_second_person_finds_that_it_is_answered(story: Story) -> None:
    story.mailed()
    story.settled()
    told = {"orderRef": "1001", "habit": "too_late"}
    # The page has no form any more, so that nothing is sent.
    assert story.sandboxes.command(f"vendor/{MERCHANT}/{VENDOR}/answer", told) == {"status": 0}
    assert len(answers(story.play)) == 1


def test_mail_about_somebody_elses_order_stays_unread(sandboxes: Sandboxes) -> None:
    body = {"message_id": "m-other", "subject": "Please stop order #10011", "text": "x"}
    sandboxes.command(f"vendor/{MERCHANT}/{VENDOR}/mail", body)
    entries = sandboxes.journal("vendor", MERCHANT)
    assert "m-other" not in [entry.detail.get("message_id") for entry in entries]


def test_a_habit_that_nobody_has_is_refused(sandboxes: Sandboxes) -> None:
    from infra.local.sandboxes.process import CommandRefused

    with pytest.raises(CommandRefused, match="habit"):
        told = {"orderRef": "9", "legs": {}, "habit": "asleep"}
        sandboxes.command(f"vendor/{MERCHANT}/{VENDOR}/orders", told)
