"""Leaves the state machine waiting until a partner is through with what was submitted to it, or until it is time to look."""

from stopship.application.await_submission import await_submission
from stopship.wiring.step import step

handler = step(lambda desk, e: await_submission(desk, e["merchant"], e["case_id"], e["reference"], e["token"]))
