"""Audit: does the ledger still say what was written? Recomputes every seal and chain, and sets every side item against the events.

What is found: a changed byte in any item, an event that was changed, dropped, added or moved, a head that does not stand on its
last event, and a queue, lock, door or money book that says something else than the case. What nothing inside the table can
show is what somebody did who can write all of it: hashes and seals have no key, so a case can be told anew with every hash made good,
shortened, or removed with every trace. For that, hold each case's ``Head`` where he cannot write, and give the heads to ``verify`` again.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import sha256
from typing import Any

from stopship.application.ports import Stored
from stopship.domain import chain
from stopship.domain.ids import UNMATCHED
from stopship.frozen import frozen


@frozen
class Problem:
    """``where`` is the item's key (pk and sk), ``what`` a sentence."""

    where: str
    what: str


@dataclass(frozen=True, slots=True, order=True)
class Head:
    """How far a case had come, and the hash that stands for all of it until there. Names no person."""

    merchant: str
    case_id: str
    version: int
    hash: str


@frozen
class AuditReport:
    """``missed`` are those of the ``problems`` that only heads held elsewhere could show. ``heads`` of all cases, in order; ``fingerprint`` is a
    sha256 over them: the same ledger gives the same value anywhere."""

    problems: tuple[Problem, ...]
    missed: tuple[Problem, ...]
    cases: int
    events: int
    items: int
    heads: tuple[Head, ...]
    fingerprint: str

    @property
    def ok(self) -> bool:
        return not self.problems


def seal_of(pk: str, sk: str, attributes: Mapping[str, object]) -> str:
    """The sha256 over an item's keys and all its attributes but the seal itself, in canonical form."""
    return chain.digest({**{k: v for k, v in attributes.items() if k != "seal"}, "pk": pk, "sk": sk})


@dataclass(slots=True)
class _Case:
    """A case as its stored items show it. ``events`` are (type, data) in order; ``unreadable`` when one cannot be read."""

    links: list[chain.Link] = field(default_factory=list)
    head: Mapping[str, Any] | None = None
    doors: set[str] = field(default_factory=set)
    unreadable: bool = False

    def of(self, *types: str) -> list[chain.Link]:
        return [link for link in self.links if link.type in types]


type _Place = tuple[str, str]


@dataclass(slots=True)
class _Ledger:
    """All items, sorted by what they are. ``cases`` by (merchant, case id)."""

    problems: list[Problem] = field(default_factory=list)
    cases: dict[_Place, _Case] = field(default_factory=lambda: defaultdict(_Case))
    side: dict[str, list[Stored]] = field(default_factory=lambda: defaultdict(list))
    entries: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """Money-book entries by book."""
    items: int = 0

    def found(self, item: Stored, what: str) -> None:
        self.problems.append(Problem(f"{item.pk} {item.sk}", what))

    def of_case(self, place: _Place, sk: str, what: str) -> None:
        self.problems.append(Problem(f"M#{place[0]}#C#{place[1]} {sk}", what))


def verify(items: Iterable[Stored], held: Iterable[Head] = ()) -> AuditReport:
    """Reads every item once; holds them all in memory. ``held`` are heads of an earlier time: a ledger only grows, so each must still be there."""
    ledger = _Ledger()
    for item in sorted(items, key=lambda x: (x.pk, x.sk)):
        ledger.items += 1
        _sort_in(ledger, item)
    for place, case in ledger.cases.items():
        _check_case(ledger, place, case)
    for kind, check in _SIDE_CHECKS.items():
        for item in ledger.side[kind]:
            _readable(ledger, item, lambda item=item, check=check: check(ledger, item))  # type: ignore[misc]
    names = _names(ledger)
    locks = _locks(ledger)
    for place, case in ledger.cases.items():
        if not case.unreadable:
            _check_traces(ledger, place, case, names)
            _check_locked(ledger, place, case, locks)
    _check_books(ledger)
    last = {place: case.links[-1] for place, case in ledger.cases.items() if case.links}
    heads = sorted(Head(*place, link.version, link.hash) for place, link in last.items())
    missed = _missed(ledger, held)
    return AuditReport(
        (*ledger.problems, *missed),
        missed,
        len(ledger.cases),
        sum(len(case.links) for case in ledger.cases.values()),
        ledger.items,
        tuple(heads),
        chain.digest([[head.merchant, head.case_id, head.hash] for head in heads]),
    )


