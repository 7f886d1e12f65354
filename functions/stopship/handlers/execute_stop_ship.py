"""Step 5, per leg: send the stop; the state machine waits on the task token."""

from stopship.application.execute_stop_ship import execute_stop_ship
from stopship.wiring.step import step

handler = step(lambda desk, e: execute_stop_ship(desk, e["merchant"], e["case_id"], e["leg_id"], e["token"]))
