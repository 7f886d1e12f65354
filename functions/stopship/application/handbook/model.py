"""What a handbook consists of, whatever it is written in."""

from collections.abc import Mapping, Sequence
from dataclasses import field

from stopship.domain.policy import Team
from stopship.frozen import frozen


@frozen
class Text:
    text: str


@frozen
class Steps:
    """Numbered."""

    steps: Sequence[str]


@frozen
class Sheet:
    """A table. Every row has as many cells as ``head``."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]


@frozen
class EscalationMap:
    """Who is next after whom; ``tiers`` are how long each tier has, in words. A team that is not in ``next_`` keeps it."""

    teams: Sequence[Team]
    next_: Mapping[Team, Team]
    tiers: Mapping[str, str]


type Block = Text | Steps | Sheet | EscalationMap


@frozen
class Chapter:
    title: str
    blocks: Sequence[Block] = field(default_factory=list)


@frozen
class Handbook:
    """``policy`` names the version and the hash that it was written from."""

    title: str
    policy: str
    chapters: Sequence[Chapter]


@frozen
class ErpField:
    """A field of the ERP that the desk writes. ``name`` is the id there, ``kind`` its type in words."""

    name: str
    label: str
    kind: str
    holds: str
