"""After proof: cancel where the order lives."""

from stopship.application.cancel_in_order_system import cancel_in_order_system
from stopship.wiring.step import step

handler = step(lambda desk, e: cancel_in_order_system(desk, e["merchant"], e["case_id"]))
