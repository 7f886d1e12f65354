"""Transport trouble: the traps that every partner's operations share."""

import asyncio
from collections.abc import Callable

from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from infra.local.sandboxes.traps import Trap


class Dropped(Response):
    """Promises a body and closes the connection instead: the caller cannot know what became of its call."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1000000")]})


async def transmit(trap: Trap | None, act: Callable[[], Response]) -> Response:
    """Runs ``act`` (the effect and its answer) with the trap's transport trouble around it.

    ``http_429``, ``http_500`` and ``reset`` spoil the call before the effect; ``http_500_after`` and ``reset`` with ``after`` lose the
    answer of an effect that happened; ``slow`` answers late. Other kinds are for the partner's own code and change nothing here.
    """
    kind = trap.kind if trap else ""
    seconds = trap.seconds if trap else 0.0
    if kind == "http_429":
        return JSONResponse({"error": "too many requests"}, 429, headers={"Retry-After": f"{seconds:g}"})
    if kind == "http_500":
        return JSONResponse({"error": "internal error"}, 500)
    if kind == "reset" and trap and not trap.after:
        return Dropped()
    if kind == "slow":
        await asyncio.sleep(seconds)
    answer = act()
    if kind == "http_500_after":
        return JSONResponse({"error": "internal error"}, 500)
    return Dropped() if kind == "reset" else answer
