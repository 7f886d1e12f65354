"""Step 8: customer, timestamps, root cause, close."""

from stopship.application.close_loop import close_loop
from stopship.wiring.step import step

handler = step(lambda desk, e: close_loop(desk, e["merchant"], e["case_id"]))
