"""What really went over the wire to a partner's sandbox, to be judged by the partner's own document."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import parse_qsl

import httpx
import pytest

from stopship.adapters import http


class Operation(Protocol):
    def wrong_answer(self, status: int, body: bytes) -> list[str]: ...


class Judge(Protocol):
    def wrong_request(
        self, method: str, path: str, query: tuple[tuple[str, str], ...], headers: Mapping[str, str], body: bytes
    ) -> list[str]: ...

    def find(self, method: str, path: str) -> Operation | None: ...


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request as it was sent, and what came back."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: dict[str, str]
    body: bytes
    status: int
    answer: bytes

    def wrong(self, judge: Judge) -> list[str]:
        found = judge.wrong_request(self.method, self.path, self.query, self.headers, self.body)
        one = judge.find(self.method, self.path)
        return found + (one.wrong_answer(self.status, self.answer) if one else [])


def recorded(prefix: str, act: Callable[[], None]) -> list[Exchange]:
    """What ``act`` sends and gets, from the very client that the product uses; paths without ``prefix``, the sandbox's own."""
    found: list[Exchange] = []

    def record(response: httpx.Response) -> None:
        sent, answer = response.request, response.read()
        path = sent.url.raw_path.decode().partition("?")[0].removeprefix(prefix)
        query = tuple(parse_qsl(sent.url.query.decode(), keep_blank_values=True))
        headers = {name.lower(): value for name, value in sent.headers.items()}
        found.append(Exchange(sent.method, path, query, headers, sent.content, response.status_code, answer))

    with (
        httpx.Client(timeout=10.0, trust_env=False, event_hooks={"response": [record]}) as client,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(http, "client", lambda: client)
        act()
    return found
