"""What a handbook consists of, whatever it is written in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from stopship.domain.policy import Team


@dataclass(frozen=True, slots=True)
class Text:
    text: str


@dataclass(frozen=True, slots=True)
class Steps:
    """Numbered."""

    steps: Sequence[str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table. Every row has as many cells as ``head``."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class EscalationMap:
    """Who is next after whom; ``tiers`` are how long each tier has, in words. A team that is not in ``next_`` keeps it."""

    teams: Sequence[Team]
    next_: Mapping[Team, Team]
    tiers: Mapping[str, str]


type Block = Text | Steps | Sheet | EscalationMap


@dataclass(frozen=True, slots=True)
class Chapter:
    title: str
    blocks: Sequence[Block] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Handbook:
    """``policy`` names the version and the hash that it was written from."""

    title: str
    policy: str
    chapters: Sequence[Chapter]


@dataclass(frozen=True, slots=True)
class ErpField:
    """A field of the ERP that the desk writes. ``name`` is the id there, ``kind`` its type in words."""

    name: str
    label: str
    kind: str
    holds: str
