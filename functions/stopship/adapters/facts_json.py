"""A case's facts as one canonical JSON document: the same facts give the same bytes."""

import json
from dataclasses import asdict
from typing import Any

from stopship.domain.chain import canonical
from stopship.domain.kpi.facts import CaseFact, CaseFacts, ExceptionFact, LegFact, MoneyFact


def dump(facts: CaseFacts) -> str:
    return canonical(asdict(facts))


def load(text: str) -> CaseFacts:
    """Raises TypeError for a document of another form."""
    kept: dict[str, Any] = json.loads(text)
    return CaseFacts(
        CaseFact(**kept["case"]),
        tuple(LegFact(**x) for x in kept["legs"]),
        tuple(ExceptionFact(**x) for x in kept["exceptions"]),
        tuple(MoneyFact(**x) for x in kept["money"]),
    )
