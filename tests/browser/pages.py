"""The console's pages, each as its address on the prepared desk: what holds for every page is asked of all of these."""

from collections.abc import Callable, Mapping

from tests.fakes.world import MERCHANT, World

type Address = Callable[[World], str]


def _exception(number: str, more: str = "") -> Address:
    def address(world: World) -> str:
        item = next(x for x in world.exceptions if x.order_ref == number)
        return f"/console/exceptions/{item.exception_id}?merchant={MERCHANT}{more}"

    return address


def _case(number: str, rest: str = "") -> Address:
    return lambda world: f"/console/cases/{world.case_of(number).case_id}{rest}?merchant={MERCHANT}"


PAGES: Mapping[str, Address] = {
    "queue": lambda _: "/console",
    "queue-empty": lambda _: "/console?tier=P3",
    "exception": _exception("1003"),
    "answer": _exception("1003", "&answer=they_stopped_it"),
    "answer-address": _exception("1003", "&answer=address_fixed"),
    "answer-put-off": _exception("1002", "&answer=snooze"),
    "case-open": _case("1001"),
    "case-closed": _case("1005"),
    "cases": lambda _: "/console/cases",
    "search": lambda _: "/console/search",
    "search-empty": lambda _: "/console/search?q=nobody@example.com",
    "new-cancel": lambda _: "/console/new",
    "new-list": lambda _: "/console/new/list",
    "wall": lambda _: "/console/wall",
    "today": lambda _: "/console/kpi/today",
    "figures": lambda _: "/console/kpi?week=2026-W10",
    "figure": lambda _: "/console/kpi/stop_success_rate?week=2026-W10",
    "figure-money": lambda _: "/console/kpi/leakage?week=2026-W10&by=leak",
    "figure-cases": lambda _: "/console/kpi/cases_received/cases?week=2026-W10",
    "not-found": lambda _: "/console/nothing",
    "refused": lambda _: "/console?tier=P9",
}
"""By the name that its picture gets. Pages that a form leads to are in the stories."""
