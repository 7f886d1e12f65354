"""Step 3, per leg: the warehouse's own word."""

from stopship.application.check_fulfillment_state import check_fulfillment_state
from stopship.wiring.step import step

handler = step(lambda desk, e: check_fulfillment_state(desk, e["merchant"], e["case_id"], e["leg_id"]))
