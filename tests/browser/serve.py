"""The console behind a socket of this machine: each HTTP request becomes API Gateway's event, and the answer goes back as a gateway sends it."""

import base64
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any, Self

type Handler = Callable[[Mapping[str, Any]], Mapping[str, Any]]


@dataclass
class Served:
    """``requests`` are (method, path, status, bytes sent) in order. ``after`` runs when a POST has been carried out: the world goes on.
    ``hold`` keeps a POST's answer back, and ``sent`` is told each request whose answer has gone."""

    handler: Handler
    after: Callable[[], None] = lambda: None
    hold: Callable[[], object] = lambda: None
    sent: Callable[[str, str], None] = lambda method, path: None
    requests: list[tuple[str, str, int, int]] = field(default_factory=list)
    down: bool = False

    def __enter__(self) -> Self:
        self._lock = Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handling())
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """No request is answered meanwhile: what happens in here happens at once."""
        with self._lock:
            yield

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def _handling(self) -> type[BaseHTTPRequestHandler]:
        served = self

        class Handling(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                served._answer(self)

            do_POST = do_GET  # noqa: N815 - http.server calls it so

            def log_message(self, *_: Any) -> None:
                """The test says what it saw."""

        return Handling

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers.get("content-length", 0)))
        if self.down:
            request.close_connection = True
            return
        with self._lock:
            told = self.handler(event_of(request, body))
            if request.command == "POST":
                self.after()
        if request.command == "POST":
            self.hold()
        raw = base64.b64decode(told["body"]) if told["isBase64Encoded"] else told["body"].encode()
        self.requests.append((request.command, request.path, told["statusCode"], len(raw)))
        request.send_response(told["statusCode"])
        for name, value in told["headers"].items():
            request.send_header(name, value)
        for cookie in told["cookies"]:
            request.send_header("set-cookie", cookie)
        request.send_header("content-length", str(len(raw)))
        request.end_headers()
        with suppress(ConnectionError):
            # The browser may have gone to another page meanwhile.
            request.wfile.write(raw)
        self.sent(request.command, request.path)


def event_of(request: BaseHTTPRequestHandler, body: bytes) -> dict[str, Any]:
    """Payload 2.0 (API Gateway developer guide, "Lambda proxy integrations for HTTP APIs")."""
    path, _, query = request.path.partition("?")
    headers = {name.lower(): value for name, value in request.headers.items() if name.lower() != "cookie"}
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": f"{request.command} /console/{{proxy+}}",
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers,
        "requestContext": {"http": {"method": request.command, "path": path}},
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }
    if cookies := request.headers.get("cookie"):
        event["cookies"] = [x.strip() for x in cookies.split(";")]
    return event
