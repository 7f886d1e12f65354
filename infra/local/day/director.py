"""Plays the day: sets the stage, makes the wishes, reacts to what the cases do, and ends when every case has ended."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from infra.local.api import APPROVER, DeskApi
from infra.local.day.orders import Numbers, Order, place
from infra.local.desk import LocalDesk
from infra.local.merchants import connections
from stopship.adapters.ledger_dynamodb import DynamoLedger
from stopship.domain.case import Case, fold
from stopship.domain.policy import Cause

LOOK_SECONDS = 0.4
RESEND_SECONDS = 60.0
_OK, _CONFLICT = httpx.codes.OK, httpx.codes.CONFLICT


@dataclass(slots=True)
class Stage:
    """What a play acts with."""

    desk: LocalDesk
    api: DeskApi
    approver: DeskApi
    numbers: Numbers
    http: httpx.Client
    ledger: DynamoLedger
    pause: threading.Event = field(default_factory=threading.Event)

    @classmethod
    def of(cls, desk: LocalDesk) -> "Stage":
        client = desk.emulator.client("dynamodb")
        http = httpx.Client(base_url=desk.api_url, timeout=30.0, trust_env=False)
        ledger = DynamoLedger(client, desk.outputs["TableName"])
        return cls(desk, DeskApi.of(desk), DeskApi.of(desk, user=APPROVER), Numbers(), http, ledger)

    def config(self, merchant: str) -> Mapping[str, Any]:
        """The merchant's connections, as the desk has them."""
        return connections(merchant, self.desk.sandboxes.endpoint, self.desk.api_url, "")

    def post(self, path: str, body: Mapping[str, Any], headers: Mapping[str, str]) -> httpx.Response:
        return self.post_bytes(path, json.dumps(dict(body)).encode(), headers)

    def post_bytes(self, path: str, body: bytes, headers: Mapping[str, str]) -> httpx.Response:
        """A sender's message, sent again until the desk has answered 2xx, as every sender here does."""
        told = {"Content-Type": "application/json", **headers}
        return self.until_answered(path, lambda: self.http.post(path, content=body, headers=told))

    def until_answered(self, path: str, send: Callable[[], httpx.Response]) -> httpx.Response:
        """Sends again until the answer is 2xx. Raises RuntimeError for one that no repeat would change, TimeoutError when it never comes."""
        deadline = time.monotonic() + RESEND_SECONDS
        while True:
            try:
                answer = send()
                if answer.is_success:
                    return answer
                told = f"{answer.status_code} {answer.text}"
                if not answer.is_server_error:
                    raise RuntimeError(f"{path}: {told}")
            except httpx.TransportError as error:
                told = repr(error)
            if time.monotonic() > deadline:
                raise TimeoutError(f"{path}: {told}")
            self.pause.wait(LOOK_SECONDS)

    def crash(self) -> None:
        """The machine under the desk dies without warning and comes back with what it had made durable."""
        self.desk.emulator.kill()
        self.desk.restart_emulator()
        self.ledger = DynamoLedger(self.desk.emulator.client("dynamodb"), self.desk.outputs["TableName"])

    def down_and_up(self) -> None:
        """`stopship down --keep` and `stopship up --keep`: everything ends in good order, and goes on from what was kept."""
        home = self.desk.home
        self.desk.stop(keep=True)
        self.desk = LocalDesk.start(lambda _: None, home, keep=True)
        self.api, self.approver = DeskApi.of(self.desk), DeskApi.of(self.desk, user=APPROVER)
        self.ledger = DynamoLedger(self.desk.emulator.client("dynamodb"), self.desk.outputs["TableName"])

    def sweep(self) -> None:
        """What the schedule does every minute, now."""
        self._invoke("SweepFunctionName")

    def sweep_payments(self) -> None:
        """What the other schedule does every hour, now."""
        self._invoke("PaymentSweepFunctionName")

    def sweep_amazon(self) -> None:
        """What the third does every few minutes, now. While the schedule's own run is at it, this one does nothing: again then."""
        deadline = time.monotonic() + RESEND_SECONDS
        while not self._invoke("AmazonSweepFunctionName").get("requests"):
            if time.monotonic() > deadline:
                raise TimeoutError("Amazon was not asked")
            self.pause.wait(LOOK_SECONDS)

    def check_credentials(self) -> None:
        """What the fourth does every day, now."""
        self._invoke("CredentialsFunctionName")

    def _invoke(self, output: str) -> Mapping[str, Any]:
        """What the function that goes by this output answers."""
        name, client = self.desk.outputs[output], self.desk.emulator.client("lambda")
        answer = client.invoke(FunctionName=name, InvocationType="RequestResponse", Payload=b"{}")
        told = json.loads(answer["Payload"].read())
        return told if isinstance(told, Mapping) else {}

    def resolve(self, merchant: str, exception_id: str, resolution: str) -> None:
        """As a person at the desk; what needs a second one gets one."""
        answer = self.api.resolve(merchant, exception_id, resolution, "played")
        if answer.status_code == _OK and answer.json()["waits_for_approval"]:
            answer = self.approver.approve(merchant, exception_id, answer.json()["plan_hash"])
        if answer.status_code not in (_OK, _CONFLICT):
            raise RuntimeError(f"resolution: {answer.status_code} {answer.text}")


