"""What a step tells the state machine: where to go, and nothing that could be personal."""

from collections.abc import Collection, Sequence

from stopship.domain.case import Case, ExceptionState
from stopship.domain.policy import Cause

type Next = dict[str, str | int | list[str]]


def go(**more: str | int | list[str]) -> Next:
    return {"next": "go", **more}


def wait(seconds: int) -> Next:
    """Come back to the same step later."""
    return {"next": "wait", "seconds": max(1, seconds)}


def wait_announced(reference: str, seconds: int) -> Next:
    """As ``wait``, but ended at once by the partner's word on what was submitted under ``reference``."""
    return {"next": "announced", "reference": reference, "seconds": max(1, seconds)}


def person(cause: Cause, detail: str = "") -> Next:
    return {"next": "person", "cause": cause, "detail": detail[:1000]}


def legs(case: Case) -> Next:
    """Back to the legs: some are not ended (any more)."""
    return {"next": "legs", "legs": open_legs(case)}


def open_legs(case: Case) -> list[str]:
    return [leg_id for leg_id, leg in case.legs.items() if leg.settled is None]


def person_was_asked(case: Case, step: str, since: int, words: Sequence[str]) -> bool:
    """Whether a person answered an exception of this step with one of these words after version ``since``."""
    human = case.case_human
    if human is None or human.version <= since or human.fact.resolution not in words:
        return False
    opened = case.exceptions[human.fact.exception_id].opened.fact
    return opened.evidence.get("step") == step


def answers(case: Case, step: str, words: Collection[str]) -> list[ExceptionState]:
    """The exceptions of this step that a person answered with one of these words, in the order of the answers. What each was asked about,
    and so what its answer stands for, is in ``about``."""
    found = [
        (x.resolved.version, x)
        for x in case.exceptions.values()
        if x.resolved and not x.opened.fact.leg_id and not x.resolved.fact.by.startswith("evidence:")
        if x.resolved.fact.resolution in words and x.opened.fact.evidence.get("step") == step
    ]
    return [state for _, state in sorted(found, key=lambda pair: pair[0])]