def _missed(ledger: _Ledger, held: Iterable[Head]) -> tuple[Problem, ...]:
    """Heads that the ledger no longer has. A hash stands for every event before it, as long as the chain is whole, which is looked at for itself."""
    return tuple(_gone(head) for head in held if not _has(ledger, head))


def _has(ledger: _Ledger, head: Head) -> bool:
    case = ledger.cases.get((head.merchant, head.case_id))
    return case is not None and any((link.version, link.hash) == (head.version, head.hash) for link in case.links)


def _gone(head: Head) -> Problem:
    where = f"M#{head.merchant}#C#{head.case_id} E#{head.version:08d}"
    return Problem(where, f"the case stood here with hash {head.hash[:16]}, and the ledger no longer says so")


def _readable(ledger: _Ledger, item: Stored, read: Callable[[], None]) -> bool:
    """Whether ``read`` could make sense of the item: a damaged one may lack anything or hold anything."""
    try:
        read()
    except (KeyError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
        ledger.found(item, f"cannot be read: {type(error).__name__} {error}")
        return False
    return True


# ------------------------------------------------------------------------------------------------ sorting and seals


def _sort_in(ledger: _Ledger, item: Stored) -> None:
    if not _sealed(item):
        ledger.found(item, "was changed after it was written, or not written by the desk")
    kind = _kind(item)
    if kind in ("event", "head", "door"):
        merchant, case_id = item.pk.removeprefix("M#").split("#C#", 1)
        case = ledger.cases[(merchant, case_id)]
        if not _readable(ledger, item, lambda: _add(case, kind, item)):
            case.unreadable = True
        if (item.attributes.get("merchant"), item.attributes.get("case_id")) != (merchant, case_id):
            ledger.found(item, "lies in another case's place")
    elif kind:
        ledger.side[kind].append(item)
        ledger.entries[item.pk] += kind == "entry"
    else:
        ledger.found(item, "no item of the ledger has such a key")


def _sealed(item: Stored) -> bool:
    try:
        return item.attributes.get("seal") == seal_of(item.pk, item.sk, item.attributes)
    except (TypeError, ValueError):
        return False


_ASIDE = {"F": "figure", "H": "held", "L": "lease", "N": "counted", "S": "term"}
"""Items beside the chain: figures about a marketplace, what evidence is about whom, who holds an exception, by what a case is
found, and orders that are counted."""


def _kind(item: Stored) -> str:
    """What an item is, from its key alone."""
    if item.pk.startswith("CB#"):
        return "callback" if item.sk == "CB" else ""
    scope, _, rest = item.pk.partition("#")[2].partition("#")
    if not item.pk.startswith("M#") or not scope:
        return ""
    name, _, tail = rest.partition("#")
    match name, item.sk:
        case "C", "HEAD":
            return "head"
        case "C", sk if sk.startswith("E#") and tail:
            return "event"
        case "C", sk if sk.startswith("CB#") and tail:
            return "door"
        case "O", "LOCK":
            return "lock"
        case "D", "D":
            return "delivery"
        case "X", _ if not tail:
            return "exception"
        case "$", "HEAD":
            return "book"
        case "$", sk if sk.startswith("I#"):
            return "entry"
        case "POLICY", _ if not tail:
            return "policy"
        case ("F" | "H" | "L" | "N" | "S") as aside, _ if tail:
            return _ASIDE[aside]
    return ""


def _add(case: _Case, kind: str, item: Stored) -> None:
    a: Mapping[str, Any] = item.attributes
    if kind == "head":
        case.head = a
    elif kind == "door":
        case.doors.add(a["callback_id"])
    else:
        data = json.loads(a["data"])
        if chain.canonical(data) != a["data"] or not isinstance(data, dict):
            raise ValueError("its data is not in canonical form")
        if item.sk != f"E#{a['version']:08d}":
            raise ValueError(f"version {a['version']} lies at another place")
        case.links.append(
            chain.Link(
                a["merchant"],
                a["case_id"],
                a["version"],
                a["type"],
                a["key"],
                a["at"],
                data,
                a["previous"],
                a["hash"],
            )
        )


# ------------------------------------------------------------------------------------------------ one case


def _check_case(ledger: _Ledger, place: _Place, case: _Case) -> None:
    for what in chain.problems(case.links):
        ledger.of_case(place, "E#", what)
    keys = [link.key for link in case.links if link.key]
    for key in sorted({key for key in keys if keys.count(key) > 1}):
        ledger.of_case(place, "E#", f"the fact {key} is recorded twice")
    if case.head is None:
        ledger.of_case(place, "HEAD", "the case has no head")
    elif not case.links:
        ledger.of_case(place, "HEAD", "the case has no events")
    else:
        _check_head(ledger, place, case, case.head)


def _check_head(ledger: _Ledger, place: _Place, case: _Case, head: Mapping[str, Any]) -> None:
    last = case.links[-1]
    if (head.get("version"), head.get("hash")) != (last.version, last.hash):
        ledger.of_case(
            place,
            "HEAD",
            f"stands on version {head.get('version')}; the last event is version {last.version}, or another",
        )
    status, outcome = _status(case)
    if (head.get("status"), head.get("outcome")) != (status, outcome):
        ledger.of_case(
            place, "HEAD", f"does not say what the events say: {status or 'never opened'} {outcome}".rstrip()
        )


def _status(case: _Case) -> tuple[str, str]:
    turns = case.of("CaseOpened", "CaseReopened", "CaseClosed")
    if not turns:
        return "", ""
    return ("closed", str(turns[-1].data.get("outcome"))) if turns[-1].type == "CaseClosed" else ("open", "")


type _Names = Mapping[tuple[str, str], set[str]]


def _check_traces(ledger: _Ledger, place: _Place, case: _Case, names: _Names) -> None:
    """What the events say was written beside them must be there."""
    merchant, _ = place
    doors = names["callback_id", merchant]
    for callback_id in sorted(case.doors - doors):
        ledger.of_case(place, f"CB#{callback_id}", "the callback is gone")
    for link in case.of(*_TRACES):
        name, what = _TRACES[link.type]
        if link.data.get(name) not in names[name, merchant]:
            ledger.of_case(place, f"E#{link.version:08d}", what)


type _Locks = Mapping[tuple[str, str, str], int]
"""The number of the case that holds an order's lock, by merchant, channel and order."""


def _check_locked(ledger: _Ledger, place: _Place, case: _Case, locks: _Locks) -> None:
    """A case of an order stands behind the order's lock, or behind that of a later case of the same order."""
    for link in case.of("CaseOpened"):
        channel, order_ref = str(link.data.get("channel")), str(link.data.get("order_ref"))
        if channel == UNMATCHED:
            continue
        locked = locks.get((place[0], channel, order_ref))
        if locked is None:
            ledger.of_case(place, f"E#{link.version:08d}", "the order's lock is gone")
        elif locked < _number(link.data.get("sequence")):
            ledger.of_case(place, f"E#{link.version:08d}", "the order's lock is that of an earlier case")


def _locks(ledger: _Ledger) -> _Locks:
    found: dict[tuple[str, str, str], int] = {}
    for item in ledger.side["lock"]:
        a: Mapping[str, Any] = item.attributes
        found[str(a.get("merchant")), str(a.get("channel")), str(a.get("order_ref"))] = _number(a.get("sequence"))
    return found


def _number(value: object) -> int:
    """0 for what is none: that the item is damaged, its own check says."""
    return int(value) if isinstance(value, int | Decimal) else 0


def _check_books(ledger: _Ledger) -> None:
    headed = {item.pk for item in ledger.side["book"]}
    for pk, entries in ledger.entries.items():
        if entries and pk not in headed:
            ledger.problems.append(Problem(f"{pk} HEAD", "the money book has no head"))


_TRACES = {
    "CaseOpened": ("policy_hash", "the policy that it pinned is gone"),
    "StopShipRequested": ("callback_id", "the callback of this stop-ship is gone"),
    "ExceptionOpened": ("exception_id", "the exception is not in the queue"),
    "MoneyRequested": ("money_key", "the money book does not know this intent"),
}
_NAMED = {
    "policy": "policy_hash",
    "callback": "callback_id",
    "exception": "exception_id",
    "entry": "money_key",
}


def _names(ledger: _Ledger) -> _Names:
    """The ids of side items, by what they are and by merchant."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for kind, name in _NAMED.items():
        for item in ledger.side[kind]:
            found[name, str(item.attributes.get("merchant"))].add(str(item.attributes.get(name)))
    return found


# ------------------------------------------------------------------------------------------------ side items against events


def _case_of(ledger: _Ledger, item: Stored) -> _Case | None:
    """The item's case, when its events can be read; says so when there is none."""
    place = (str(item.attributes["merchant"]), str(item.attributes["case_id"]))
    case = ledger.cases.get(place)
    if case is None or not case.links:
        ledger.found(item, f"its case {place[1]} does not exist")
        return None
    return None if case.unreadable else case


def _differences(ledger: _Ledger, item: Stored, expected: Mapping[str, object]) -> None:
    for name, value in expected.items():
        if item.attributes.get(name) != value:
            ledger.found(item, f"{name} is {item.attributes.get(name)!r}; the case's events say {value!r}")


def _check_delivery(ledger: _Ledger, item: Stored) -> None:
    _case_of(ledger, item)


def _check_callback(ledger: _Ledger, item: Stored) -> None:
    case = _case_of(ledger, item)
    if case and item.attributes["callback_id"] not in case.doors:
        ledger.found(item, "its case does not know this callback")


def _check_lock(ledger: _Ledger, item: Stored) -> None:
    case = _case_of(ledger, item)
    opened = case.of("CaseOpened") if case else []
    if opened:
        _differences(ledger, item, {name: opened[0].data[name] for name in ("channel", "order_ref", "sequence")})


def _check_exception(ledger: _Ledger, item: Stored) -> None:
    case = _case_of(ledger, item)
    if case is None:
        return
    exception_id = item.attributes["exception_id"]
    history = [link for link in case.of(*_OF_EXCEPTIONS) if link.data.get("exception_id") == exception_id]
    if not history or history[0].type != "ExceptionOpened":
        ledger.found(item, "its case never opened this exception")
        return
    first = history[0].data
    expected: dict[str, object] = {x: first[x] for x in ("leg_id", "cause", "tier", "next_action", "owner", "deadline")}
    expected |= {"state": "open", "escalations": 0, "person": first.get("person", "")}
    expected |= {"snoozed_until": "", "proposed": "", "proposed_by": ""}
    for link in history[1:]:
        expected |= _told_of(link)
    later = {"person", "snoozed_until", "proposed", "proposed_by"}
    _differences(ledger, item, {k: v for k, v in expected.items() if k not in later or v or k in item.attributes})


_OF_EXCEPTIONS = (
    "ExceptionOpened",
    "ExceptionEscalated",
    "ExceptionReassigned",
    "ExceptionSnoozed",
    "ResolutionProposed",
    "ResolutionDenied",
    "ExceptionResolved",
)


def _told_of(link: chain.Link) -> dict[str, object]:
    """What a fact about an exception makes of the queue's view of it."""
    data = link.data
    match link.type:
        case "ExceptionEscalated":
            moved = {"owner": data["owner"], "deadline": data["deadline"], "escalations": data["level"]}
            return {**moved, "person": data.get("person", ""), "snoozed_until": ""}
        case "ExceptionReassigned":
            return {"owner": data["owner"], "person": data["person"]}
        case "ExceptionSnoozed":
            return {"deadline": data["deadline"], "snoozed_until": data["until"]}
        case "ResolutionProposed":
            return {"proposed": data["plan_hash"], "proposed_by": data["by"]}
        case "ResolutionDenied":
            return {"proposed": "", "proposed_by": ""}
    return {"state": "resolved"}


def _check_lease(ledger: _Ledger, item: Stored) -> None:
    a: Mapping[str, Any] = item.attributes
    if (item.pk, item.sk) != (f"M#{a['merchant']}#L#{a['exception_id']}", "LEASE"):
        ledger.found(item, "lies at another place than it says")


def _check_entry(ledger: _Ledger, item: Stored) -> None:
    case = _case_of(ledger, item)
    if case is None:
        return
    a: Mapping[str, Any] = item.attributes
    history = [
        link
        for link in case.of("MoneyRequested", "MoneyMoved", "MoneyFailed")
        if link.data["money_key"] == a["money_key"]
    ]
    asked = [link for link in history if link.type == "MoneyRequested"]
    if not asked:
        ledger.found(item, "its case never asked for this money")
        return
    fact = asked[-1].data
    expected: dict[str, object] = {name: fact[name] for name in ("kind", "currency", "parent_id")}
    expected |= {"lines": chain.canonical(fact["lines"]), "state": _money_state(history[-1])}
    _differences(ledger, item, expected)
    if Decimal(a["amount"]) != Decimal(fact["amount"]):
        ledger.found(item, f"amount is {a['amount']}; the case's events say {fact['amount']}")


def _money_state(last: chain.Link) -> str:
    if last.type == "MoneyMoved":
        return str(last.data["status"])
    return "failed" if last.type == "MoneyFailed" else "requested"


def _check_book(ledger: _Ledger, item: Stored) -> None:
    entries = ledger.entries[item.pk]
    version: Any = item.attributes["version"]
    if not entries or version < entries:
        ledger.found(item, f"stands at version {version} with {entries} entries")


def _check_policy(ledger: _Ledger, item: Stored) -> None:
    text: Any = item.attributes["text"]
    if sha256(text.encode()).hexdigest() != item.attributes["policy_hash"] or item.attributes["policy_hash"] != item.sk:
        ledger.found(item, "the text is not the one that this hash names")


def _check_held(ledger: _Ledger, item: Stored) -> None:
    """That the evidence itself is gone is no problem: it may be erased, and only its hash stays."""
    a: Mapping[str, Any] = item.attributes
    if (item.pk, item.sk) != (f"M#{a['merchant']}#H#{a['subject']}", a["evidence_key"]):
        ledger.found(item, "lies at another place than it says")


def _check_term(ledger: _Ledger, item: Stored) -> None:
    a: Mapping[str, Any] = item.attributes
    if (item.pk, item.sk) != (f"M#{a['merchant']}#S#{a['kind']}#{a['digest']}", a["case_id"]):
        ledger.found(item, "lies at another place than it says")


def _check_counted(ledger: _Ledger, item: Stored) -> None:
    a: Mapping[str, Any] = item.attributes
    place = (f"M#{a['merchant']}#N#{a['channel']}#{a['day']}", f"{a['fulfillment_type']}#{a['order_ref']}")
    if (item.pk, item.sk) != place:
        ledger.found(item, "lies at another place than it says")


def _check_figure(ledger: _Ledger, item: Stored) -> None:
    a: Mapping[str, Any] = item.attributes
    if not item.pk.startswith(f"M#{a['merchant']}#F#{a['channel']}#"):
        ledger.found(item, "lies at another place than it says")


_SIDE_CHECKS: Mapping[str, Callable[[_Ledger, Stored], None]] = {
    "delivery": _check_delivery,
    "callback": _check_callback,
    "lock": _check_lock,
    "exception": _check_exception,
    "lease": _check_lease,
    "entry": _check_entry,
    "book": _check_book,
    "policy": _check_policy,
    "held": _check_held,
    "counted": _check_counted,
    "term": _check_term,
    "figure": _check_figure,
}
