"""A stand-in for the desk's doors: keeps every message that partners deliver, and answers what it is told to answer."""

import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

from infra.local.sandboxes.process import until

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Delivered:
    path: str
    headers: dict[str, str]
    body: bytes


class Inbox:
    """Listens on a free loopback port while the context lasts. ``refuse`` makes it answer otherwise than 200."""

    def __init__(self) -> None:
        self.messages: list[Delivered] = []
        self._refusals: list[tuple[bytes, int]] = []
        self._server = ThreadingHTTPServer((HOST, 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self._server.server_address[1]}"

    def refuse(self, containing: str, status: int) -> None:
        """The next message whose body contains that text gets this status."""
        self._refusals.append((containing.encode(), status))

    def _status(self, body: bytes) -> int:
        found = next((refusal for refusal in self._refusals if refusal[0] in body), None)
        if found is None:
            return 200
        self._refusals.remove(found)
        return found[1]

    def wait(self, count: int, seconds: float = 5.0) -> list[Delivered]:
        """The messages, once there are so many. Raises TimeoutError when they do not come."""
        if not until(lambda: len(self.messages) >= count, seconds):
            raise TimeoutError(f"{len(self.messages)} of {count} messages came within {seconds} s")
        return list(self.messages)

    def _handler(inbox) -> type[BaseHTTPRequestHandler]:  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                status = inbox._status(body)
                inbox.messages.append(Delivered(self.path, dict(self.headers.items()), body))
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Silent: tests read ``messages``."""

        return Handler

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
