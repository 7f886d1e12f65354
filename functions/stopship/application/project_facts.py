"""From the ledger to the book of facts: a case that has moved on is read anew, whole, so that it does not matter what the message about it said,
how often it came, or in which order."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from stopship.application.ports import FactBook, Ledger, Recorded, Stored
from stopship.domain.kpi.facts import CaseFacts, OrderFact
from stopship.domain.kpi.from_events import facts_of
from stopship.frozen import frozen


@frozen
class MovedCase:
    merchant: str
    case_id: str


type News = MovedCase | OrderFact


def news_of(item: Mapping[str, Any]) -> News | None:
    """What a ledger item (plain values, with its keys) means for the facts; None for nothing."""
    pk, sk = str(item.get("pk", "")), str(item.get("sk", ""))
    if sk.startswith("E#"):
        return MovedCase(str(item["merchant"]), str(item["case_id"]))
    if pk.startswith("M#") and pk.split("#")[2:3] == ["N"]:
        return order_of(item)
    return None


def order_of(item: Mapping[str, Any]) -> OrderFact:
    names = ("merchant", "channel", "order_ref", "day", "fulfillment_type")
    return OrderFact(**{name: str(item[name]) for name in names})


def project_facts(ledger: Ledger, book: FactBook, news: Iterable[News]) -> None:
    """Safe to repeat."""
    told = list(dict.fromkeys(news))
    orders = [x for x in told if isinstance(x, OrderFact)]
    found = (
        facts_of(x.merchant, x.case_id, ledger.load(x.merchant, x.case_id)) for x in told if isinstance(x, MovedCase)
    )
    book.put((facts for facts in found if facts), orders)


type Read = Callable[[Mapping[str, Any]], Recorded]
"""How an item becomes a recorded event: the ledger's adapter knows."""


def rebuild(items: Iterable[Stored], recorded: Read) -> Iterator[CaseFacts | OrderFact]:
    """All facts again, from a reading of the whole ledger. A case is let go as soon as its head and all the events that it counts have been
    seen. Raises ValueError for cases that are not whole."""
    waiting: dict[str, _Partition] = {}
    for item in items:
        news = news_of({**item.attributes, "pk": item.pk, "sk": item.sk})
        if isinstance(news, OrderFact):
            yield news
            continue
        if "#C#" not in item.pk or not (news or item.sk == "HEAD"):
            continue
        part = waiting.setdefault(item.pk, _Partition())
        if isinstance(news, MovedCase):
            part.events.append(recorded(item.attributes))
        else:
            part.head = item.attributes
        if part.whole:
            facts = waiting.pop(item.pk).facts()
            if facts:
                yield facts
    if waiting:
        raise ValueError(f"{len(waiting)} cases lack their head or an event, as {min(waiting)}")


@dataclass(slots=True)
class _Partition:
    """What has been seen of a case."""

    head: Mapping[str, Any] = field(default_factory=dict)
    events: list[Recorded] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        return bool(self.head) and len(self.events) == int(self.head["version"])

    def facts(self) -> CaseFacts | None:
        events = sorted(self.events, key=lambda x: x.version)
        return facts_of(str(self.head["merchant"]), str(self.head["case_id"]), events)
