"""How the emulator is known on its port: a late answer is waited for, and another one's is none."""

import json
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from infra.local.emulator import process
from infra.local.emulator.process import Emulator, NotTheEmulator

LATE = None
"""An answer that is lost, as when the machine has had no time for it."""
ITSELF: dict[str, Any] = {"pid": os.getpid(), "directory": "/desk"}
STRANGER: dict[str, Any] = {"pid": 1, "directory": "/elsewhere"}


@contextmanager
def answering(*answers: dict[str, Any] | None) -> Iterator[int]:
    """The port of a process that answers so, one after the other, and then the last of it for ever."""
    left = list(answers)

    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer = left.pop(0) if len(left) > 1 else left[0]
            if answer is LATE:
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            body = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


def test_an_emulator_that_answers_late_is_found() -> None:
    with answering(LATE, LATE, ITSELF) as port:
        found = Emulator.attach(port, os.getpid())
    assert (found.port, found.pid, str(found.directory)) == (port, os.getpid(), "/desk")


def test_another_emulator_is_not_waited_for() -> None:
    with answering(STRANGER, ITSELF) as port, pytest.raises(NotTheEmulator):
        Emulator.attach(port, os.getpid())


@pytest.mark.parametrize("answer", [[], "hello"])
def test_who_says_something_else_is_no_emulator(answer: Any) -> None:
    with answering(answer, ITSELF) as port, pytest.raises(NotTheEmulator):
        Emulator.attach(port, os.getpid())


def test_a_port_where_nobody_listens_is_not_waited_for() -> None:
    with pytest.raises(NotTheEmulator):
        Emulator.attach(process.free_port(), os.getpid())


ANSWERS_ONCE = """#!{python}
import json, os, signal, socket, sys
with socket.create_server(("127.0.0.1", int(sys.argv[sys.argv.index("--port") + 1]))) as door:
    asked, _ = door.accept()
    with asked:
        asked.recv(65536)
        asked.sendall(b"HTTP/1.0 200 OK\\r\\n\\r\\n" + json.dumps({{"pid": os.getpid(), "directory": ""}}).encode())
    signal.pause()
"""


def test_an_emulator_that_has_answered_once_is_not_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "emulator"
    program.write_text(ANSWERS_ONCE.format(python=sys.executable))
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    started = Emulator.start(state_dir=tmp_path / "state")
    try:
        assert started.running()
    finally:
        started.kill()
    assert not started.running()
