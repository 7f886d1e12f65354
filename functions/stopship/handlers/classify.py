"""Step 2: who wants it, and why."""

from stopship.application.classify_case import classify_case
from stopship.wiring.step import step

handler = step(lambda desk, e: classify_case(desk, e["merchant"], e["case_id"]))
