"""The shape of a step's handler: ids in, where to go next out. Error class names travel to the state machine's Retry and Catch."""

from collections.abc import Callable, Mapping
from typing import Any

from stopship.adapters.aws import will_pass
from stopship.application.context import Desk
from stopship.application.next_step import Next
from stopship.domain.errors import PlatformUnavailable
from stopship.telemetry import about, logger
from stopship.wiring import desk

type Handler = Callable[[Mapping[str, Any], object], Next]


def step(run: Callable[[Desk, Mapping[str, Any]], Next]) -> Handler:
    """A Lambda handler for one use case. What AWS cannot do at the moment is raised under a name that the state machine tries again."""

    def handler(event: Mapping[str, Any], _context: object) -> Next:
        try:
            result = run(desk(), event)
        except Exception as error:
            if will_pass(error):
                raise PlatformUnavailable(type(error).__name__) from error
            raise
        logger().info("step done", extra={**about(event), "next": result.get("next", "")})
        return result

    return handler
