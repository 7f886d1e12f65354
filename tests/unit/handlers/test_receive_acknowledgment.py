"""The one-time door of a stop-ship: one answer, from the warehouse that was asked, in the contract's words."""

import json
import time
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from stopship import wiring
from stopship.application.ports import Append, Callback, NewEvent
from stopship.domain import events as e
from stopship.domain.decide import Action, decide_leg
from stopship.domain.events import name_of
from stopship.domain.policy import Cause
from stopship.handlers import receive_acknowledgment
from tests.unit.handlers import deployment as d
from tests.unit.handlers.deployment import Deployment

CASE, LEG, DOOR, TOKEN = "case-1", "71", "door-1", "task-token-1"
AT = "2026-11-24T12:00:00.000000Z"
STOPPED: dict[str, Any] = {
    "decision": "stopped",
    "evidence": {"state": "released", "stateAt": "2026-11-24T12:00:30Z", "actor": "operator:b7"},
    "reference": "ST-9",
    "occurredAt": "2026-11-24T12:00:31Z",
}


@dataclass
class Waits:
    """Stands for the waits of the state machine."""

    woken: list[str] = field(default_factory=list)

    def wake(self, token: str, output: Any) -> bool:
        self.woken.append(token)
        return True


@pytest.fixture
def waits(deployed: Deployment, monkeypatch: pytest.MonkeyPatch) -> Waits:
    """A stop-ship has been sent to acme's north, which is to answer at the door."""
    waits, policy = Waits(), wiring.desk().policies.current(d.ACME)
    facts = [
        e.CaseOpened("shopify", "5001", 1, policy.version, policy.hash),
        e.RequestReceived("ops:1", "customer_request", "customer", "ops", AT, AT, {LEG: 2}, "", False, [], "0" * 64),
        e.LegPlanned(LEG, "north", "third_party", "gid://shopify/FulfillmentOrder/1", {"l1": 2, "l2": 3}),
        e.StopShipRequested(LEG, "north", 1, True, DOOR, AT),
        e.StopShipSent(LEG, 1, "accepted"),
    ]
    door = Callback(DOOR, d.ACME, CASE, "acknowledgement", LEG, 1, TOKEN, "open", AT)
    wiring.ledger().append(Append(d.ACME, CASE, 0, AT, [NewEvent(f) for f in facts], callbacks=[door]))
    desk = replace(wiring.desk(), tasks=waits)
    monkeypatch.setattr(receive_acknowledgment, "desk", lambda: desk)
    return waits


def call(body: Any, secret: str = d.NORTH_SECRET, door: str = DOOR, **more: Any) -> d.Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    merchant, warehouse = more.pop("named", ("", ""))
    named = {"X-Stopship-Merchant": merchant, "X-Stopship-Warehouse": warehouse} if merchant else {}
    signature = more.pop("signature", None) or d.warehouse_signature(raw, secret, more.pop("seconds", None))
    event = d.request(
        "POST /acknowledgments/{callback_id}",
        raw,
        {"X-Stopship-Signature": signature, **named},
        path={"callback_id": door},
        in_base64=True,
    )
    answer: d.Answer = receive_acknowledgment.handler(event | more, d.CONTEXT)
    return answer


def facts() -> list[str]:
    return [name_of(r.event) for r in wiring.ledger().load(d.ACME, CASE)]


def heard() -> list[e.AcknowledgementReceived]:
    recorded = wiring.ledger().load(d.ACME, CASE)
    return [r.event for r in recorded if isinstance(r.event, e.AcknowledgementReceived)]


def door_state() -> str:
    door = wiring.ledger().callback(DOOR)
    assert door is not None
    return door.state


def test_an_operators_word_is_recorded_and_ends_the_wait(deployed: Deployment, waits: Waits) -> None:
    answer = call(STOPPED)
    assert (answer["statusCode"], d.body_of(answer)) == (202, {"case_id": CASE, "recorded": True})
    (fact,) = heard()
    assert (fact.level, fact.actor, fact.source, fact.late) == ("physically_stopped", "operator", "north", False)
    assert (door_state(), waits.woken) == ("used", [TOKEN])


def stopped(*lines: tuple[str, int]) -> dict[str, Any]:
    named = [{"lineId": line, "quantity": quantity} for line, quantity in lines]
    return {**STOPPED, "evidence": {**STOPPED["evidence"], "lines": named}}


@pytest.mark.parametrize("lines", [[("l1", 1)], [("l1", 2)], [("l1", 2), ("l2", 2)], [("l3", 9)]])
def test_stopped_with_less_than_the_leg_holds_is_recorded_as_a_part(
    deployed: Deployment, waits: Waits, lines: list[tuple[str, int]]
) -> None:
    assert call(stopped(*lines))["statusCode"] == 202
    (fact,) = heard()
    assert (fact.level, fact.partial, fact.stopped_lines) == ("physically_stopped", True, dict(lines))
    leg = wiring.desk().cases.load(d.ACME, CASE).legs[LEG]
    policy = wiring.desk().policies.current(d.ACME)
    asked = decide_leg(wiring.desk().cases.load(d.ACME, CASE), leg, policy, AT)
    assert (asked.action, asked.cause) == (Action.ASK, Cause.STOP_PARTIAL)


