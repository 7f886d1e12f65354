"""Whether a carrier is to bring goods back, row by row; and whoever changes the decision makes a row fail."""

from dataclasses import dataclass, replace
from decimal import Decimal
from types import ModuleType

import pytest

from stopship.adapters.policy_file import load_default
from stopship.domain import events as e
from stopship.domain import intercept as original
from stopship.domain.carrier import SCANNED, CarrierState, Offer, carrier_name, together
from stopship.domain.case import Case, apply
from stopship.domain.policy import InterceptMode, Policy
from tests.unit.domain.mutants import mutants

LEG, AT = "fo-1", "2026-11-24T12:00:00.000000Z"
RULE = load_default().intercept


def policy(mode: str = "automatic", *carriers: str) -> Policy:
    rule = replace(RULE, mode=InterceptMode(mode), carriers=frozenset(carriers or RULE.carriers))
    return replace(load_default(), intercept=rule)


def order(total: str = "200.00", currency: str = "EUR") -> e.Event:
    return e.OrderRead("#1001", [], total, currency, False, False, "", AT)


def read(**more: object) -> e.Event:
    told = {
        "leg_id": LEG,
        "carrier": "ups",
        "state": "in_transit",
        "parcels": ["0123456789abcdef"],
        "offer": "yes",
        "reason": "",
        "cost": "20.00",
        "currency": "EUR",
        "goods_value": "120.00",
        "goods_currency": "EUR",
        "observed_at": AT,
    }
    return e.CarrierRead(**{**told, **more})  # type: ignore[arg-type]


def opened(number: int = 1) -> e.Event:
    return e.ExceptionOpened(f"x-{number}", LEG, "carrier_intercept", "P1", "ops", "decide", AT, "")


def word(resolution: str, number: int = 1) -> e.Event:
    return e.ExceptionResolved(f"x-{number}", resolution, "ann", "", "")


def requested(parcel: str = "sha") -> e.Event:
    return e.InterceptRequested(LEG, "ups", parcel, "20.00", "EUR", "policy")


def answered(level: str, parcel: str = "sha") -> e.Event:
    return e.InterceptAnswered(LEG, "ups", parcel, level, "")


@dataclass(frozen=True)
class Row:
    """``facts`` come after a plan and a departure (versions 1 to 3). ``says`` is part of the reason."""

    name: str
    facts: tuple[e.Event, ...]
    move: str
    evidence: tuple[int, ...] = ()
    says: str = ""
    mode: str = "automatic"
    carriers: tuple[str, ...] = ()


WANTED = (order(), read(), opened(), word("intercept"))
"""Versions 4 to 7: whatever was read before the word is out of date."""

