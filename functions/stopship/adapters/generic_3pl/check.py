"""Whether a warehouse behind the desk's own contract is connected: signatures both ways of judging them, and its clock. Reads only."""

from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urlsplit

import httpx
from pydantic import ValidationError

from stopship.adapters import http
from stopship.adapters.checking import found
from stopship.adapters.generic_3pl.answers import place_and_problem
from stopship.adapters.generic_3pl.contract import PickStates
from stopship.adapters.generic_3pl.signature import HEADER, TOLERANCE_SECONDS, sign
from stopship.adapters.generic_3pl.warehouse import Generic3plConnection
from stopship.application.ports import Clock
from stopship.domain.errors import PartnerContractBroken
from stopship.domain.finding import Finding, good, unknown, wrong
from stopship.domain.instant import parse

NOBODYS_ORDER: Final = "stopship-connect-check"
NOBODYS_SECRET: Final = "no secret of ours"  # noqa: S105 - the warehouse must refuse it
LEAST_SECRET: Final = 32
SHARE: Final = "agree on the secrets again: warehouses.<name>.secrets here, the same at the warehouse"


def check(connection: Generic3plConnection, clock: Clock) -> list[Finding]:
    answer = found("signature", SHARE, lambda: _ask(connection, clock, connection.secrets[0]))
    if isinstance(answer, Finding):
        return [answer]
    return [
        good("signature", "what we sign is accepted"),
        _shape(connection, answer),
        _refuses_strangers(connection, clock),
        _clock(answer, clock),
        _secrets(connection),
    ]


def _ask(connection: Generic3plConnection, clock: Clock, secret: str) -> httpx.Response:
    """How far an order is that nobody has."""
    url = f"{connection.endpoint.rstrip('/')}/orders/{NOBODYS_ORDER}/pick-state"
    signature = sign(urlsplit(url).path.encode(), [secret], clock.now())
    answer = http.call(connection.name, "GET", url, headers={HEADER: signature, "Accept": "application/json"})
    if answer.is_client_error:
        raise http.refuse(connection.name, answer, f"status_{answer.status_code}", "the warehouse refused the call")
    if not answer.is_success:
        raise PartnerContractBroken(connection.name, "an unexpected status", {"status": answer.status_code})
    return answer


def _shape(connection: Generic3plConnection, answer: httpx.Response) -> Finding:
    fix = 'answer an unknown order with {"legs": []}'
    try:
        states = PickStates.model_validate(http.json_object(connection.name, answer))
    except (ValidationError, PartnerContractBroken) as error:
        says = ": ".join(place_and_problem(error)) if isinstance(error, ValidationError) else str(error)
        return wrong("pick state", says, fix)
    if states.legs:
        return wrong("pick state", "an order that nobody has is said to have work", fix)
    return good("pick state", "is answered in the contract's form")


def _refuses_strangers(connection: Generic3plConnection, clock: Clock) -> Finding:
    """A warehouse that takes any signature would take a stop, and a release, from anybody."""
    answer = found("strangers", "", lambda: _ask(connection, clock, NOBODYS_SECRET))
    if not isinstance(answer, Finding):
        return wrong(
            "strangers", "a call signed with another secret was accepted", "let the warehouse verify signatures"
        )
    if "status_401" in answer.says or "status_403" in answer.says:
        return good("strangers", "a call signed with another secret is refused")
    return unknown("strangers", answer.says, "a call signed with another secret should be answered 401")


def _clock(answer: httpx.Response, clock: Clock) -> Finding:
    """By its Date header, which counts in whole seconds."""
    told = answer.headers.get("Date", "")
    try:
        skew = abs((parsedate_to_datetime(told) - parse(clock.now())).total_seconds())
    except (TypeError, ValueError):
        return unknown(
            "clock", "its answers carry no Date", "let the warehouse send Date, or compare its clock by hand"
        )
    if skew > TOLERANCE_SECONDS / 2:
        fix = f"let the warehouse keep time (NTP): beyond {TOLERANCE_SECONDS} s its messages are refused"
        return wrong("clock", f"it is {skew:.0f} s off", fix)
    return good("clock", f"it is {skew:.0f} s off")


def _secrets(connection: Generic3plConnection) -> Finding:
    if min(len(secret) for secret in connection.secrets) < LEAST_SECRET:
        return wrong("secrets", f"one is shorter than {LEAST_SECRET} characters", SHARE)
    return good("secrets", f"{len(connection.secrets)} of at least {LEAST_SECRET} characters")