def test_stopped_with_all_that_the_leg_holds_is_the_whole(deployed: Deployment, waits: Waits) -> None:
    assert call(stopped(("l1", 2), ("l2", 3)))["statusCode"] == 202
    assert [(fact.level, fact.partial) for fact in heard()] == [("physically_stopped", False)]


def test_an_answer_that_names_its_stop_ship_is_taken_at_its_own_door_only(deployed: Deployment, waits: Waits) -> None:
    before = deployed.items
    other = call({**STOPPED, "idempotencyKey": f"{CASE}:72:stop:1"})
    assert d.is_problem(other, 400)["field"] == "idempotencyKey"
    assert (deployed.items, waits.woken, door_state()) == (before, [], "open")
    assert call({**STOPPED, "idempotencyKey": f"{CASE}:{LEG}:stop:1"})["statusCode"] == 202
    assert (door_state(), waits.woken) == ("used", [TOKEN])


def test_a_hold_is_no_stop_and_leaves_the_door_open(deployed: Deployment, waits: Waits) -> None:
    assert call({**STOPPED, "decision": "held"})["statusCode"] == 202
    assert [fact.level for fact in heard()] == ["accepted"]
    assert (door_state(), waits.woken) == ("open", [])


def test_a_second_answer_is_refused_and_its_coming_is_on_record(deployed: Deployment, waits: Waits) -> None:
    call(STOPPED)
    d.is_problem(call({**STOPPED, "decision": "too_late"}), 409)
    assert [fact.level for fact in heard()] == ["physically_stopped"]
    assert facts()[-1] == "CallbackRefused"
    assert waits.woken == [TOKEN]


def test_an_answer_after_the_deadline_is_refused_as_late_and_is_on_record(deployed: Deployment, waits: Waits) -> None:
    door = wiring.ledger().callback(DOOR)
    assert door is not None
    silence = NewEvent(e.SilenceRecorded(LEG, 1, AT))
    wiring.ledger().append(Append(d.ACME, CASE, 5, AT, [silence], callbacks=[replace(door, state="expired")]))
    d.is_problem(call(STOPPED), 410)
    assert [(fact.level, fact.late) for fact in heard()] == [("physically_stopped", True)]
    d.is_problem(call(STOPPED), 409)
    assert len(heard()) == 1


@pytest.mark.parametrize("door", ["door-2", "x" * 3000, "#", "ü"])
def test_an_unknown_door_is_not_found_and_changes_nothing(deployed: Deployment, waits: Waits, door: str) -> None:
    before = deployed.items
    d.is_problem(call(STOPPED, door=door), 404)
    assert (deployed.items, waits.woken) == (before, [])


def test_a_door_for_another_purpose_takes_no_acknowledgement(deployed: Deployment, waits: Waits) -> None:
    other = Callback("door-p", d.ACME, CASE, "resolution", "exc-1", 1, "t", "open", AT)
    fact = NewEvent(e.EchoIgnored("x", "1"))
    wiring.ledger().append(Append(d.ACME, CASE, 5, AT, [fact], callbacks=[other]))
    before = deployed.items
    d.is_problem(call(STOPPED, door="door-p"), 404)
    assert (deployed.items, waits.woken) == (before, [])


@pytest.mark.parametrize(
    "wrong",
    [
        {"secret": d.ZETA_SECRET},
        {"secret": d.ZETA_SECRET, "named": (d.ZETA, "south")},
        {"secret": "guessed", "named": (d.ZETA, "north")},
        {"secret": d.ZETA_SECRET, "named": ("nobody", "north")},
        {"secret": d.ZETA_SECRET, "named": ("../x" * 900, "ö")},
        {"secret": d.ZETA_SECRET, "seconds": 1_700_000_000, "named": (d.ZETA, "north")},
        {"secret": d.SOUTH_SECRET, "seconds": 1_700_000_000},
        {"secret": ""},
        {"seconds": 1_700_000_000},
        {"seconds": int(time.time()) + 3600},
        {"signature": "v1=00"},
        {"signature": " "},
        {"headers": {}},
        {"headers": None},
    ],
)
def test_only_the_warehouse_that_was_asked_may_answer_and_a_stranger_leaves_no_trace(
    deployed: Deployment, waits: Waits, wrong: dict[str, Any]
) -> None:
    before = deployed.items
    d.is_problem(call(STOPPED, **wrong), 401)
    assert (deployed.items, waits.woken, door_state()) == (before, [], "open")