TABLE = (
    # What is worth a look.
    Row("nobody has read the order", (), "let_go"),
    Row("an order below the limit", (order("99.99"),), "let_go"),
    Row("an order at the limit", (order("100.00"),), "look"),
    Row("a currency without a limit", (order(currency="SEK"),), "let_go"),
    Row("a policy that never asks", (order(),), "let_go", mode="never"),
    Row("nothing read yet", (order(),), "look"),
    Row("read before a retry", (order(), read(), opened(), word("retry")), "look"),
    Row("a person wants it, below the limit", (order("1.00"), opened(), word("intercept")), "look"),
    Row("read before a person wanted it", WANTED, "look"),
    # What the carrier says.
    Row("no parcel is known", (order(), read(parcels=[], reason="no_parcel")), "let_go", (5,), "no_parcel"),
    Row("back already", (order(), read(state="returned", offer="no")), "back", (5,)),
    Row("out for delivery", (order(), read(state="out_for_delivery")), "let_go", (5,), "too late"),
    Row("delivered", (order(), read(state="delivered")), "let_go", (5,), "too late"),
    Row("not eligible", (order(), read(offer="no", reason="not_eligible")), "let_go", (5,), "not_eligible"),
    Row("somebody has asked already", (order(), read(offer="pending", cost="")), "intercept", (5,)),
    Row("a carrier that the policy leaves out", (order(), read()), "let_go", (5,), carriers=("fedex",)),
    Row("a carrier that the policy names", (order(), read(carrier="other")), "intercept", (5,), carriers=("other",)),
    # What it is worth.
    Row(
        "nobody can tell the value", (order(), read(goods_value="", goods_currency="")), "ask", (5,), "nobody can tell"
    ),
    Row("a part below the limit", (order(), read(goods_value="99.99")), "let_go", (5,), "99.99 EUR"),
    Row("a part in another currency", (order(), read(goods_currency="SEK")), "let_go", (5,)),
    Row("exactly the share", (order(), read(cost="36.00")), "intercept", (5,), "36.00 EUR"),
    Row("beyond the share", (order(), read(cost="36.01")), "let_go", (5,), "too dear"),
    Row("no price", (order(), read(cost="", currency="")), "ask", (5,), "unknown price (yes)"),
    Row("a currency and no price", (order(), read(cost="")), "ask", (5,), "unknown price"),
    Row("a price in another currency", (order(), read(currency="USD")), "ask", (5,), "20.00 USD"),
    Row("an offer that is unknown", (order(), read(offer="unknown", reason="500")), "ask", (5,), "500"),
    Row("an unknown place", (order(), read(state="unknown")), "intercept", (5,)),
    # Who decides.
    Row("the policy decides", (order(), read()), "intercept", (5,), "UPS brings it back for 20.00 EUR"),
    Row("a person decides", (order(), read()), "ask", (5,), "0123456789ab", mode="ask"),
    Row("a person decides nothing that is too dear", (order(), read(cost="36.01")), "let_go", (5,), mode="ask"),
    Row(
        "a person must ask",
        (order(), read(carrier="fedex", offer="by_hand", cost="", currency="")),
        "ask",
        (5,),
        "FedEx must be asked by hand: https://",
    ),
    Row(
        "a person must ask whom nobody knows",
        (order(), read(carrier="other", offer="by_hand", cost="", currency="")),
        "ask",
        (5,),
        "its carrier must be asked by hand",
        carriers=("other",),
    ),
    Row("a person wants it", (*WANTED, read()), "intercept", (8, 7), "a person wants it back"),
    Row("a person wants it at any price", (*WANTED, read(cost="500.00")), "intercept", (8, 7)),
    Row("a person wants it of any carrier", (*WANTED, read()), "intercept", (8, 7), carriers=("fedex",)),
    Row("a person has asked by hand", (*WANTED, read(carrier="usps", offer="by_hand")), "intercept", (8, 7)),
    Row("a person wants it too late", (*WANTED, read(state="out_for_delivery")), "let_go", (8, 7)),
    Row("a person wants what is not offered", (*WANTED, read(offer="no")), "let_go", (8, 7)),
    # What was asked for.
    Row("asked, and not answered", (order(), read(), requested()), "intercept", (6,)),
    Row("asked and taken", (order(), read(), requested(), answered("accepted")), "watch", (6, 7)),
    Row("asked by hand", (order(), read(), requested(), answered("by_hand")), "watch", (6, 7)),
    Row("asked and refused", (order(), read(), requested(), answered("refused")), "let_go", (6, 7)),
    Row(
        "asked of one box of two",
        (order(), read(), requested("a"), requested("b"), answered("accepted", "a")),
        "intercept",
        (6, 7),
    ),
    Row(
        "one box of two refused",
        (order(), read(), requested("a"), requested("b"), answered("accepted", "a"), answered("refused", "b")),
        "intercept",
        (6, 7, 8, 9),
        "not asked for any more",
    ),
    Row(
        "one box of two refused, and the other let go",
        (order(), read(), requested("a"), requested("b"), answered("withdrawn", "a"), answered("refused", "b")),
        "let_go",
        (6, 7, 8, 9),
    ),
    Row(
        "asked, whatever the policy says now",
        (order(), requested(), answered("accepted")),
        "watch",
        (5, 6),
        mode="never",
    ),
)


