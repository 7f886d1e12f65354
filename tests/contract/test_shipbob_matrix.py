"""ShipBob's row of the acknowledgement matrix: what it answers, what that is worth, and what may happen next."""

from collections.abc import Callable, Iterator

import pytest

from infra.local.sandboxes.process import Sandboxes
from stopship.adapters.shipbob.warehouse import ShipBobWarehouse, connect
from stopship.domain.order import AckLevel
from tests.contract.test_shipbob import MERCHANT, NAME, SETTINGS, Placed, config
from tests.contract.verdict import StillClock, after_the_stop, before_the_stop

SETTLED = "settle stopped system_cancelled"


@pytest.fixture(scope="module")
def sandboxes() -> Iterator[Sandboxes]:
    with Sandboxes.start() as running:
        running.configure(merchants={MERCHANT: {"shipbob": SETTINGS}})
        yield running


@pytest.fixture
def bob(sandboxes: Sandboxes) -> ShipBobWarehouse:
    return connect(MERCHANT, NAME, config(sandboxes), StillClock())


@pytest.fixture
def placed(sandboxes: Sandboxes) -> Placed:
    return Placed(sandboxes)


@pytest.mark.parametrize(
    ("to", "next_step"),
    [
        ("", "stop"),
        ("picked", "stop_physically"),
        ("packed", "stop_physically"),
        ("labelled", "stop_physically"),
        ("in_transit", "settle shipped departure"),
        ("delivered", "settle shipped departure"),
    ],
)
def test_what_the_timeline_shows_decides_what_is_tried(
    bob: ShipBobWarehouse, placed: Placed, to: str, next_step: str
) -> None:
    for which in (0, 1) if to else ():
        placed.advance(to, which)
    assert before_the_stop(bob.read_pick_state(placed.ref, "fo-1")) == next_step


def test_success_for_every_shipment_is_proof_only_with_a_reading_after_it(
    bob: ShipBobWarehouse, placed: Placed
) -> None:
    answer, then, after = after_the_stop(bob, placed.stop())
    assert (answer.level, then, after) == (AckLevel.SYSTEM_CANCELLED, "verify", SETTLED)


@pytest.mark.parametrize(
    ("trouble", "level", "then", "after"),
    [
        # Partial success: one box was picked.
        (lambda p: p.advance("picked", 1), AckLevel.SYSTEM_CANCELLED, "ask stop_partial", "ask stop_partial"),
        # Failure for all.
        (lambda p: p.trap("cancel", "rejected"), AckLevel.REJECTED, "ask stop_rejected", "ask stop_rejected"),
        # A yes that the order does not repeat is waited on like any other that was only taken.
        (lambda p: p.trap("cancel", "silent"), AckLevel.ACCEPTED, "stop", "stop"),
        (lambda p: p.trap("cancel", "recreate"), AckLevel.ACCEPTED, "stop", "stop"),
        # A yes that the order repeats, and that the shelf contradicts.
        (
            lambda p: p.trap("cancel", "false_ok", detail={"status": "Cancelled"}),
            AckLevel.SYSTEM_CANCELLED,
            "verify",
            "ask stop_contradicted",
        ),
        # A step that nobody knows.
        (lambda p: p.set(log_type=699), AckLevel.SYSTEM_CANCELLED, "verify", "ask stop_unproven"),
    ],
    ids=["partial", "refused", "not repeated", "comes back", "contradicted", "unknown step"],
)
def test_no_other_answer_ends_the_leg(
    bob: ShipBobWarehouse,
    placed: Placed,
    trouble: Callable[[Placed], None],
    level: AckLevel,
    then: str,
    after: str,
) -> None:
    trouble(placed)
    answer, decided, decided_after = after_the_stop(bob, placed.stop())
    assert (answer.level, decided, decided_after) == (level, then, after)


def test_goods_that_are_packed_are_not_stopped_by_asking_for_it_physically(
    bob: ShipBobWarehouse, placed: Placed
) -> None:
    for which in (0, 1):
        placed.advance("packed", which)
    answer, then, _ = after_the_stop(bob, placed.stop(physical=True))
    assert (answer.level, then) == (AckLevel.REJECTED, "ask stop_rejected")
    assert placed.effects() == []
