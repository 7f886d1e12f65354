"""The acknowledgement matrix: what each partner answers, which level that is, and what may happen next. One row for each way to answer."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from infra.local.sandboxes.inbox import Inbox
from stopship.domain.capabilities import CAPABILITIES, PickReading
from stopship.domain.order import AckLevel
from stopship.wiring.partners import WAREHOUSE_KINDS
from tests.contract import test_netsuite as ns
from tests.contract.matrix import (
    Stage,
    amazon,
    boxes,
    generic,
    netsuite,
    service,
    settings,
    shipbob,
    shiphero,
    shipstation,
    shopify,
    ups,
    vendor,
)
from tests.fakes.sandboxes_anew import sandboxes_anew

LADDER = (AckLevel.SENT, AckLevel.ACCEPTED, AckLevel.SYSTEM_CANCELLED, AckLevel.PHYSICALLY_STOPPED)
ASKED = "ask pick_state_unknown"


@dataclass(frozen=True)
class Row:
    """``expected``: the level, then the decisions, from the one before the answer to the one after the look behind it."""

    partner: str
    name: str
    play: Callable[[Stage], str]
    expected: str

    @property
    def level(self) -> str:
        return self.expected.partition(":")[0]

    @property
    def decisions(self) -> list[str]:
        return self.expected.partition(": ")[2].split(" > ")


ROWS = (
    # The desk's own contract: signed answers, at once or by callback.
    Row("generic_3pl", "not begun", generic(), "system_cancelled: stop > verify > settle stopped system_cancelled"),
    Row(
        "generic_3pl",
        "picked, and an operator pulls it",
        generic("picked", physical=True),
        "physically_stopped: stop_physically > settle stopped physically_stopped",
    ),
    Row(
        "generic_3pl",
        "picked, and only the system is asked",
        generic("picked"),
        "rejected: stop_physically > ask stop_rejected",
    ),
    Row("generic_3pl", "labelled", generic("labelled", physical=True), "rejected: stop_physically > ask stop_rejected"),
    Row(
        "generic_3pl",
        "goes on picking",
        generic(trap="false_ok"),
        "system_cancelled: stop > verify > ask stop_contradicted",
    ),
    Row("generic_3pl", "says nothing", generic(trap="silent"), "accepted: stop"),
    Row("generic_3pl", "does not know it", generic(known=False), f"rejected: {ASKED} > ask stop_rejected"),
    # A fulfillment service: the shop's request, and its answer there.
    Row(
        "fulfillment-service",
        "says yes, and reports its progress",
        service("accept", reports=True),
        "system_cancelled: stop > verify > settle stopped system_cancelled",
    ),
    Row(
        "fulfillment-service",
        "says yes, and never reports",
        service("accept"),
        "system_cancelled: stop > verify > ask stop_unproven",
    ),
    Row("fulfillment-service", "says no", service("reject"), "rejected: stop > ask stop_rejected"),
    Row("fulfillment-service", "says nothing", service(), "accepted: stop"),
    Row(
        "fulfillment-service",
        "never got it, and it is not held",
        service(request_status="UNSUBMITTED"),
        "rejected: stop > ask stop_rejected",
    ),
    Row("fulfillment-service", "has sent it", service(sent="in_transit"), "rejected: settle shipped departure"),
    # ShipHero: its own order, read back, is the answer.
    Row("shiphero", "not begun", shiphero(), "system_cancelled: stop > verify > settle stopped system_cancelled"),
    Row("shiphero", "in a tote", shiphero("pick"), "rejected: stop_physically > ask stop_rejected"),
    Row("shiphero", "labelled", shiphero("pick", "label"), "rejected: stop_physically > ask stop_rejected"),
    Row("shiphero", "picked up", shiphero("pick", "label", "pick-up"), "rejected: settle shipped departure"),
    Row(
        "shiphero",
        "picked meanwhile",
        shiphero(trap="slow", pick=True),
        "system_cancelled: stop > ask stop_contradicted",
    ),
    Row("shiphero", "cancelled, and not so when read", shiphero(trap="false_ok"), "accepted: stop"),
    Row("shiphero", "refused", shiphero(trap="rejected"), "rejected: stop > ask stop_rejected"),
    # ShipBob: one result for each shipment, read back.
    Row("shipbob", "not begun", shipbob(), "system_cancelled: stop > verify > settle stopped system_cancelled"),
    Row("shipbob", "picked", shipbob(boxes("picked")), "rejected: stop_physically > ask stop_rejected"),
    Row(
        "shipbob",
        "packed, and asked physically",
        shipbob(boxes("packed"), physical=True),
        "rejected: stop_physically > ask stop_rejected",
    ),
    Row(
        "shipbob",
        "labelled is no departure",
        shipbob(boxes("labelled")),
        "rejected: stop_physically > ask stop_rejected",
    ),
    Row("shipbob", "in transit", shipbob(boxes("in_transit")), "rejected: settle shipped departure"),
    Row("shipbob", "delivered", shipbob(boxes("delivered")), "rejected: settle shipped departure"),
    Row(
        "shipbob",
        "one of two boxes was picked",
        shipbob(lambda p: p.advance("picked", 1)),
        "system_cancelled: stop_physically > ask stop_partial",
    ),
    Row("shipbob", "refused", shipbob(lambda p: p.trap("cancel", "rejected")), "rejected: stop > ask stop_rejected"),
    Row(
        "shipbob",
        "a yes that the order does not repeat",
        shipbob(lambda p: p.trap("cancel", "silent")),
        "accepted: stop",
    ),
    Row("shipbob", "the work comes back", shipbob(lambda p: p.trap("cancel", "recreate")), "accepted: stop"),
    Row(
        "shipbob",
        "a yes that the shelf contradicts",
        shipbob(lambda p: p.trap("cancel", "false_ok", detail={"status": "Cancelled"})),
        "system_cancelled: stop > verify > ask stop_contradicted",
    ),
    Row(
        "shipbob",
        "a step that nobody knows",
        shipbob(lambda p: p.set(log_type=699)),
        f"system_cancelled: {ASKED} > verify > ask stop_unproven",
    ),
    # ShipStation V2: a label tool, and never a word about the shelf.
    Row(
        "shipstation",
        "cancelled, and read back",
        shipstation(),
        f"system_cancelled: {ASKED} > verify > ask stop_unproven",
    ),
    Row(
        "shipstation",
        "a label is bought, and voided",
        shipstation(lambda p: p.label()),
        f"system_cancelled: {ASKED} > verify > ask stop_unproven",
    ),
    Row(
        "shipstation",
        "cancelled before",
        shipstation(lambda p: p.set("cancelled")),
        f"system_cancelled: {ASKED} > verify > ask stop_unproven",
    ),
    Row(
        "shipstation",
        "only part of what is wanted is here",
        shipstation(pieces=5),
        f"system_cancelled: {ASKED} > ask stop_partial",
    ),
    Row(
        "shipstation",
        "refused",
        shipstation(lambda p: p.trap("cancel", "rejected")),
        f"rejected: {ASKED} > ask stop_rejected",
    ),
    Row(
        "shipstation",
        "not repeated when read",
        shipstation(lambda p: p.trap("cancel", "silent")),
        f"accepted: {ASKED} > stop",
    ),
    Row(
        "shipstation",
        "the work comes back",
        shipstation(lambda p: p.trap("cancel", "recreate")),
        f"accepted: {ASKED} > stop",
    ),
    Row(
        "shipstation",
        "a label cannot be voided",
        shipstation(lambda p: (p.label(), p.trap("void", "rejected"))[-1]),
        f"rejected: {ASKED} > ask stop_rejected",
    ),
    Row(
        "shipstation",
        "the carrier has scanned it",
        shipstation(lambda p: p.tell("scan", label=p.label())),
        f"rejected: {ASKED} > settle shipped departure",
    ),
    # A vendor by mail: sent proves nothing, a named person's word does.
    Row("email_vendor", "nobody answers", vendor(""), "sent: stop_physically"),
    Row(
        "email_vendor",
        "stopped",
        vendor("stopped"),
        "physically_stopped: stop_physically > settle stopped physically_stopped",
    ),
    Row("email_vendor", "too late", vendor("too_late"), "rejected: stop_physically > ask stop_rejected"),
    Row("email_vendor", "a carrier has it", vendor("carrier"), "rejected: stop_physically > settle shipped departure"),
    Row("email_vendor", "part of it", vendor("partly"), "physically_stopped: stop_physically > ask stop_partial"),
    # Shopify: what it says is about the shop, and the leg waits for its warehouse.
    Row("shopify", "by API service: held", shopify("hold", by_service=True), f"accepted: {ASKED}"),
    Row(
        "shopify",
        "by API service: the service accepts the cancellation",
        shopify("accepted", by_service=True),
        f"nothing listed: {ASKED}",
    ),
    Row("shopify", "merchant-managed: held", shopify("hold"), f"accepted: {ASKED}"),
    Row("shopify", "merchant-managed: hold refused", shopify("hold", trap="rejected"), f"rejected: {ASKED}"),
    Row("shopify", "merchant-managed: the order is cancelled", shopify("cancel"), f"done: {ASKED}"),
    # Amazon, seller-fulfilled: a feed, then the order itself; the shelf is the seller's own.
    Row("amazon", "no holds", amazon(hold=True), f"rejected no_holds: {ASKED}"),
    Row("amazon", "the feed is taken, then worked", amazon(), f"submitted, done: {ASKED}"),
    # UPS: what it says is about a parcel that has left, or a label that has not.
    Row("ups", "the label was never scanned, and is void", ups("void"), "voided: stop_physically"),
    Row("ups", "a return to the sender is asked for", ups("intercept"), "accepted: settle shipped departure"),
    Row("ups", "a return to the sender is refused", ups("intercept", "rejected"), "refused: settle shipped departure"),
    # NetSuite: closed lines say what was decided, not where the goods are.
    Row("netsuite", "lines closed", netsuite(), f"closed [1]: {ASKED}"),
)


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    signer = ns.LocalSigner()
    with Inbox() as inbox, sandboxes_anew() as sandboxes:
        sandboxes.configure(inbox.url, merchants={"acme": settings(inbox, signer)})
        yield Stage(sandboxes, inbox, signer)


@pytest.fixture(autouse=True)
def no_traps_left(stage: Stage) -> Iterator[None]:
    yield
    stage.sandboxes.clear_traps()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.partner}: {row.name}")
def test_what_it_answers_decides_what_may_happen_next(stage: Stage, row: Row) -> None:
    assert row.play(stage) == row.expected


def rows(partner: str) -> list[Row]:
    return [row for row in ROWS if row.partner == partner]


def test_every_partner_that_stops_anything_has_rows() -> None:
    stops = {name for name, row in CAPABILITIES.items() if row.proves is not AckLevel.SENT}
    assert {row.partner for row in ROWS} == stops
    assert stops >= WAREHOUSE_KINDS


@pytest.mark.parametrize("partner", sorted(WAREHOUSE_KINDS))
def test_a_warehouse_proves_as_much_as_the_table_says_and_no_more(partner: str) -> None:
    reached = [LADDER.index(AckLevel(row.level)) for row in rows(partner) if row.level != AckLevel.REJECTED]
    assert LADDER[max(reached)] is CAPABILITIES[partner].proves


@pytest.mark.parametrize("partner", sorted(WAREHOUSE_KINDS))
def test_every_warehouse_has_a_row_for_its_no(partner: str) -> None:
    assert any(row.level == AckLevel.REJECTED for row in rows(partner))


@pytest.mark.parametrize("partner", sorted(CAPABILITIES))
def test_where_no_pick_state_can_be_read_no_system_cancel_is_tried(partner: str) -> None:
    first = {row.decisions[0] for row in rows(partner)}
    if CAPABILITIES[partner].pick_state is PickReading.NONE:
        assert "stop" not in first
    elif partner in WAREHOUSE_KINDS:
        assert "stop" in first


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.partner}: {row.name}")
def test_nothing_ends_as_stopped_but_by_a_look_behind_the_answer_or_a_persons_word(row: Row) -> None:
    stopped = [d for d in row.decisions if d.startswith("settle stopped")]
    assert stopped in ([], ["settle stopped system_cancelled"], ["settle stopped physically_stopped"])
    if stopped == ["settle stopped system_cancelled"]:
        assert (row.level, row.decisions[-2]) == ("system_cancelled", "verify")
    if stopped == ["settle stopped physically_stopped"]:
        assert row.level == "physically_stopped"
