"""No text that a person or a partner writes chooses an action: whatever it says, the decision stays the same."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stopship.adapters.cancel_form import wish as form
from stopship.adapters.ops_csv import wish as listed
from stopship.adapters.policy_file import load_default
from stopship.application.classify_case import kind_of
from stopship.application.take_in import IntakeMessage
from stopship.domain import events as e
from stopship.domain.case import Case, apply
from stopship.domain.decide import decide_leg
from stopship.domain.request import CancelRequest
from stopship.domain.root_cause import find_root_cause
from tests.unit.domain.decision_table import LEG, RECEIVED, TABLE, Row, at, wish

FREE: Mapping[type[e.Event], frozenset[str]] = {
    e.CaseOpened: frozenset({"order_ref", "policy_version"}),
    e.RequestReceived: frozenset({"request_id", "ticket_ref", "ticket_link", "raw_sha256", "evidence"}),
    e.LegPlanned: frozenset({"external_ref"}),
    e.LegSplit: frozenset(),
    e.OrderRead: frozenset({"display_ref", "lines", "language"}),
    e.PickStateObserved: frozenset({"source", "actor", "purpose"}),
    e.StopShipRequested: frozenset({"callback_id"}),
    e.AcknowledgementReceived: frozenset({"source", "actor", "reference", "reason"}),
    e.ShipmentSeen: frozenset({"source", "tracking_sha256"}),
    e.ExceptionOpened: frozenset({"next_action", "detail", "evidence"}),
    e.ExceptionResolved: frozenset({"note_sha256", "approved_by", "by", "plan_hash", "evidence"}),
    e.LegReopened: frozenset({"why"}),
    e.ReturnOpened: frozenset({"reference"}),
    e.CarrierRead: frozenset({"reason"}),
    e.LabelVoidRequested: frozenset(),
    e.LabelVoidAnswered: frozenset({"code"}),
    e.InterceptRequested: frozenset(),
    e.InterceptAnswered: frozenset({"code"}),
    e.SilenceRecorded: frozenset(),
    e.LegSettled: frozenset(),
}
"""Fields that hold what somebody wrote, by fact."""
CODES = {
    "carrier",
    "parcel",
    "parcels",
    "offer",
    "cost",
    "goods_value",
    "goods_currency",
    "by",
    "channel",
    "policy_hash",
    "reason",
    "requester",
    "source",
    "requested_at",
    "received_at",
    "leg_id",
    "rest_id",
    "warehouse",
    "fulfillment_type",
    "work_id",
    "total",
    "currency",
    "risk",
    "payment",
    "signs",
    "observed_at",
    "departed_at",
    "state",
    "state_at",
    "level",
    "deadline",
    "occurred_at",
    "exception_id",
    "cause",
    "tier",
    "owner",
    "resolution",
    "outcome",
}
"""Fields that hold a word of a list, an id that facts are joined by, a number or a moment."""
NOT_FREE = {(e.RequestReceived, "source"), (e.RequestReceived, "reason")}

WORDS = st.text(max_size=40) | st.sampled_from(
    [
        "cancel",
        "shipped",
        "physically_stopped",
        "refund now",
        "withdrawn",
        "ignore all rules and stop",
        "fraud",
        "too_late",
    ]
)
SOME_WORDS = WORDS.filter(bool)
PERSONS = ("ann", "human:ben", "Jane", "x")
"""Who answered: ``evidence:`` in front of it is the desk's own mark, which no person's id has."""


def rewritten(fact: e.Event, draw: Any) -> e.Event:
    """The fact with other words in every free field. Whether there is any text may count; what it says may not."""
    changes: dict[str, Any] = {}
    for name in FREE[type(fact)]:
        value = getattr(fact, name)
        if name == "by":
            changes[name] = draw(st.sampled_from(PERSONS))
        elif isinstance(value, str):
            changes[name] = draw(SOME_WORDS) if value else ""
        elif name == "evidence" and isinstance(value, list):
            changes[name] = [draw(SOME_WORDS) for _ in value]
        elif name == "lines":
            changes[name] = [{**row, "sku": draw(WORDS)} for row in value]
    return dataclasses.replace(fact, **changes)


def folded(facts: list[e.Event]) -> Case:
    case = Case("acme", "case-1")
    for version, fact in enumerate(facts, 1):
        apply(case, fact, version, RECEIVED if version < 4 else at(10 * (version - 3)))
    return case


def chosen(case: Case, now: str) -> tuple[Any, ...]:
    made = decide_leg(case, case.legs[LEG], load_default(), now)
    decision = made.action, made.outcome, made.cause, made.proof, made.evidence
    return decision, find_root_cause(case), kind_of(case), case.reason


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
@given(st.data())
def test_other_words_in_every_free_field_change_no_decision_no_kind_and_no_cause(row: Row, data: st.DataObject) -> None:
    facts = [*wish(row), *row.facts]
    now = at(10 * len(row.facts) + row.wait)
    changed = [rewritten(fact, data.draw) for fact in facts]
    assert chosen(folded(changed), now) == chosen(folded(facts), now)


@given(st.data())
def test_words_where_there_were_none_change_no_decision(data: st.DataObject) -> None:
    """A ticket or a link on a wish documents who asked, and decides nothing."""
    row = data.draw(st.sampled_from(TABLE))
    facts = [*wish(row), *row.facts]
    now = at(10 * len(row.facts) + row.wait)
    texts = {name: data.draw(WORDS) for name in ("ticket_ref", "ticket_link", "request_id")}
    changed = [dataclasses.replace(x, **texts) if isinstance(x, e.RequestReceived) else x for x in facts]
    assert chosen(folded(changed), now)[0] == chosen(folded(facts), now)[0]


def test_every_text_of_a_fact_that_decides_is_known_to_be_free_or_a_code() -> None:
    """A field that is added later has to be told apart here."""
    used = {type(fact) for row in TABLE for fact in [*wish(row), *row.facts]}
    assert used <= set(FREE)
    unknown = [
        (kind.__name__, field.name)
        for kind in used
        for field in dataclasses.fields(kind)
        if str(field.type) in ("str", "list[str]") and field.name not in FREE[kind] | CODES
    ]
    assert unknown == []
    assert not any(name in FREE[kind] for kind, name in NOT_FREE)


MESSAGE = IntakeMessage("acme", "cancel-form", "row:2", "d-1", "k", "f" * 64, RECEIVED)


@given(st.text(max_size=80), st.text(max_size=80))
def test_a_name_and_a_declaration_on_the_form_choose_nothing(name: str, said: str) -> None:
    def read(told: Mapping[str, str]) -> CancelRequest:
        body = {"order": "#1", "email": "a@b", "language": "en", "received_at": RECEIVED, **told}
        return form.read_wish(MESSAGE, body, lambda _: [("shopify", "5001")], lambda _: "A@b")

    plain, other = read({"name": "", "statement": ""}), read({"name": name, "statement": said})
    assert dataclasses.replace(other, receipt=plain.receipt) == plain


@given(st.text(alphabet=st.characters(exclude_categories=["C", "Z"], exclude_characters='"'), max_size=80))
def test_a_ticket_on_a_list_chooses_nothing(ticket: str) -> None:
    def read(ticket_ref: str) -> CancelRequest:
        body = f'order_ref,reason,ticket_ref\n5001,stockout,"{ticket_ref}"\n'.encode()
        return listed.read_wish(MESSAGE, body, lambda _: "shopify", lambda _: [], lambda *_: None)

    assert dataclasses.replace(read(ticket), ticket_ref="") == read("")
