"""Step 4, per leg: the decision."""

from stopship.application.apply_stop_ship_rule import apply_stop_ship_rule
from stopship.wiring.step import step

handler = step(lambda desk, e: apply_stop_ship_rule(desk, e["merchant"], e["case_id"], e["leg_id"]))