@pytest.mark.parametrize(
    ("sender", "why"),
    [
        ({"secret": d.SOUTH_SECRET}, "signed by another warehouse: south"),
        ({"secret": d.ZETA_SECRET, "named": (d.ZETA, "north")}, "signed by another merchant's warehouse"),
    ],
)
def test_who_is_known_and_was_not_asked_is_refused_and_the_case_has_one_fact_of_it(
    deployed: Deployment, waits: Waits, sender: dict[str, Any], why: str
) -> None:
    """The other merchant's name is not this merchant's to see."""
    before = facts()
    for decision in ("stopped", "too_late"):
        d.is_problem(call({**STOPPED, "decision": decision}, **sender), 401)
    assert facts() == [*before, "CallbackRefused"]
    (fact,) = [r.event for r in wiring.ledger().load(d.ACME, CASE) if isinstance(r.event, e.CallbackRefused)]
    assert (fact.callback_id, fact.why) == (DOOR, why)
    assert (waits.woken, door_state(), heard()) == ([], "open", [])
    assert [x for x in deployed.items if d.ZETA in json.dumps(x)] == []
    assert call(STOPPED)["statusCode"] == 202
    assert (door_state(), waits.woken) == ("used", [TOKEN])


def test_a_byte_changed_under_way_is_refused(deployed: Deployment, waits: Waits) -> None:
    before, raw = deployed.items, json.dumps(STOPPED).encode()
    d.is_problem(call(raw.replace(b"ST-9", b"ST-8"), signature=d.warehouse_signature(raw, d.NORTH_SECRET)), 401)
    assert (deployed.items, waits.woken) == (before, [])


EVIDENCE = STOPPED["evidence"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "decision"),
        ({"ok": True, "status": "success", "occurredAt": AT}, "decision"),
        ({**STOPPED, "decision": "accepted"}, "decision"),
        ({**STOPPED, "decision": None}, "decision"),
        ({**STOPPED, "evidence": None}, "body"),
        ({**STOPPED, "evidence": {**EVIDENCE, "state": "gone"}}, "evidence.state"),
        ({**STOPPED, "evidence": {**EVIDENCE, "state": "shipped"}}, "body"),
        ({**STOPPED, "evidence": {**EVIDENCE, "actor": "jane@example.com"}}, "evidence.actor"),
        ({**STOPPED, "evidence": {**EVIDENCE, "stateAt": "yesterday"}}, "evidence.stateAt"),
        ({**STOPPED, "evidence": {**EVIDENCE, "stateAt": "2026-11-24T12:00:30"}}, "evidence.stateAt"),
        ({**STOPPED, "evidence": {**EVIDENCE, "stateAt": "0001-01-01T00:00:00+14:00"}}, "evidence.stateAt"),
        ({**STOPPED, "evidence": {**EVIDENCE, "stateAt": "9999-12-31T23:59:59-14:00"}}, "evidence.stateAt"),
        (
            {**STOPPED, "evidence": {**EVIDENCE, "lines": [{"lineId": "1", "quantity": True}]}},
            "evidence.lines.0.quantity",
        ),
        ({**STOPPED, "decision": "partial"}, "body"),
        ({**STOPPED, "reference": "\ud83d"}, "reference"),
        ({**STOPPED, "reference": "x" * 201}, "reference"),
        ({k: v for k, v in STOPPED.items() if k != "occurredAt"}, "occurredAt"),
        (b"", "body"),
        (b"{", "body"),
        (b"[]", "body"),
        (b'{"decision": "\xff"}', "body"),
        (b"[" * 100_000, "body"),
        (b'{"a": ' + b"1" * 5000 + b"}", "body"),
    ],
)
def test_a_wrong_shape_is_named_and_acknowledges_nothing(
    deployed: Deployment, waits: Waits, body: Any, field: str
) -> None:
    before = deployed.items
    problem = d.is_problem(call(body), 400)
    assert (problem["field"], bool(problem["fix"])) == (field, True)
    assert "jane@example.com" not in problem["detail"]
    assert (deployed.items, waits.woken, door_state()) == (before, [], "open")


def test_of_a_name_that_stands_twice_the_last_counts_as_everywhere_in_the_desk(
    deployed: Deployment, waits: Waits
) -> None:
    raw = (
        json.dumps(STOPPED).encode().replace(b'"decision": "stopped"', b'"decision": "stopped", "decision": "too_late"')
    )
    assert call(raw)["statusCode"] == 202
    assert [fact.level for fact in heard()] == ["rejected"]


def test_what_is_logged_holds_no_secret_no_door_and_no_body(deployed: Deployment, waits: Waits) -> None:
    call({**STOPPED, "reference": "for Jane Doe"}, secret=d.SOUTH_SECRET)
    call({**STOPPED, "decision": "jane@example.com"})
    call({**STOPPED, "reference": "for Jane Doe"})
    call(STOPPED)
    assert deployed.logged
    private = [*d.SECRETS, DOOR, TOKEN, "Jane", "jane@example.com", "stateAt", "v1="]
    assert [x for x in private if x in deployed.logged] == []