type When = Callable[[Case], bool]
type Do = Callable[[Stage, "Play", Case], None]


@dataclass(slots=True)
class Play:
    """One order's story. ``wish`` makes the cancel request; each reaction happens once, in order, when its condition holds."""

    name: str
    order: Order
    wish: Callable[[Stage, "Play"], None]
    outcome: str
    reactions: list[tuple[When, Do]] = field(default_factory=list)
    prepare: Callable[[Stage, "Play"], None] | None = None
    set_up: Callable[[LocalDesk, Order], None] = place
    case: Case | None = None
    done: int = 0

    @property
    def ended(self) -> bool:
        return self.case is not None and self.case.closed is not None and self.done == len(self.reactions)


def asks(cause: Cause) -> When:
    """The case has an open exception of this cause."""
    return lambda case: any(x.opened.fact.cause == cause for x in case.open_exceptions)


def is_asked(case: Case) -> bool:
    """A person is asked something, whatever it is."""
    return bool(case.open_exceptions)


def is_closed(case: Case) -> bool:
    return case.closed is not None


def stop_was_sent(case: Case) -> bool:
    return any(a.sent for leg in case.legs.values() for a in leg.attempts.values())


def answer(resolution: str) -> Do:
    """A person answers every open exception of the case."""

    def do(stage: Stage, play: Play, case: Case) -> None:
        for state in case.open_exceptions:
            stage.resolve(play.order.merchant, state.opened.fact.exception_id, resolution)

    return do


class Director:
    """Runs the plays and keeps looking at their cases in the ledger; ``look`` may be called from a display at any time."""

    def __init__(self, stage: Stage, plays: list[Play]) -> None:
        self.stage, self.plays = stage, plays
        self.started = self._looked = time.monotonic()
        self._pause = threading.Event()

    def set_up(self) -> Iterator[Play]:
        for play in self.plays:
            play.set_up(self.stage.desk, play.order)
            if play.prepare:
                play.prepare(self.stage, play)
            yield play

    def wish(self, interruptions: Mapping[float, Callable[[], None]] | None = None) -> Iterator[Play]:
        """Makes all wishes; each interruption comes after its share (0 to 1) of them, and the sweep after it."""
        due = {int(len(self.plays) * share): interrupt for share, interrupt in (interruptions or {}).items()}
        for number, play in enumerate(self.plays):
            if interrupt := due.get(number):
                interrupt()
                self.stage.sweep()
            play.wish(self.stage, play)
            yield play
            if time.monotonic() > self._looked + LOOK_SECONDS:
                self.look()

    def until_ended(self, limit_seconds: float) -> Iterator[None]:
        """Looks and reacts until everything has ended. Raises TimeoutError that names who has not."""
        self.stage.check_credentials()
        yield from self.until(lambda: all(play.ended for play in self.plays), limit_seconds)

    def until(self, holds: Callable[[], bool], limit_seconds: float) -> Iterator[None]:
        """Looks and reacts until this holds. Raises TimeoutError that names who has not ended."""
        deadline = time.monotonic() + limit_seconds
        while not holds():
            if time.monotonic() > deadline:
                left = [f"{p.name} {p.order.merchant}/{p.order.order_ref}" for p in self.plays if not p.ended]
                raise TimeoutError(f"{len(left)} plays have not ended: {', '.join(left[:8])}")
            self.look()
            yield
            self._pause.wait(LOOK_SECONDS)

    def look(self) -> None:
        """Loads what has changed, and does what is due."""
        self._looked = time.monotonic()
        for play in self.plays:
            if play.ended:
                continue
            play.case = self._load(play)
            self._end_doubt(play)
            if play.case is None or play.done == len(play.reactions):
                continue
            when, do = play.reactions[play.done]
            if when(play.case):
                do(self.stage, play, play.case)
                play.done += 1

    def _end_doubt(self, play: Play) -> None:
        """A buyer's message that a crash has left in doubt is never sent again: somebody looks, and says that it is done with."""
        if play.case and play.order.channel == "amazon" and asks(Cause.MESSAGE_FAILED)(play.case):
            answer("done_by_hand")(self.stage, play, play.case)

    def _load(self, play: Play) -> Case | None:
        order, ledger = play.order, self.stage.ledger
        case_id = play.case.case_id if play.case else ""
        if not case_id:
            lock = ledger.lock_of(order.merchant, order.channel, order.order_ref)
            if lock is None:
                return None
            case_id = lock.case_id
        head = ledger.head(order.merchant, case_id)
        if play.case and head and head.version == play.case.version:
            return play.case
        return fold(order.merchant, case_id, ledger.load(order.merchant, case_id))
