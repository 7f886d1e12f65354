"""Step 7: money, after proof, once."""

from stopship.application.take_payment_action import take_payment_action
from stopship.wiring.step import step

handler = step(lambda desk, e: take_payment_action(desk, e["merchant"], e["case_id"]))
