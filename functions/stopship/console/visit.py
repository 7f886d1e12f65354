"""One request of a signed-in person, and whether it may do what it asks."""

import hmac
from collections.abc import Callable, Sequence

from stopship.application.context import Desk
from stopship.console import cookies
from stopship.console.asked import Asked
from stopship.console.office import Office
from stopship.domain.agent import Agent, Doing, demand, may
from stopship.domain.errors import NotAllowed, NotFound
from stopship.domain.session import Session
from stopship.frozen import frozen
from stopship.wiring.identity import Caller


class Forged(NotAllowed):
    """A form that no page of this session has shown."""


@frozen
class Visit:
    """``now`` is the moment of the request, in the ledger's form."""

    asked: Asked
    session: Session
    agent: Agent
    now: str
    office: Office

    @property
    def desk(self) -> Desk:
        return self.office.desk

    @property
    def theme(self) -> str:
        return cookies.theme(self.asked)

    @property
    def all_merchants(self) -> list[str]:
        return sorted(self.agent.merchants)

    @property
    def merchants(self) -> list[str]:
        """Those that are looked at: one, or all. A merchant that was taken from the person is looked at no more."""
        chosen = self.session.merchant
        return [chosen] if chosen in self.agent.merchants else self.all_merchants

    def may(self, doing: Doing, merchant: str = "") -> bool:
        """For one merchant, or for any of the person's."""
        places: Sequence[str] = [merchant] if merchant else self.all_merchants
        return any(may(self.agent, doing, place) is None for place in places)

    def demand(self, doing: Doing, merchant: str) -> None:
        """Raises NotFound for another's merchant, NotAllowed for want of a role."""
        demand(self.agent, doing, merchant)

    def merchant_of(self, has: Callable[[str], bool]) -> str:
        """The one that the address names, or the first of the person's that has what is looked for: a link from a message names none."""
        if self.asked.wanted("merchant"):
            return self.merchant()
        found = next((m for m in self.all_merchants if has(m)), None)
        if found is None:
            raise NotFound("what is looked for, at any of the person's merchants")
        return found

    def merchant(self) -> str:
        """The one that the address names. Raises NotFound: another's merchant is not there, and none is one too few."""
        wanted = self.asked.wanted("merchant") or self.asked.field("merchant")
        if not wanted and len(self.merchants) == 1:
            return self.merchants[0]
        if wanted not in self.agent.merchants:
            raise NotFound(f"merchant {wanted}")
        return wanted


def visit_of(asked: Asked, session: Session, office: Office) -> Visit:
    agent = Caller(session.subject, session.groups).agent
    return Visit(asked, session, agent, office.desk.clock.now(), office)


def check_own(visit: Visit) -> None:
    """Raises Forged: who changes something must come from one of this session's own pages."""
    if visit.asked.method == "POST" and not _own(visit.asked, visit.session):
        raise Forged("the form does not come from a page of this session; load the page again")


def _own(asked: Asked, session: Session) -> bool:
    told = asked.field("csrf") or asked.headers.get("x-csrf", "")
    return asked.from_own_page and hmac.compare_digest(told.encode(), session.csrf.encode())
