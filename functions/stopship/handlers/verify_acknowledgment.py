"""Step 5, per leg, after the wait: silence, re-reading, decision."""

from stopship.application.verify_acknowledgment import verify_acknowledgment
from stopship.wiring.step import step

handler = step(lambda desk, e: verify_acknowledgment(desk, e["merchant"], e["case_id"], e["leg_id"]))
