"""Opens the exception and leaves the state machine waiting for a person or for evidence."""

from stopship.application.raise_exception import raise_exception
from stopship.wiring.step import step

handler = step(
    lambda desk, e: raise_exception(
        desk,
        e["merchant"],
        e["case_id"],
        leg_id=e["leg_id"],
        step=e["step"],
        cause=e["cause"],
        error=e["error"],
        detail=e["detail"],
        token=e["token"],
    )
)
