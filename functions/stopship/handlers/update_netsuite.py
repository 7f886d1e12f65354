"""Step 6: the ERP."""

from stopship.application.update_netsuite import update_netsuite
from stopship.wiring.step import step

handler = step(lambda desk, e: update_netsuite(desk, e["merchant"], e["case_id"]))
