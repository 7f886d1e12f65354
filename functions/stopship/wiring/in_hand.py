"""A message that a worker has in hand already: its evidence is kept, and there is nothing to queue."""

from typing import Any

from stopship.telemetry import logger


class InHand:
    def send(self, message: dict[str, Any]) -> None:
        logger().debug("taken from the bus", extra={"source": message["source"]})
