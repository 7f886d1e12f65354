"""Whatever is changed, dropped or moved in the ledger, the audit finds it."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from stopship.adapters.ledger_memory import MemoryLedger
from stopship.application.audit import seal_of, verify
from stopship.application.ports import Append, Callback, ExceptionItem, NewEvent, OrderLock, Stored
from stopship.domain import chain
from stopship.domain.events import CaseOpened, Event, ExceptionOpened, OrderNotFound, StopShipRequested
from tests.unit.test_audit import POLICY, POLICY_HASH, a_ledger, at

WHOLE = a_ledger()
EVENTS = [x for x in WHOLE if x.sk.startswith("E#")]


def test_what_is_damaged_here_was_whole_before() -> None:
    assert verify(WHOLE).problems == ()
    assert len(EVENTS) == 17


def places() -> list[tuple[int, str]]:
    """Every attribute of every item, the keys included."""
    return [(i, name) for i, x in enumerate(WHOLE) for name in ("pk", "sk", *sorted(x.attributes))]


def damaged(value: object, position: int, by: int) -> object:
    """The value with one byte of its stored form changed."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + by
    text = str(value)
    if not text:
        return chr(by)
    i = position % len(text)
    return text[:i] + chr((ord(text[i]) + by) % 0x80) + text[i + 1 :]


def with_value(item: Stored, name: str, value: object) -> Stored:
    if name in ("pk", "sk"):
        return replace(item, **{name: str(value)})
    return replace(item, attributes={**item.attributes, name: value})


@given(st.sampled_from(places()), st.integers(0, 10_000), st.integers(1, 0x7F))
def test_one_changed_byte_anywhere_is_found(place: tuple[int, str], position: int, by: int) -> None:
    index, name = place
    item = WHOLE[index]
    value = {"pk": item.pk, "sk": item.sk, **item.attributes}[name]
    bad = with_value(item, name, damaged(value, position, by))
    assert bad != item
    assert not verify([*WHOLE[:index], bad, *WHOLE[index + 1 :]]).ok


@given(st.sampled_from(places()), st.sampled_from([None, "", 0, True, {"N": "1.5"}, {"L": []}]))
def test_a_lost_attribute_or_one_of_another_type_is_found(place: tuple[int, str], value: object) -> None:
    index, name = place
    item = WHOLE[index]
    if name in ("pk", "sk"):
        return
    kept = {k: v for k, v in item.attributes.items() if k != name}
    if value is not None:
        kept[name] = value
    if repr(kept) == repr({k: item.attributes[k] for k in kept}) and name in kept:
        return
    assert not verify([*WHOLE[:index], replace(item, attributes=kept), *WHOLE[index + 1 :]]).ok


@given(st.sets(st.sampled_from(range(len(EVENTS))), min_size=1))
def test_dropped_events_are_missed(gone: set[int]) -> None:
    dropped = {(EVENTS[i].pk, EVENTS[i].sk) for i in gone}
    assert not verify([x for x in WHOLE if (x.pk, x.sk) not in dropped]).ok


@given(st.sampled_from(range(len(EVENTS))), st.sampled_from(range(len(EVENTS))), st.booleans())
def test_two_events_that_changed_places_are_found_even_when_sealed_again(a: int, b: int, reseal: bool) -> None:
    one, two = EVENTS[a], EVENTS[b]
    if one is two:
        return
    moved = [Stored(one.pk, one.sk, two.attributes), Stored(two.pk, two.sk, one.attributes)]
    if reseal:
        moved = [replace(x, attributes={**x.attributes, "seal": seal_of(x.pk, x.sk, x.attributes)}) for x in moved]
    assert not verify([*(x for x in WHOLE if x is not one and x is not two), *moved]).ok


@given(
    st.sampled_from(range(len(EVENTS))),
    st.sampled_from(["type", "key", "at", "previous", "hash", "merchant", "case_id"]),
    st.text(min_size=1, max_size=5),
)
def test_an_event_changed_by_somebody_who_can_seal_is_found_by_its_chain(i: int, name: str, extra: str) -> None:
    item = EVENTS[i]
    attributes = {**item.attributes, name: f"{item.attributes[name]}{extra}"}
    attributes["seal"] = seal_of(item.pk, item.sk, attributes)
    assert not verify([*(x for x in WHOLE if x is not item), replace(item, attributes=attributes)]).ok


@st.composite
def histories(draw: st.DrawFn) -> list[list[Event]]:
    """Steps of a case, each of one or more facts."""
    step = st.lists(st.builds(OrderNotFound, st.integers(0, 99)), min_size=1, max_size=3)
    return draw(st.lists(step, max_size=6))


@given(histories(), st.text(min_size=1, max_size=12))
def test_every_ledger_that_was_only_appended_to_is_whole(steps: list[list[Event]], order_ref: str) -> None:
    ledger = MemoryLedger()
    ledger.save_policy("acme", POLICY_HASH, POLICY)
    door = Callback("cb", "acme", "case-a", "acknowledgement", "leg-1", 1, "t", "open", at(9))
    trouble = ExceptionItem(
        "acme", "exc", "case-a", "", order_ref, "shopify", "c", "P1", "ops", "n", at(9), at(0), "open"
    )
    first: list[Event] = [
        CaseOpened("shopify", order_ref, 1, "1", POLICY_HASH),
        StopShipRequested("leg-1", "wms", 1, False, "cb", at(9)),
        ExceptionOpened("exc", "", "c", "P1", "ops", "n", at(9), order_ref),
    ]
    ledger.append(
        Append(
            "acme",
            "case-a",
            0,
            at(0),
            [NewEvent(x) for x in first],
            lock=OrderLock("shopify", order_ref, "case-a", 1, active=True),
            deliveries=[("shopify", order_ref)],
            callbacks=[door],
            exceptions=[trouble],
        )
    )
    version = len(first)
    for step in steps:
        ledger.append(Append("acme", "case-a", version, at(1), [NewEvent(x) for x in step]))
        version += len(step)
    report = verify(ledger.scan())
    assert report.problems == ()
    assert report.events == version
    links = [
        chain.Link("acme", "case-a", x.version, type(x.event).__name__, x.key, x.at, x.event.data(), p, x.hash)
        for x, p in zip(
            ledger.load("acme", "case-a"),
            [chain.GENESIS, *(x.hash for x in ledger.load("acme", "case-a"))],
            strict=False,
        )
    ]
    assert chain.problems(links) == []
