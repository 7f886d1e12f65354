"""A leg's row: how far it got, what its warehouse's word was worth, and how old the order was."""

import pytest

from infra.bench.told_case import SHA, ToldCase
from stopship.domain import events as e
from stopship.domain.kpi.facts import LegFact
from stopship.domain.kpi.leg_facts import age_band
from tests.unit.kpi.week import at

START, SENT, SAID, LATER, END = (at(16, x) for x in ("10:00", "10:01", "10:02", "10:30", "11:00"))
LINES = {"L1": 2}


def told() -> ToldCase:
    case = ToldCase("case-l", "shopify", "1").asked(START, START, "customer_request").order(START, LINES)
    return case.leg(START, "1", "north", "third_party", LINES)


def leg(case: ToldCase) -> LegFact:
    (found,) = case.facts.legs
    return found


def reached(found: LegFact) -> str:
    names = ("sent", "accepted", "acknowledged", "stopped")
    return "".join(name[0] if getattr(found, name) else "-" for name in names)


def observed(case: ToldCase, moment: str, state: str) -> ToldCase:
    return case.add(moment, e.PickStateObserved("1", state, "north", moment, "system"))


@pytest.mark.parametrize(
    ("sent", "answer", "outcome", "stages", "lost", "level"),
    [
        ("", "", "", "----", "pending", ""),
        ("", "", "shipped", "----", "sent", ""),
        ("sent", "", "", "s---", "pending", "sent"),
        ("sent", "", "stopped", "s---", "accepted", "sent"),
        ("accepted", "", "shipped", "sa--", "acknowledged", "accepted"),
        ("sent", "rejected", "shipped", "s---", "accepted", "rejected"),
        ("accepted", "rejected", "shipped", "sa--", "acknowledged", "rejected"),
        ("sent", "system_cancelled", "stopped", "saas", "", "system_cancelled"),
        ("accepted", "physically_stopped", "blocked", "saas", "", "physically_stopped"),
        ("accepted", "physically_stopped", "shipped", "saa-", "stopped", "physically_stopped"),
        ("accepted", "system_cancelled", "", "saa-", "pending", "system_cancelled"),
        ("sent", "accepted", "saved", "sa--", "acknowledged", "accepted"),
    ],
)
def test_a_leg_gets_as_far_as_its_facts_say(
    sent: str, answer: str, outcome: str, stages: str, lost: str, level: str
) -> None:
    case = told()
    if sent:
        case.stop(SENT, "1", sent)
    if answer:
        case.answer(SAID, "1", answer)
    if outcome:
        case.settle(LATER, "1", outcome, LINES)
    found = leg(case)
    assert (reached(found), found.lost_stage, found.level) == (stages, lost, level)


def test_an_answer_proves_that_the_message_went_out() -> None:
    case = (
        told().add(SENT, e.StopShipRequested("1", "north", 1, False, "cb", END)).answer(SAID, "1", "system_cancelled")
    )
    assert (reached(leg(case)), leg(case).sent_at, leg(case).answer_us) == ("saa-", SAID, 0)


@pytest.mark.parametrize(
    ("level", "state", "false"),
    [
        ("system_cancelled", "released", False),
        ("system_cancelled", "picking", True),
        ("system_cancelled", "shipped", True),
        ("physically_stopped", "packed", False),
        ("physically_stopped", "shipped", True),
    ],
)
def test_a_word_is_false_when_the_warehouse_is_read_to_say_otherwise(level: str, state: str, false: bool) -> None:
    found = leg(observed(told().stop(SENT, "1").answer(SAID, "1", level), LATER, state))
    assert (found.promised, found.false_ok, found.left_after_ok) == (True, false, state == "shipped")


def test_what_was_read_before_the_word_does_not_make_it_false() -> None:
    case = observed(told().stop(SENT, "1"), SENT, "packed").answer(SAID, "1", "system_cancelled")
    assert not leg(case).false_ok


def test_a_label_is_no_departure() -> None:
    case = told().stop(SENT, "1").answer(SAID, "1", "system_cancelled")
    case.add(LATER, e.ShipmentSeen("1", "north", LATER, False, LINES, SHA))
    assert (leg(case).false_ok, leg(case).left_after_ok) == (False, False)


def test_where_nothing_was_promised_nothing_was_broken() -> None:
    case = (
        told()
        .stop(SENT, "1")
        .answer(SAID, "1", "rejected")
        .add(LATER, e.ShipmentSeen("1", "n", LATER, True, LINES, SHA))
    )
    assert (leg(case).promised, leg(case).false_ok, leg(case).left_after_ok) == (False, False, False)


def test_a_late_answer_does_not_undo_the_silence() -> None:
    case = told().stop(SENT, "1").add(SAID, e.SilenceRecorded("1", 1, SAID)).answer(LATER, "1", "physically_stopped")
    assert (leg(case).silent, leg(case).acknowledged) == (True, True)


def test_the_rest_of_a_leg_was_asked_for_with_the_whole_and_nobody_answered_for_it() -> None:
    case = (
        told()
        .stop(SENT, "1")
        .answer(SAID, "1", "physically_stopped")
        .add(LATER, e.LegSplit("1", "1+", {"L1": 1}, {"L1": 1}))
    )
    case.settle(LATER, "1", "stopped", {"L1": 1}).settle(END, "1+", "shipped", {"L1": 1})
    part, rest = case.facts.legs
    assert (part.leg_id, reached(part), rest.leg_id, reached(rest)) == ("1", "saas", "1+", "sa--")
    assert (rest.sent_at, rest.answered_at, rest.promised, rest.lost_stage) == (SENT, "", False, "acknowledged")


@pytest.mark.parametrize(
    ("minutes", "band"),
    [
        (0, "0000-0015 min"),
        (14, "0000-0015 min"),
        (15, "0015-0030 min"),
        (2879, "1440-2880 min"),
        (2880, "over 2880 min"),
    ],
)
def test_an_age_lies_in_one_band(minutes: int, band: str) -> None:
    assert age_band(minutes * 60_000_000) == band


def test_an_order_of_which_nobody_told_the_time_has_no_age() -> None:
    assert (leg(told()).order_age_us, leg(told()).order_age) == (None, "unknown")
