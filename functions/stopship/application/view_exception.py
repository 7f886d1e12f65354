"""An exception as a person works on it: what may be answered, and what each answer needs."""

from dataclasses import dataclass

from stopship.application.ports import ExceptionItem
from stopship.domain.agent import Agent


@dataclass(frozen=True, slots=True)
class AllowedAction:
    """``action`` is a resolution's word, or reassign or snooze. ``fields`` are those of the command that it needs; ``evidence`` says what must be
    documented, "" for nothing. ``why_not`` is set where this person may not do it."""

    action: str
    label: str
    effect: str
    fields: tuple[str, ...] = ()
    evidence: str = ""
    two_people: bool = False
    why_not: str = ""


def allowed_actions(agent: Agent, item: ExceptionItem) -> list[AllowedAction]:
    """In the order in which they are offered; none for an exception that has ended."""
    raise NotImplementedError