def case_of(row: Row) -> Case:
    case = Case("acme", "case-1")
    facts = [
        e.CaseOpened("shopify", "1001", 1, "1", "h"),
        e.LegPlanned(LEG, "north", "third_party", "gid", {"L1": 1}, {}, LEG),
        e.ShipmentSeen(LEG, "north", AT, True, {"L1": 1}, ""),
        *row.facts,
    ]
    for version, fact in enumerate(facts, 1):
        apply(case, fact, version, AT)
    return case


def differs(row: Row, module: ModuleType = original) -> str:
    case = case_of(row)
    try:
        verdict = module.decide_intercept(case, case.legs[LEG], policy(row.mode, *row.carriers))
    except Exception as error:  # noqa: BLE001 - a change that breaks the decision is noticed
        return repr(error)
    right = (str(verdict.move), verdict.evidence) == (row.move, row.evidence) and row.says in verdict.reason
    return "" if right else str(verdict)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_what_is_known_leads_to(row: Row) -> None:
    assert differs(row) == ""


def test_every_move_has_a_row() -> None:
    assert {row.move for row in TABLE} == {str(x) for x in original.Move}


WORDS = {kind.__name__: [x.name for x in kind] for kind in (original.Move, CarrierState, Offer, InterceptMode)}
SAME_IN_EFFECT = {"compare in: if read is None or read.version < max(leg.retried_at, wanted.version if wanted else 0):"}
"""Two facts never have the same version."""


def test_every_change_of_the_decision_makes_a_row_fail() -> None:
    made = list(mutants(original, WORDS))
    unnoticed = [what for what, module in made if not any(differs(row, module) for row in TABLE)]
    assert [what for what in unnoticed if what not in SAME_IN_EFFECT] == []
    assert len(made) > 60


def test_the_reason_a_person_reads_never_holds_a_whole_hash_or_number() -> None:
    for row in TABLE:
        case = case_of(row)
        reason = original.decide_intercept(case, case.legs[LEG], policy(row.mode, *row.carriers)).reason
        assert "0123456789abc" not in reason and len(reason) < 900


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ("UPS", "ups"),
        ("UPS®", "ups"),
        ("ups_ground", "ups"),
        ("United Parcel Service", "ups"),
        ("FedEx Home Delivery", "fedex"),
        ("Federal Express", "fedex"),
        ("USPS", "usps"),
        ("U.S. Postal Service", "usps"),
        ("DHL Express", "other"),
        ("upsilon", "other"),
        ("", "other"),
    ],
)
def test_a_carrier_is_known_by_what_stores_call_it(told: str, name: str) -> None:
    assert carrier_name(told) == name


@pytest.mark.parametrize(
    ("states", "one"),
    [
        ("", "unknown"),
        ("returned", "returned"),
        ("returned returned", "returned"),
        ("returned in_transit", "in_transit"),
        ("returned delivered", "delivered"),
        ("in_transit out_for_delivery", "out_for_delivery"),
        ("labelled voided", "labelled"),
        ("labelled in_transit", "in_transit"),
        ("labelled unknown", "unknown"),
        ("returned unknown", "in_transit"),
        ("voided", "voided"),
    ],
)
def test_several_parcels_are_as_far_as_the_leg_can_count_on(states: str, one: str) -> None:
    assert together(CarrierState(x) for x in states.split()) == one


def test_no_two_parcels_are_back_unless_both_are() -> None:
    for other in set(CarrierState) - {CarrierState.RETURNED}:
        assert together([CarrierState.RETURNED, other]) is not CarrierState.RETURNED
    assert CarrierState.LABELLED not in SCANNED


def test_a_policy_from_before_the_rule_lets_everything_go() -> None:
    from stopship.domain.policy import NO_INTERCEPT

    assert not NO_INTERCEPT.may_pay(Decimal("1000000"), "EUR")
