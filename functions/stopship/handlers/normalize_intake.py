"""Step 1 of the state machine: hold, read the order, plan the legs."""

from stopship.application.normalize_intake import normalize_intake
from stopship.wiring.step import step

handler = step(lambda desk, e: normalize_intake(desk, e["merchant"], e["case_id"]))
