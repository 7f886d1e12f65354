"""The book of facts over any table of items (``pk``, ``sk``).

A week of a merchant is a partition: ``M#<merchant>#W#<week>`` with ``C#<case>`` and ``O#<channel>#<order>``. That it changed is noted under
``CHANGED#<shard>``, after the facts are there: whoever reads the note finds them, and whoever died before writing it is called again.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from hashlib import sha256
from typing import Any

from stopship.adapters import facts_json
from stopship.adapters import ledger_items as items
from stopship.adapters.ledger_dynamodb import DynamoTable
from stopship.adapters.ledger_memory import MemoryTable
from stopship.adapters.ledger_table import Table
from stopship.application.ports import ChangedWeek
from stopship.domain.chain import canonical
from stopship.domain.errors import Conflict
from stopship.domain.kpi.facts import CaseFacts, OrderFact

SHARDS = 4
_ATTEMPTS = 12
_CASE, _ORDER = "C#", "O#"
_FIRST, _LAST = " ", "~"
_EXPORTED = "exported"


class TableFacts:
    """Implements ``ports.FactBook``."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def put(self, cases: Iterable[CaseFacts], orders: Iterable[OrderFact]) -> None:
        changed: dict[tuple[str, str], str] = {}
        for facts in cases:
            if self._put_case(facts):
                changed[facts.case.merchant, str(facts.week)] = f"{facts.case.case_id}#{facts.case.version}"
        for order in orders:
            self._put_order(order)
            changed[order.merchant, str(order.week)] = f"{order.channel}#{order.order_ref}"
        for (merchant, week), token in changed.items():
            self._note(ChangedWeek(merchant, week, token))

    def _put_case(self, facts: CaseFacts) -> bool:
        """False when a newer version is there. The same version is written and noted again: its note may be missing."""
        case = facts.case
        pk, sk = _pk(case.merchant, str(facts.week)), f"{_CASE}{case.case_id}"
        for _ in range(_ATTEMPTS):
            before = self._table.get(pk, sk)
            if before and int(before["version"]) > case.version:
                return False
            expect = items.Expect(absent=False, present={"version": [int(before["version"])]}) if before else items.NEW
            item: items.Item = {"version": case.version, "data": facts_json.dump(facts)}
            try:
                self._table.write([_write(pk, sk, item, expect)])
            except Conflict:
                continue
            return True
        raise Conflict(f"the facts of {case.case_id} kept changing")

    def _put_order(self, order: OrderFact) -> None:
        sk = f"{_ORDER}{order.channel}#{order.order_ref}"
        self._table.write([_write(_pk(order.merchant, str(order.week)), sk, {"data": canonical(asdict(order))}, _ANY)])

    def of_week(self, merchant: str, week: str) -> tuple[Sequence[CaseFacts], Sequence[OrderFact]]:
        cases: list[CaseFacts] = []
        orders: list[OrderFact] = []
        for item in self._table.query(_pk(merchant, week), _FIRST, _LAST):
            fact = _fact(item)
            cases.append(fact) if isinstance(fact, CaseFacts) else orders.append(fact)
        return cases, orders

    def everything(self) -> Iterable[CaseFacts | OrderFact]:
        return (_fact(item) for item in self._table.scan() if str(item["pk"]).startswith("M#"))

    def changed(self) -> Sequence[ChangedWeek]:
        found = []
        for shard in range(SHARDS):
            for item in self._table.query(f"CHANGED#{shard}", _FIRST, _LAST):
                if item["token"] != _EXPORTED:
                    found.append(ChangedWeek(str(item["merchant"]), str(item["week"]), str(item["token"])))
        return sorted(found, key=lambda x: (x.merchant, x.week))

    def exported(self, week: ChangedWeek) -> None:
        try:
            self._note(
                ChangedWeek(week.merchant, week.week, _EXPORTED),
                items.Expect(absent=False, present={"token": [week.token]}),
            )
        except Conflict:
            # It has changed again: the next export takes it.
            return

    def _note(self, week: ChangedWeek, expect: items.Expect | None = None) -> None:
        shard = sha256(f"{week.merchant}#{week.week}".encode()).digest()[0] % SHARDS
        item: items.Item = {"merchant": week.merchant, "week": week.week, "token": week.token}
        self._table.write([_write(f"CHANGED#{shard}", f"{week.merchant}#{week.week}", item, expect or _ANY)])


class DynamoFacts(TableFacts):
    """``client`` is a low-level DynamoDB client."""

    def __init__(self, client: Any, table_name: str) -> None:
        super().__init__(DynamoTable(client, table_name))


class MemoryFacts(TableFacts):
    def __init__(self) -> None:
        super().__init__(MemoryTable())


_ANY = items.Expect(absent=True, present={})
"""Whatever is there."""


def _pk(merchant: str, week: str) -> str:
    return f"M#{items.part('merchant', merchant)}#W#{week}"


def _write(pk: str, sk: str, item: items.Item, expect: items.Expect) -> items.Write:
    return items.Write({**item, "pk": pk, "sk": sk}, expect, lambda _: Conflict(f"{pk} {sk} has changed"))


def _fact(item: Mapping[str, Any]) -> CaseFacts | OrderFact:
    if str(item["sk"]).startswith(_CASE):
        return facts_json.load(str(item["data"]))
    return OrderFact(**json.loads(str(item["data"])))
