"""Loading a case and adding facts to it: the only way in which use cases write."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from stopship.application.ports import (
    Append,
    BookEntry,
    Callback,
    Clock,
    ExceptionItem,
    Ledger,
    NewEvent,
    OrderLock,
)
from stopship.domain.case import Case, apply, fold
from stopship.domain.errors import Conflict, NotFound
from stopship.domain.events import Event
from stopship.frozen import frozen

_ATTEMPTS = 12


@dataclass(slots=True)
class Step:
    """What a use case wants to add in one transaction, decided on one version of the case."""

    events: list[NewEvent] = field(default_factory=list)
    lock: OrderLock | None = None
    lock_from: OrderLock | None = None
    deliveries: Sequence[tuple[str, str]] = ()
    callbacks: list[Callback] = field(default_factory=list)
    exceptions: list[ExceptionItem] = field(default_factory=list)
    book: BookEntry | None = None

    def add(self, event: Event, key: str = "") -> None:
        self.events.append(NewEvent(event, key))


type Build = Callable[[Case], Step | None]
type Demand = Callable[[Case], None]
"""What a case must still meet for an effect on it. Raises Conflict where it does not."""


@frozen
class CaseBook:
    """All cases of all merchants; every call names the merchant."""

    ledger: Ledger
    clock: Clock

    def load(self, merchant: str, case_id: str) -> Case:
        """Raises NotFound for a case that this merchant does not have."""
        case = fold(merchant, case_id, self.ledger.load(merchant, case_id))
        if not case.version:
            raise NotFound(f"case {case_id}")
        return case

    def record(self, merchant: str, case_id: str, build: Build) -> Case:
        """Lets ``build`` decide on the newest version until its facts are in. ``build`` may run several times, so it only decides; facts
        whose key is there already are left out. Gives the case as it then is."""
        return self.extend(self.load(merchant, case_id), build)

    def extend(self, case: Case, build: Build) -> Case:
        """As ``record``, for who has loaded the case: ``build`` decides on that, and on the newest version where something was added
        meanwhile. Only what is added is safe from being out of date: who goes on to an effect where nothing is, asks ``record``."""
        for attempt in range(_ATTEMPTS):
            if attempt:
                case = self.load(case.merchant, case.case_id)
            step = build(case)
            if step is None:
                return case
            step = replace(step, events=[n for n in step.events if not n.key or n.key not in case.keys])
            if not step.events:
                return case
            try:
                return self.append(case, step)
            except Conflict:
                continue
        raise Conflict(f"{case.case_id} kept changing")

    def intend(self, case: Case, demand: Demand, fact: Event, key: str) -> Case:
        """Right before an effect: its intent, in one with the demand on the newest version. An intent that is there already is not recorded
        again, and the demand is made of the newest version all the same. Raises what ``demand`` raises."""

        def build(current: Case) -> Step:
            demand(current)
            step = Step()
            step.add(fact, key)
            return step

        return self.record(case.merchant, case.case_id, build)

    def append(self, case: Case, step: Step) -> Case:
        """Adds the step to exactly this version of the case. Raises Conflict when the case has moved on."""
        recorded = self.ledger.append(
            Append(
                merchant=case.merchant,
                case_id=case.case_id,
                expected_version=case.version,
                at=self.clock.now(),
                events=step.events,
                lock=step.lock,
                lock_from=step.lock_from,
                deliveries=step.deliveries,
                callbacks=step.callbacks,
                exceptions=step.exceptions,
                book=step.book,
            )
        )
        for item in recorded:
            apply(case, item.event, item.version, item.at, item.key, item.hash)
        return case
