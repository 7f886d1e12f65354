"""The state machine's functions by handler module, as the use cases behind them."""

from collections.abc import Callable, Mapping
from typing import Any

from stopship.application.apply_stop_ship_rule import apply_stop_ship_rule
from stopship.application.await_submission import await_submission
from stopship.application.cancel_in_order_system import cancel_in_order_system
from stopship.application.check_fulfillment_state import check_fulfillment_state
from stopship.application.classify_case import classify_case
from stopship.application.close_loop import close_loop
from stopship.application.context import Desk
from stopship.application.execute_stop_ship import execute_stop_ship
from stopship.application.next_step import Next
from stopship.application.normalize_intake import normalize_intake
from stopship.application.raise_exception import raise_exception
from stopship.application.take_payment_action import take_payment_action
from stopship.application.update_netsuite import update_netsuite
from stopship.application.verify_acknowledgment import verify_acknowledgment

type Payload = Mapping[str, Any]


def _of_case(run: Callable[[Desk, str, str], Next]) -> Callable[[Desk, Payload], Next]:
    return lambda desk, e: run(desk, e["merchant"], e["case_id"])


def _of_leg(run: Callable[[Desk, str, str, str], Next]) -> Callable[[Desk, Payload], Next]:
    return lambda desk, e: run(desk, e["merchant"], e["case_id"], e["leg_id"])


STEPS: Mapping[str, Callable[[Desk, Payload], Next]] = {
    "normalize_intake": _of_case(normalize_intake),
    "classify": _of_case(classify_case),
    "check_fulfillment_state": _of_leg(check_fulfillment_state),
    "apply_stop_ship_rule": _of_leg(apply_stop_ship_rule),
    "execute_stop_ship": lambda desk, e: execute_stop_ship(desk, e["merchant"], e["case_id"], e["leg_id"], e["token"]),
    "verify_acknowledgment": _of_leg(verify_acknowledgment),
    "raise_exception": lambda desk, e: raise_exception(
        desk,
        e["merchant"],
        e["case_id"],
        leg_id=e["leg_id"],
        step=e["step"],
        cause=e["cause"],
        error=e["error"],
        detail=e["detail"],
        token=e["token"],
    ),
    "cancel_in_order_system": _of_case(cancel_in_order_system),
    "await_submission": lambda desk, e: await_submission(desk, e["merchant"], e["case_id"], e["reference"], e["token"]),
    "update_netsuite": _of_case(update_netsuite),
    "take_payment_action": _of_case(take_payment_action),
    "close_loop": _of_case(close_loop),
}
