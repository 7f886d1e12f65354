"""The ledger is the truth and executions are disposable: find open cases that nobody is working on, and go on where they stood."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from traceback import extract_tb

from stopship.application.call_legs import wake_for_legs
from stopship.application.context import Desk
from stopship.application.escalate_exception import escalate_exception, is_due
from stopship.application.follow_outages import Waiting, follow_outages, waiting_for_partners
from stopship.application.open_case import execution_name, wake_for_wishes
from stopship.application.project_ledger import Count
from stopship.application.record import Step
from stopship.application.remind_vendors import remind_vendors
from stopship.domain.case import Case
from stopship.domain.errors import StopshipError
from stopship.domain.events import ExecutionStarted
from stopship.domain.instant import epoch, seconds_between
from stopship.domain.policy import Tier

MINUTE = 60
WAKES_SECONDS = 15 * MINUTE
EXECUTIONS, OUTAGES = "executions", "outages"


class SweepIncomplete(StopshipError):
    """Some cases need a person to set something right, and another sweep will not mend that. The others were swept."""


@dataclass(slots=True)
class Swept:
    """What a sweep looked at and did."""

    open_cases: int = 0
    resumed: int = 0
    escalated: int = 0
    reminded: int = 0
    """Vendors who were asked by mail and had said nothing."""
    unreminded: int = 0
    """Reminders that did not go out, or may not have."""
    broken: dict[str, str] = field(default_factory=dict)
    """What could not be done, by case (or by ``EXECUTIONS`` or ``OUTAGES``), and why. Everything else was done."""
    released: int = 0
    """Exceptions that ended because their partner is back."""
    down: Sequence[Count] = ()
    oldest: Sequence[Count] = ()
    """Seconds since the oldest open exception of each tier was opened, 0 for none. Not told by a sweep that had no time for all; that one
    case could not be read keeps nobody from hearing of the others."""
    unfinished: int = 0
    """1 when the time was over before all cases were looked at: the next sweeps begin with others."""


def sweep_cases(desk: Desk, in_time: Callable[[], bool] = lambda: True) -> Swept:
    """Safe to run at any time and twice: a living execution goes on, and a resumed case repeats no effect. Looks at no further case once
    ``in_time`` denies."""
    swept, waiting, merchants = Swept(), list[Waiting](), set[str]()
    ages = dict.fromkeys(Tier, 0.0)
    running: Collection[str] | None = None
    with _alone(swept, EXECUTIONS):
        running = desk.executions.running()
    for head in desk.ledger.open_cases(_turn(desk)):
        if not in_time():
            swept.unfinished = 1
            break
        swept.open_cases += 1
        merchants.add(head.merchant)
        with _alone(swept, head.case_id):
            case = desk.cases.load(head.merchant, head.case_id)
            waiting += waiting_for_partners(case)
            _age(ages, case, desk.clock.now())
            _go_on(desk, case, running, swept)
    with _alone(swept, OUTAGES):
        followed = follow_outages(desk, waiting, merchants)
        swept.released, swept.down = followed.released, followed.down
    if not swept.unfinished:
        swept.oldest = [Count("OldestException", {"tier": tier}, seconds) for tier, seconds in ages.items()]
    return swept


@contextmanager
def _alone(swept: Swept, what: str) -> Iterator[None]:
    """What cannot be done is on record, and keeps nothing else from being done: neither a case that cannot be read, nor a merchant's wrong
    connection, nor a service that refuses, whose errors have no name here."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - whatever it was, the others are swept and the run fails in the end
        swept.broken[what] = _said(error)


def _said(error: Exception) -> str:
    """A value that could not be read may stand in the text of its error, and may be personal: of such only kind and place are told."""
    kind = type(error).__name__
    if isinstance(error, ValueError):
        return f"{kind} in {extract_tb(error.__traceback__)[-1].name}"
    return f"{kind}: {error}"[:200]


def _go_on(desk: Desk, case: Case, running: Collection[str] | None, swept: Swept) -> None:
    """Each of these helps without the others. Nothing is resumed when nobody knows what runs."""
    if running is not None:
        with _alone(swept, case.case_id):
            swept.resumed += _resume(desk, case, running)
    with _alone(swept, case.case_id):
        swept.escalated += _escalate(desk, case)
    with _alone(swept, case.case_id):
        reminders = remind_vendors(desk, case)
        swept.reminded += reminders.sent
        swept.unreminded += reminders.failed


def _turn(desk: Desk) -> int:
    return int(epoch(desk.clock.now()) // MINUTE)


def _age(ages: dict[Tier, float], case: Case, now: str) -> None:
    for state in case.open_exceptions:
        tier = Tier(state.opened.fact.tier)
        ages[tier] = max(ages[tier], seconds_between(state.opened.at, now))


def _resume(desk: Desk, case: Case, running: Collection[str]) -> bool:
    if not case.is_open or not case.executions:
        return False
    last = case.executions[-1].fact
    if last.name in running or desk.executions.alive(last.name):
        _wake_again(desk, case)
        _wake_for_wishes(desk, case)
        wake_for_legs(desk, case)
        return False
    number = last.number + 1

    def build(current: Case) -> Step | None:
        if not current.is_open or current.executions[-1].fact.number != last.number:
            return None
        step = Step()
        step.add(ExecutionStarted(execution_name(case.case_id, number), number, "resumed"), f"execution:{number}")
        return step

    resumed = desk.cases.extend(case, build)
    if resumed.executions[-1].fact.number != number:
        return False
    desk.executions.start(case.merchant, case.case_id, number)
    return True


def _wake_again(desk: Desk, case: Case) -> None:
    """A process may have died after it recorded an answer and before it ended the wait. Waking who is awake does nothing."""
    for door in desk.ledger.doors(case.merchant, case.case_id):
        if door.state == "used":
            desk.tasks.wake(door.token, {"door": door.purpose})


def _wake_for_wishes(desk: Desk, case: Case) -> None:
    """The process that took the wish in may have died before it told anybody, or somebody began to wait at that very moment. Where the order
    cannot be read, it is not tried for ever; a person's word that it can be read may find the machine waiting for something else."""
    word = case.case_human.at if case.case_human else ""
    since = max(case.requests[-1].at, word)
    if case.wishes_unread and seconds_between(since, desk.clock.now()) < WAKES_SECONDS:
        wake_for_wishes(desk, case)


def _escalate(desk: Desk, case: Case) -> int:
    overdue = [x.opened.fact.exception_id for x in case.open_exceptions if is_due(desk, case, x)]
    return sum(1 for exception in overdue if escalate_exception(desk, case.merchant, exception))
