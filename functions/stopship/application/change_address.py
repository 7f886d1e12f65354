"""The address that a person has given is written where the order lives, before the goods are let go to it."""

from stopship.application.context import Desk
from stopship.application.kept_address import kept_address
from stopship.application.next_step import person_was_asked
from stopship.application.record import Step
from stopship.domain.case import At, Case
from stopship.domain.events import AddressChanged, AddressChangeRequested, Event, ExceptionResolved
from stopship.domain.ids import action_key
from stopship.domain.resolution import Resolution


def change_address(desk: Desk, case: Case, step: str) -> Case:
    """Safe to repeat: what is written is on record, and the order system is read before it is told again. Where a person says after a refusal
    that it was done by hand, nothing is written. ``step`` is the one that an exception of this would name."""
    wanted = _wanted(case)
    if wanted is None:
        return case
    name, digest = wanted.fact.exception_id, wanted.fact.address_sha256
    asked = AddressChangeRequested(name, case.channel, digest)
    key = action_key(case.case_id, "", "address", name)
    case = desk.cases.extend(case, lambda _: _one(asked, key))
    by_us = not person_was_asked(case, step, case.address_requested[name].version, (Resolution.DONE_BY_HAND,))
    if by_us:
        address = kept_address(desk, case.merchant, name, digest)
        system = desk.partners_of(case).order_system(case.merchant, case.channel)
        system.change_address(case.order_ref, address, key)
    changed = AddressChanged(name, case.channel, digest, by_us)
    return desk.cases.extend(case, lambda _: _one(changed, f"{key}:changed"))


def _wanted(case: Case) -> At[ExceptionResolved] | None:
    """The newest address that a person's answer for a leg brought, if it is not written yet."""
    said = [leg.human for leg in case.legs.values() if leg.human and leg.human.fact.address_sha256]
    newest = max(said, key=lambda x: x.version, default=None)
    return None if newest is None or newest.fact.exception_id in case.address_changed else newest


def _one(fact: Event, key: str) -> Step:
    step = Step()
    step.add(fact, key)
    return step
