"""The book of facts follows the ledger, and what is made again from the ledger is the same, byte for byte."""

import random
from collections.abc import Mapping
from typing import Any

import pytest

from stopship.adapters import facts_json, ledger_items
from stopship.adapters.facts_table import MemoryFacts
from stopship.adapters.ledger_memory import MemoryLedger
from stopship.application.ports import Append, FactBook, NewEvent, OrderPlaced, Stored
from stopship.application.project_facts import MovedCase, news_of, project_facts, rebuild
from stopship.domain.events import MessageKept
from stopship.domain.kpi.facts import CaseFacts, OrderFact
from tests.unit.kpi.week import MERCHANT, orders, stories


def ledger_of_the_week() -> MemoryLedger:
    ledger = MemoryLedger()
    for story in stories():
        for item in story.recorded:
            events = [NewEvent(item.event)]
            ledger.append(Append(MERCHANT, story.case_id, item.version - 1, item.at, events))
    for x in orders():
        ledger.count_order(x.merchant, OrderPlaced(x.channel, x.order_ref, x.day, x.fulfillment_type))
    ledger.append(
        Append(MERCHANT, "unmatched-1", 0, orders_at(), [NewEvent(MessageKept("s", "t", "unknown", "0" * 64))])
    )
    return ledger


def orders_at() -> str:
    return "2026-11-16T00:00:00.000000Z"


def stream(ledger: MemoryLedger) -> list[Mapping[str, Any]]:
    return [{**x.attributes, "pk": x.pk, "sk": x.sk} for x in ledger.scan()]


def dumped(facts: list[CaseFacts | OrderFact]) -> list[str]:
    return sorted(facts_json.dump(x) if isinstance(x, CaseFacts) else repr(x) for x in facts)


def follow(ledger: MemoryLedger, book: FactBook, items: list[Mapping[str, Any]]) -> None:
    project_facts(ledger, book, [news for item in items if (news := news_of(item))])


def test_what_followed_the_stream_is_what_is_made_again_from_the_ledger() -> None:
    ledger, book = ledger_of_the_week(), MemoryFacts()
    items = stream(ledger)
    items += random.Random(3).sample(items, 60)
    random.Random(4).shuffle(items)
    for start in range(0, len(items), 17):
        follow(ledger, book, items[start : start + 17])
    again = list(rebuild(ledger.scan(), ledger_items.recorded))
    assert dumped(list(book.everything())) == dumped(again)
    assert len(again) == len(stories()) + len(orders())


def test_a_reader_that_dies_and_is_called_again_leaves_what_it_would_have_left() -> None:
    class Dying(MemoryLedger):
        """Every third load fails once."""

        loads = 0

        def load(self, merchant: str, case_id: str) -> Any:
            self.loads += 1
            if self.loads % 3 == 0:
                raise ConnectionError("down")
            return super().load(merchant, case_id)

    whole = ledger_of_the_week()
    dying, book = Dying(), MemoryFacts()
    dying._table = whole._table
    items = stream(whole)
    for start in range(0, len(items), 9):
        for _ in range(20):
            try:
                follow(dying, book, items[start : start + 9])
                break
            except ConnectionError:
                continue
    assert dumped(list(book.everything())) == dumped(list(rebuild(whole.scan(), ledger_items.recorded)))


def test_a_partition_that_only_keeps_messages_is_no_case() -> None:
    ledger, book = ledger_of_the_week(), MemoryFacts()
    project_facts(ledger, book, [MovedCase(MERCHANT, "unmatched-1")])
    assert list(book.everything()) == []


@pytest.mark.parametrize("sk", ["HEAD", "CB#door", "LOCK", ""])
def test_what_is_neither_an_event_nor_an_order_is_no_news(sk: str) -> None:
    assert news_of({"pk": "M#acme#C#case-a", "sk": sk, "merchant": "acme", "case_id": "case-a"}) is None


def test_a_case_that_lacks_an_event_is_not_made_into_facts() -> None:
    items = [x for x in ledger_of_the_week().scan() if not (x.pk.endswith("case-a") and x.sk.endswith("3"))]
    with pytest.raises(ValueError, match="case-a"):
        list(rebuild(items, ledger_items.recorded))


def test_a_case_without_a_head_is_not_left_out_in_silence() -> None:
    items: list[Stored] = [x for x in ledger_of_the_week().scan() if not (x.pk.endswith("case-b") and x.sk == "HEAD")]
    with pytest.raises(ValueError, match="case-b"):
        list(rebuild(items, ledger_items.recorded))
