"""ShipStation's row of the acknowledgement matrix: a cancel in a label tool, and never a word about the shelf."""

from collections.abc import Callable, Iterator

import pytest

from infra.local.sandboxes.process import Sandboxes
from stopship.adapters.shipstation.warehouse import ShipStationWarehouse, connect
from stopship.domain.order import AckLevel
from tests.contract.test_shipstation import MERCHANT, NAME, SETTINGS, Placed, config
from tests.contract.verdict import StillClock, after_the_stop, before_the_stop


@pytest.fixture(scope="module")
def sandboxes() -> Iterator[Sandboxes]:
    with Sandboxes.start() as running:
        running.configure(merchants={MERCHANT: {"shipstation": SETTINGS}})
        yield running


@pytest.fixture
def station(sandboxes: Sandboxes) -> ShipStationWarehouse:
    return connect(MERCHANT, NAME, config(sandboxes), StillClock())


@pytest.fixture
def one(sandboxes: Sandboxes) -> Placed:
    return Placed(sandboxes, [{"line-1": 2}])


@pytest.mark.parametrize("status", ["pending", "processing", "label_purchased", "cancelled"])
def test_whatever_the_status_a_person_is_asked_for_the_pick_state(
    station: ShipStationWarehouse, one: Placed, status: str
) -> None:
    one.set(status)
    assert before_the_stop(station.read_pick_state(one.ref, "fo-1")) == "ask pick_state_unknown"


def test_a_cancel_that_reads_back_is_no_proof_because_nobody_can_show_that_nothing_was_picked(
    station: ShipStationWarehouse, one: Placed
) -> None:
    answer, then, after = after_the_stop(station, one.stop(line_1=2))
    assert (answer.level, then, after) == (AckLevel.SYSTEM_CANCELLED, "verify", "ask stop_unproven")
    assert one.effects() == ["cancel"]


def label_and(act: Callable[[Placed, str], None]) -> Callable[[Placed], None]:
    return lambda placed: act(placed, placed.label())


@pytest.mark.parametrize(
    ("trouble", "level", "decision"),
    [
        (label_and(lambda p, _: p.trap("void", "rejected")), AckLevel.REJECTED, "ask stop_rejected"),
        (lambda p: p.trap("cancel", "rejected"), AckLevel.REJECTED, "ask stop_rejected"),
        (lambda p: p.trap("cancel", "silent"), AckLevel.ACCEPTED, "stop"),
        (lambda p: p.trap("cancel", "recreate"), AckLevel.ACCEPTED, "stop"),
        (
            label_and(lambda p, label: p.tell("scan", label=label)),
            AckLevel.REJECTED,
            "settle shipped departure",
        ),
    ],
    ids=["void refused", "cancel refused", "not repeated", "comes back", "the carrier has it"],
)
def test_no_other_answer_ends_the_leg_as_stopped(
    station: ShipStationWarehouse, one: Placed, trouble: Callable[[Placed], None], level: AckLevel, decision: str
) -> None:
    trouble(one)
    answer, decided, decided_after = after_the_stop(station, one.stop(line_1=2))
    assert (answer.level, decided, decided_after) == (level, decision, decision)


def test_a_part_that_was_stopped_is_named_and_a_person_decides(station: ShipStationWarehouse, one: Placed) -> None:
    answer, then, after = after_the_stop(station, one.stop(line_1=5))
    assert (dict(answer.stopped_lines), then, after) == ({"line-1": 2}, "ask stop_partial", "ask stop_partial")
