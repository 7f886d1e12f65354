"""How a row of the acknowledgement matrix is played: a real adapter against its partner's sandbox, and the decision on what it said.

A row ends as one line: the level of the answer, then what may happen next, before the answer, on it, and after the look behind it.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from infra.local.sandboxes.inbox import Inbox
from infra.local.sandboxes.process import Sandboxes
from infra.local.sandboxes.vendor.form import form_of
from stopship.adapters.clock import SystemClock
from stopship.adapters.email_vendor import answers, links, page
from stopship.adapters.email_vendor.request import Asked
from stopship.adapters.email_vendor.texts import texts
from stopship.adapters.email_vendor.warehouse import EmailVendorConnection, EmailVendorWarehouse
from stopship.adapters.generic_3pl.answers import parse_callback
from stopship.adapters.netsuite.connection import NetSuiteConnection
from stopship.adapters.netsuite.erp import NetSuiteErp
from stopship.adapters.shopify.connection import ShopifyConnection
from stopship.adapters.shopify.order_system import ShopifyOrderSystem
from stopship.application.execute_stop_ship import acknowledgement
from stopship.application.ports import CancelProgress, CancelState, StopCommand, Warehouse
from stopship.domain import events as e
from stopship.domain.order import PickObservation, StopAnswer
from stopship.domain.request import Reason
from tests.contract import test_amazon as az
from tests.contract import test_generic_3pl as g3
from tests.contract import test_netsuite as ns
from tests.contract import test_shipbob as sb
from tests.contract import test_shiphero as sh
from tests.contract import test_shipstation as ss
from tests.contract import test_shopify as sf
from tests.contract import test_shopify_service as fs
from tests.contract import test_ups as up
from tests.unit.domain.decision_table import LEG, Row, asked, at, decide, said, signal

SECRET = "links-1"


class StillClock:
    """The moment in which everything happens: after the wish, and before the facts are recorded."""

    def now(self) -> str:
        return at(5)


@dataclass(frozen=True)
class Stage:
    """All partners in one process, and an ear for what they send."""

    sandboxes: Sandboxes
    inbox: Inbox
    signer: ns.LocalSigner


def settings(inbox: Inbox, signer: ns.LocalSigner) -> dict[str, Any]:
    """What the sandboxes are told of the one merchant."""
    return {
        "shipbob": sb.SETTINGS,
        "shipstation": ss.SETTINGS,
        "shiphero": {"refresh_token": sh.REFRESH, "restored_a_second": 100_000},
        "warehouse": {g3.NAME: {"secrets": list(g3.SECRETS), "pull_seconds": 0.05}, "west": {"secrets": ["s"]}},
        "shopify": {
            "shop": "acme.myshopify.com",
            "access_token": sf.TOKEN,
            "webhook_secrets": ["whs"],
            "locations": sf.LOCATIONS,
        },
        "amazon": {**az.SECRETS, **az.QUICK, "seller_id": "A1SELLER"},
        "netsuite": {"client_id": "client-1", "certificates": {"cert-1": signer.public()}, "concurrency": 5},
    }


# ---------------------------------------------------------------------------------------------- what is said, and what follows


def line(level: str, *decisions: str) -> str:
    """As a row expects it. A decision that stays is said once."""
    kept = [d for i, d in enumerate(decisions) if not i or d != decisions[i - 1]]
    return f"{level}: {' > '.join(kept)}"


def decided(partner: str, *facts: e.Event) -> str:
    return said(decide(Row("", facts, "", (), partner=partner)))


def seen(read: PickObservation, moment: str) -> e.Event:
    """A look at that moment, whatever the clock of this machine says."""
    return e.PickStateObserved(LEG, read.state, read.source, moment, read.actor, read.departed_at)


def told(answer: StopAnswer) -> e.Event:
    return acknowledgement(LEG, 1, answer, late=False)


def stop(
    partner: str, warehouse: Warehouse, command: StopCommand, later: Callable[[], StopAnswer] | None = None
) -> str:
    """A look, the stop, its answer (``later`` where it comes to the callback), and another look."""
    facts: list[e.Event] = [seen(warehouse.read_pick_state(command.order_ref, command.leg_id), at(5))]
    before = decided(partner, *facts)
    answer = warehouse.stop_ship(command)
    facts.append(asked(physical=command.physical))
    final = later() if later else answer
    if final.level not in ("sent", "accepted"):
        facts.append(told(final))
    on_it = decided(partner, *facts)
    facts.append(seen(warehouse.read_pick_state(command.order_ref, command.leg_id), at(10 + 10 * len(facts))))
    return line(final.level, before, on_it, decided(partner, *facts))


# ---------------------------------------------------------------------------------------------- warehouses


def generic(
    state: str = "released", *, physical: bool = False, trap: str = "", known: bool = True
) -> Callable[[Stage], str]:
    def play(stage: Stage) -> str:
        ref, warehouse = f"#{next(g3._numbers)}", g3.make(stage.sandboxes)
        if known:
            g3.import_order(stage.sandboxes, ref, state)
        if trap:
            stage.sandboxes.trap(ref, "stop_ship", trap)  # type: ignore[arg-type]
        later = (lambda: _callback(stage, ref)) if physical and state == "picked" else None
        return stop("generic_3pl", warehouse, g3.command(ref, stage.inbox, physical=physical), later)

    return play


def _callback(stage: Stage, ref: str) -> StopAnswer:
    said = json.loads(g3.await_callback(stage.inbox, ref).body)
    return parse_callback(g3.NAME, said, g3.LINES, g3.command(ref, stage.inbox).key)


def shiphero(*steps: str, physical: bool = False, trap: str = "", **detail: Any) -> Callable[[Stage], str]:
    def play(stage: Stage) -> str:
        endpoint = f"{stage.sandboxes.endpoint}/shiphero/{sh.MERCHANT}"
        connection = sh.ShipHeroConnection(sh.MERCHANT, sh.NAME, endpoint, sh.REFRESH)
        placed = sh.Placed(stage.sandboxes)
        for step in steps:
            placed.tell(step)
        if trap:
            placed.trap("cancel", trap, detail=detail)
        return stop("shiphero", sh.ShipHeroWarehouse(connection, StillClock()), placed.command(physical=physical))

    return play


def shipbob(trouble: Callable[[sb.Placed], None] = lambda _: None, *, physical: bool = False) -> Callable[[Stage], str]:
    def play(stage: Stage) -> str:
        placed = sb.Placed(stage.sandboxes)
        trouble(placed)
        bob = sb.connect(sb.MERCHANT, sb.NAME, sb.config(stage.sandboxes), StillClock())
        return stop("shipbob", bob, placed.stop(physical=physical))

    return play


def boxes(to: str) -> Callable[[sb.Placed], None]:
    """Both boxes are so far."""

    def trouble(placed: sb.Placed) -> None:
        for which in (0, 1):
            placed.advance(to, which)

    return trouble


def shipstation(trouble: Callable[[ss.Placed], None] = lambda _: None, pieces: int = 2) -> Callable[[Stage], str]:
    def play(stage: Stage) -> str:
        placed = ss.Placed(stage.sandboxes, [{"line-1": 2}])
        trouble(placed)
        station = ss.connect(ss.MERCHANT, ss.NAME, ss.config(stage.sandboxes), StillClock())
        return stop("shipstation", station, placed.stop(line_1=pieces))

    return play


def service(answers: str = "", *, reports: bool = False, sent: str = "", **work: Any) -> Callable[[Stage], str]:
    """``answers`` is what the service says to a request; ``sent`` is the carrier's word where the goods have left it."""

    def play(stage: Stage) -> str:
        placed = fs.Placed(stage.sandboxes, answers, reports=reports, **{"request_status": "ACCEPTED", **work})
        if sent:
            placed.tell("fulfill", shipment_status=sent)

        def later() -> StopAnswer:
            if answers:
                placed.answered()
            return placed.warehouse.stop_ship(placed.stop())

        return stop("fulfillment-service", placed.warehouse, placed.stop(), later)

    return play


