"""A case told in a few words, as the events that it would leave in the ledger."""

from collections.abc import Mapping
from typing import Self

from stopship.application.ports import Recorded
from stopship.domain import events as e
from stopship.domain.kpi.facts import CaseFacts
from stopship.domain.kpi.from_events import facts_of

SHA = "0" * 64
_KINDS = {"customer": "customer", "ops": "ops", "system": "auto"}


class ToldCase:
    """The events of one case, each with its moment; versions count from 1."""

    def __init__(self, case_id: str, channel: str, order_ref: str, sequence: int = 1, merchant: str = "acme") -> None:
        self.case_id, self.merchant = case_id, merchant
        self.recorded: list[Recorded] = []
        self.opening = e.CaseOpened(channel, order_ref, sequence, "1", "hash")

    def add(self, moment: str, *events: e.Event) -> Self:
        for event in events:
            self.recorded.append(Recorded(len(self.recorded) + 1, moment, "", event, SHA))
        return self

    def asked(self, requested: str, received: str, reason: str, requester: str = "customer") -> Self:
        wish = e.RequestReceived("r", reason, requester, "webhook", requested, received, {}, "", False, [], SHA)
        return self.add(received, self.opening, wish, e.Classified(_KINDS[requester], reason))

    def order(self, moment: str, lines: Mapping[str, int], placed: str = "") -> Self:
        rows = [{"line_id": x, "sku": x, "ordered": n, "shipped": 0, "cancelled": 0} for x, n in lines.items()]
        return self.add(moment, e.OrderRead("#1", rows, "60.00", "EUR", False, False, "", moment, placed_at=placed))

    def leg(
        self, moment: str, leg: str, warehouse: str, kind: str, lines: Mapping[str, int], partner: str = "generic_3pl"
    ) -> Self:
        return self.add(moment, e.LegPlanned(leg, warehouse, kind, "", lines, partner=partner))

    def stop(self, moment: str, leg: str, level: str = "accepted") -> Self:
        return self.add(moment, e.StopShipRequested(leg, "w", 1, False, "cb", moment), e.StopShipSent(leg, 1, level))

    def answer(self, moment: str, leg: str, level: str) -> Self:
        fact = e.AcknowledgementReceived(leg, 1, level, "w", "released", moment, "", "", "", {}, partial=False)
        return self.add(moment, fact)

    def settle(self, moment: str, leg: str, outcome: str, lines: Mapping[str, int]) -> Self:
        return self.add(moment, e.LegSettled(leg, outcome, lines, {"kind": "acknowledgement", "evidence": []}))

    def refund(self, asked: str, moved: str, key: str, amount: str, lines: Mapping[str, int]) -> Self:
        self.add(asked, e.MoneyRequested(key, "refund", amount, "EUR", "p", lines))
        return self.add(moved, e.MoneyMoved(key, "refund", amount, "EUR", "done", "ref", lines))

    def close(self, moment: str, outcome: str, cause: str, *, avoidable: bool) -> Self:
        return self.add(moment, e.CaseClosed(outcome, False, [], cause, avoidable, {}, moment))

    def exception(self, moment: str, name: str, leg: str, cause: str, tier: str, owner: str, deadline: str) -> Self:
        return self.add(moment, e.ExceptionOpened(name, leg, cause, tier, owner, "do it", deadline, ""))

    def resolve(self, moment: str, name: str, resolution: str) -> Self:
        return self.add(moment, e.ExceptionResolved(name, resolution, "person:1", SHA, ""))

    @property
    def facts(self) -> CaseFacts:
        found = facts_of(self.merchant, self.case_id, self.recorded)
        if found is None:
            raise ValueError(f"{self.case_id} is not told yet")
        return found
