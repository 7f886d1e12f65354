"""How often the sandboxes' outbox knocks: a door that does not answer and a door that refuses are counted each for itself."""

import asyncio

import httpx
import pytest

from infra.local.sandboxes import deliver
from infra.local.sandboxes.deliver import Deliver, Message

NO_ANSWER = 0


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many pauses, and none of them takes time."""
    for name in ("RETRY_SECONDS", "WAIT_SECONDS"):
        monkeypatch.setattr(deliver, name, tuple(0.0 for _ in getattr(deliver, name)))


def delivered(*answers: int) -> Message:
    """What became of a message to a door that answers so, one after the other, and then the last of it for ever."""
    left = list(answers)

    def door(request: httpx.Request) -> httpx.Response:
        status = left.pop(0) if len(left) > 1 else left[0]
        if status == NO_ANSWER:
            raise httpx.ConnectError("nobody there", request=request)
        return httpx.Response(status)

    async def carry() -> Message:
        outbox = Deliver()
        await outbox._http.aclose()
        outbox._http = httpx.AsyncClient(transport=httpx.MockTransport(door))
        message = Message("shopify", "acme", "orders/cancelled", "http://127.0.0.1/webhooks", b"{}")
        outbox.send(message)
        await asyncio.gather(*outbox._tasks)
        await outbox.close()
        return message

    return asyncio.run(carry())


def test_a_refusal_after_a_long_silence_is_the_first_of_its_kind() -> None:
    message = delivered(*[NO_ANSWER] * 6, 503, 503, 200)
    assert (message.attempts, message.done) == ([NO_ANSWER] * 6 + [503, 503, 200], True)


def test_a_silence_after_refusals_is_the_first_of_its_kind() -> None:
    answers = [500] * len(deliver.RETRY_SECONDS) + [NO_ANSWER] * len(deliver.WAIT_SECONDS) + [200]
    assert delivered(*answers).attempts == answers


@pytest.mark.parametrize(
    ("status", "tries"), [(503, 1 + len(deliver.RETRY_SECONDS)), (NO_ANSWER, 1 + len(deliver.WAIT_SECONDS))]
)
def test_nobody_knocks_for_ever(status: int, tries: int) -> None:
    message = delivered(status)
    assert (message.attempts, message.done) == ([status] * tries, True)


@pytest.mark.parametrize("status", [200, 202, *sorted(deliver.FINAL)])
def test_what_no_repeat_would_change_is_not_repeated(status: int) -> None:
    assert delivered(status, 503).attempts == [status]
