"""Where figures can be looked up: facts that can be counted, and the rules by which each merchant's are."""

from collections.abc import Callable, Mapping, Sequence
from datetime import tzinfo
from typing import Protocol

from stopship.application.compute_kpis import Costs, Tallies
from stopship.domain.kpi.case_brief import CaseBrief
from stopship.domain.kpi.weeks import Span, Week, spans
from stopship.frozen import frozen


class CountedFacts(Tallies, Protocol):
    """Facts that can also be listed."""

    def briefs(self, cases: Sequence[tuple[str, str]]) -> list[CaseBrief]:
        """Of (merchant, case id), in their order; what is unknown is left out."""


@frozen
class Figures:
    """``zones`` gives each merchant's time zone. ``as_of`` is when the facts were true."""

    facts: CountedFacts
    zones: Callable[[Sequence[str]], Mapping[str, tzinfo]]
    costs: Costs
    as_of: str

    def spans(self, merchants: Sequence[str], weeks: Sequence[Week]) -> list[Span]:
        return spans(self.zones(merchants), weeks, self.as_of)


class FigureSource(Protocol):
    def __call__(self, merchants: Sequence[str], week: Week | None) -> Figures:
        """With all facts that figures of these merchants need, of that week (None: the present one) and of the weeks of its trend."""