class Posted:
    """Takes mail, and keeps it."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def send(
        self,
        sender: str,
        to: str,
        subject: str,
        text: str,
        tags: Mapping[str, str],
        headers: Mapping[str, str] | None = None,
    ) -> str:
        self.texts.append(text)
        return f"mail-{len(self.texts)}"


def vendor(habit: str) -> Callable[[Stage], str]:
    """A vendor's person fills in the page's own form; "" for nobody."""

    def play(_: Stage) -> str:
        post = Posted()
        connection = EmailVendorConnection("acme", "atelier", "stock@atelier.example", "desk@example.com", [SECRET])
        asked_for = Asked("#1001", {"L1": 2}, {}, at(900))
        command = StopCommand(
            "case-1", "1001", "fo-1", asked_for.lines, True, at(900), "https://desk.example/acknowledgments/door", "k"
        )
        later = (lambda: _filled_in(post.texts[0], asked_for, habit)) if habit else None
        return stop("email_vendor", EmailVendorWarehouse(connection, post, StillClock()), command, later)

    return play


def _filled_in(mail: str, asked_for: Asked, habit: str) -> StopAnswer:
    wanted = "too_late" if habit == "carrier" else habit
    token = next(x for x in mail.split() if f".{wanted}." in x).rpartition("/")[2]
    link = links.read(token)
    links.prove(link, "acme", [SECRET])
    html = page.form("en", texts("en"), asked_for, link.answer)
    body = urlencode(form_of("", html).filled_in(habit, keeps=1)).encode()
    return answers.stop_answer("atelier", answers.read_form(link.answer, asked_for, body), at(20), "0" * 64)


# ---------------------------------------------------------------------------------------------- order systems and the ERP


def shopify(act: str, *, by_service: bool = False, trap: str = "") -> Callable[[Stage], str]:
    """What the shop answers about a leg whose warehouse has not been read."""

    def play(stage: Stage) -> str:
        endpoint = f"{stage.sandboxes.endpoint}/shopify/{sf.MERCHANT}"
        connection = ShopifyConnection(sf.MERCHANT, "acme.myshopify.com", endpoint, sf.TOKEN, sf.LOCATIONS)
        shop = ShopifyOrderSystem(connection, pause=lambda _: None)
        placed = _in_shop(stage.sandboxes, by_service=by_service)
        if trap:
            placed.trap("hold", trap)
        if act == "hold":
            held = shop.place_hold(placed.ref, sf.leg_of(shop, placed), f"case-{placed.ref}:{placed.leg}:hold")
            fact = e.HoldAnswered(LEG, "shopify", held.level, held.reference, held.reason)
            return line(held.level, decided("shopify", fact))
        if act == "accepted":
            placed.tell("cancellation-request", step="submitted", message="please")
            placed.tell("cancellation-request", step="accepted")
            left = sf.read(shop, placed).legs
            return line("nothing listed" if not left else "listed", decided("shopify"))
        progress = sf.cancel(shop, placed.full())
        return line(progress.state, decided("shopify", _cancelled("shopify", progress)))

    return play


def _in_shop(sandboxes: Sandboxes, *, by_service: bool) -> sf.Placed:
    mug, leg = str(next(sf._numbers)), str(next(sf._numbers))
    rows = [{"id": mug, "sku": "MUG", "quantity": 1, "price": "9.00"}]
    work = {"id": leg, "warehouse": "east", "lines": {mug: 1}, "by_service": by_service}
    return sf.Placed(sandboxes, lines=rows, legs=[work])


def _cancelled(system: str, progress: CancelProgress) -> e.Event:
    if progress.state is CancelState.REFUSED:
        return e.OrderCancelRefused(system, progress.code, progress.message, 1)
    return e.OrderCancelled(system, "full", {"L1": 1}, progress.reference, progress.by_us)


def amazon(*, trap: str = "", hold: bool = False, **detail: Any) -> Callable[[Stage], str]:
    def play(stage: Stage) -> str:
        endpoint = f"{stage.sandboxes.endpoint}/amazon/{az.MERCHANT}"
        connection = az.AmazonConnection(
            az.MERCHANT, endpoint, "A1SELLER", ("ATVPDKIKX0DER",), **az.SECRETS, warehouse="east"
        )
        seller, placed = az.AmazonOrderSystem(connection, SystemClock()), az.Placed(stage.sandboxes)
        if hold:
            held = seller.place_hold(placed.ref, az.read(seller, placed).legs[0], "k")
            fact = e.HoldAnswered(LEG, "amazon", held.level, held.reference, held.reason)
            return line(f"{held.level} {held.reason}", decided("amazon", fact))
        if trap:
            placed.trap("cancel", trap, detail=detail)
        taken = seller.cancel(placed.whole())
        submitted = decided("amazon", e.OrderCancelSubmitted("amazon", taken.reference, 1))
        done = az.confirm(seller, placed.whole(), taken.reference)
        return line(f"{taken.state}, {done.state}", submitted, decided("amazon", _cancelled("amazon", done)))

    return play


def ups(act: str, trap: str = "") -> Callable[[Stage], str]:
    """A parcel that has left, or that a system says has left: its carrier is asked, and its answer is about the parcel."""

    def play(stage: Stage) -> str:
        carrier = up.connect(up.MERCHANT, up.config(stage.sandboxes), SystemClock())
        parcel = up.Sent(stage.sandboxes, *(() if act == "void" else ("P", "I")))
        if trap:
            parcel.trap("return", trap)
        if act == "void":
            voided = carrier.void(parcel.number)
            facts: list[e.Event] = [e.LabelVoidRequested(LEG, "ups", "sha")]
            facts.append(e.LabelVoidAnswered(LEG, "ups", "sha", voided.state, voided.code))
            return line(voided.state, decided("generic_3pl", signal(departed=False), *facts))
        taken = carrier.intercept(parcel.number, Reason.CUSTOMER_REQUEST)
        level = "accepted" if taken.accepted else "refused"
        requested = e.InterceptRequested(LEG, "ups", "sha", "18.50", "EUR", "policy")
        answered = e.InterceptAnswered(LEG, "ups", "sha", level, taken.code)
        return line(level, decided("generic_3pl", signal(departed=True), requested, answered))

    return play


def netsuite() -> Callable[[Stage], str]:
    def play(stage: Stage) -> str:
        connection = NetSuiteConnection(
            ns.MERCHANT, stage.sandboxes.netsuite_endpoint(ns.MERCHANT), "client-1", "cert-1"
        )
        erp, ref = NetSuiteErp(connection, stage.signer, SystemClock()), f"M{next(ns._numbers)}"
        ns.create(stage.sandboxes, ref)
        after = erp.update(ns.read(erp, ref), ns.update(close=(1,)))
        closed = [x.line for x in after.lines if x.closed]
        return line(f"closed {closed}", decided("netsuite", e.ErpUpdated("netsuite", after.record_id, closed, {})))

    return play
