"""Start, find and end the emulator; the command line and the tests both go through here."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import boto3
from botocore.config import Config

from infra.local.emulator.calls import Call, read_calls
from infra.local.emulator.server import ABOUT, ACCOUNT, CALLS, HOST, KEY, REGION, TEMPORARY

START_SECONDS = 60.0
ATTACH_SECONDS = 20.0
STOP_SECONDS = 20.0
PAUSE_SECONDS = 0.02
LOG_TAIL_LINES = 30
REPOSITORY = Path(__file__).parents[3]
CLIENT = Config(
    retries={"max_attempts": 2, "mode": "standard"},
    max_pool_connections=64,
    s3={"addressing_style": "path"},
    read_timeout=70,
    inject_host_prefix=False,
    proxies={},
)


class EmulatorDied(RuntimeError):
    """The emulator ended, or never answered; the message carries the end of its log."""


class NotTheEmulator(RuntimeError):
    """Another process, or none, answers on that port."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


NOT_IT: dict[str, Any] = {"pid": 0, "directory": ""}
"""What is known of a port where nobody listens, or somebody else."""


def _about(port: int) -> dict[str, Any] | None:
    """What the emulator on that port says of itself, or NOT_IT; None while there is no answer: a busy machine may take its time."""
    try:
        with urllib.request.urlopen(f"http://{HOST}:{port}{ABOUT}", timeout=1) as answer:
            about: dict[str, Any] = json.load(answer)
            return about if isinstance(about, dict) and "pid" in about else NOT_IT
    except urllib.error.URLError as error:
        somebody_else = isinstance(error, urllib.error.HTTPError)
        return NOT_IT if somebody_else or isinstance(error.reason, ConnectionRefusedError) else None
    except OSError:
        return None
    except (HTTPException, ValueError):
        return NOT_IT


def _tail(log: Path | None) -> str:
    if log is None or not log.exists():
        return "(no log)"
    return "\n".join(log.read_text(errors="replace").splitlines()[-LOG_TAIL_LINES:])


def _until[T](condition: Callable[[], T], seconds: float) -> T:
    """The first true value that the condition gives, or its last one when the time is over."""
    pause = threading.Event()
    deadline = time.monotonic() + seconds
    while not (value := condition()) and time.monotonic() <= deadline:
        pause.wait(PAUSE_SECONDS)
    return value


class Emulator:
    """An AWS account on a loopback port.

    `start` makes one, `attach` finds one that an earlier command left running. As a context manager it stops at the
    end. With a state directory it keeps what AWS would keep, even when it is killed; without one it forgets.
    """

    region = REGION
    account = ACCOUNT

    def __init__(self, port: int, pid: int, directory: Path, log: Path | None, *, temporary: bool) -> None:
        self.port = port
        self.pid = pid
        self.directory = directory
        self.log = log
        self._temporary = temporary
        self._child: subprocess.Popen[bytes] | None = None
        self._clients: dict[str, Any] = {}

    @property
    def endpoint(self) -> str:
        return f"http://{HOST}:{self.port}"

    @classmethod
    def start(
        cls,
        port: int = 0,
        state_dir: Path | None = None,
        log: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> Self:
        """Start one and wait until it answers; port 0 takes a free one, no state directory forgets at the end."""
        port = port or free_port()
        directory = state_dir or Path(tempfile.mkdtemp(prefix="emulator-"))
        directory.mkdir(parents=True, exist_ok=True)
        log = log or directory / "emulator.log"
        started = cls(port, 0, directory.resolve(), log, temporary=state_dir is None)
        started._spawn(environment or {})
        return started

    @classmethod
    def attach(cls, port: int, pid: int) -> Self:
        """The one that is running there; raises NotTheEmulator when that process does not answer on that port."""
        about = _until(lambda: _about(port), ATTACH_SECONDS)
        if about is None or about["pid"] != pid:
            raise NotTheEmulator(f"port {port} is not answered by an emulator with process id {pid}")
        return cls(port, pid, Path(about["directory"]), None, temporary=False)

    def _spawn(self, environment: Mapping[str, str]) -> None:
        command = [sys.executable, "-m", "infra.local.emulator.server", "--port", str(self.port)]
        command += ["--state-dir", str(self.directory), *(["--forget"] if self._temporary else [])]
        assert self.log is not None
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._child = subprocess.Popen(
                command,
                cwd=REPOSITORY,
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Its own group: it outlives the command that started it, and its functions end with it.
                start_new_session=True,
            )
        self.pid = self._child.pid
        self._await_answer(self._child)

    def _await_answer(self, child: subprocess.Popen[bytes]) -> None:
        def answers() -> bool:
            about = _about(self.port)
            return about is not None and about["pid"] == child.pid

        answered = _until(lambda: child.poll() is not None or answers(), START_SECONDS)
        if answered and child.poll() is None:
            return
        how = f"ended with {child.poll()}" if child.poll() is not None else f"did not answer on port {self.port}"
        tail = _tail(self.log)
        self.kill()
        raise EmulatorDied(f"the emulator {how}:\n{tail}")

    def client(self, service: str) -> Any:
        """A boto3 client to this account; the same one each time, safe to share between threads."""
        if service not in self._clients:
            self._clients[service] = boto3.client(
                service,
                endpoint_url=self.endpoint,
                region_name=self.region,
                aws_access_key_id=KEY,
                aws_secret_access_key=KEY,
                config=CLIENT,
            )
        return self._clients[service]

    def http_api_url(self, api_id: str) -> str:
        """Where the $default stage of an HTTP API answers on this machine."""
        return f"{self.endpoint}/_aws/execute-api/{api_id}/$default"

    def http_api_host_url(self, api_id: str) -> str:
        """The same under a host of its own, as AWS has it, for who follows links: a browser takes every ``.localhost`` for this machine."""
        return f"http://{api_id}.execute-api.localhost:{self.port}"

    def calls(self) -> list[Call]:
        """Every AWS call that functions and state machines made, in the order in which they were answered."""
        return read_calls(self.directory / CALLS)

    def running(self) -> bool:
        if self._child is not None:
            return self._child.poll() is None
        with suppress(ChildProcessError):
            # Started by this very process, but through another object.
            return os.waitpid(self.pid, os.WNOHANG)[0] == 0
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def stop(self) -> None:
        """End it and all its functions, keeping its state if it has a place for it."""
        if self.running():
            os.kill(self.pid, signal.SIGTERM)
            _until(lambda: not self.running(), STOP_SECONDS)
        self.kill()

    def kill(self) -> None:
        """End the whole group at once, as when the machine's power fails."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        if self._child is not None:
            self._child.wait()
        _until(lambda: not self.running(), STOP_SECONDS)
        self._close()

    def _close(self) -> None:
        for client in self._clients.values():
            client.close()
        self._clients.clear()
        shutil.rmtree(self.directory if self._temporary else self.directory / TEMPORARY, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
