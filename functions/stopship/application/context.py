"""What a use case is given: the world, as ports."""

from collections.abc import Callable

from stopship.application.ports import (
    Clock,
    Evidence,
    Executions,
    Ledger,
    Mailer,
    Notices,
    Partners,
    Policies,
    Tasks,
    Timers,
    TrafficBook,
    WorkQueues,
)
from stopship.application.record import CaseBook
from stopship.domain.case import Case
from stopship.domain.exceptions import is_urgent
from stopship.domain.policy import Policy
from stopship.frozen import frozen


@frozen
class Desk:
    """``new_id`` draws an unguessable id; ``callback_url`` gives the public address of a callback id for a merchant, ``case_url``
    where a person looks at a case."""

    ledger: Ledger
    clock: Clock
    policies: Policies
    partners: Partners
    evidence: Evidence
    executions: Executions
    tasks: Tasks
    timers: Timers
    mailer: Mailer
    traffic: TrafficBook
    notices: Notices
    queues: WorkQueues
    new_id: Callable[[], str]
    callback_url: Callable[[str, str], str]
    case_url: Callable[[str, str], str]

    def partners_of(self, case: Case) -> Partners:
        """The merchant's connections, on the lane that the case's urgency gives it."""
        return self.partners.on_lane(urgent=is_urgent(case, self.policy_of(case)))

    @property
    def cases(self) -> CaseBook:
        return CaseBook(self.ledger, self.clock)

    def policy_of(self, case: Case) -> Policy:
        """The policy that the case pinned when it was opened, whatever has changed since."""
        return self.policies.pinned(case.merchant, case.policy_hash)
