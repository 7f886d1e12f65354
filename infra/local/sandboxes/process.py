"""Start, find, command and end the sandbox process; the command line and the tests both go through here."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx

from infra.local.sandboxes.journal import Entry
from infra.local.sandboxes.server import HEALTH, HOST
from infra.local.sandboxes.traps import Kind

START_SECONDS = 30.0
STOP_SECONDS = 10.0
PAUSE_SECONDS = 0.02
LOG_TAIL_LINES = 30
REPOSITORY = Path(__file__).parents[3]


class SandboxesDied(RuntimeError):
    """The process ended, or never answered; the message carries the end of its log."""


class NotTheSandboxes(RuntimeError):
    """Another process, or none, answers on that port."""


class CommandRefused(ValueError):
    """A control command that the sandboxes did not understand."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def until(condition: Callable[[], bool], seconds: float) -> bool:
    """Waits for the condition, at most so long; says whether it came true."""
    pause = threading.Event()
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        pause.wait(PAUSE_SECONDS)
    return True


def _temporary() -> Path:
    handle, name = tempfile.mkstemp(prefix="sandboxes-", suffix=".log")
    os.close(handle)
    return Path(name)


class Sandboxes:
    """All partners on one loopback port. As a context manager it stops at the end."""

    def __init__(self, port: int, pid: int, log: Path | None = None) -> None:
        self.port, self.pid, self.log = port, pid, log
        self._log_is_temporary = False
        self._child: subprocess.Popen[bytes] | None = None
        self._http = httpx.Client(base_url=self.endpoint, timeout=10.0, trust_env=False)

    @property
    def endpoint(self) -> str:
        return f"http://{HOST}:{self.port}"

    @classmethod
    def start(cls, port: int = 0, state: Path | None = None, log: Path | None = None) -> Self:
        """Starts a process and waits until it answers; port 0 takes a free one. With ``state`` it takes up where a graceful stop left."""
        started = cls(port or free_port(), 0, log or _temporary())
        started._log_is_temporary = log is None
        started._spawn(state)
        return started

    @classmethod
    def attach(cls, port: int, pid: int) -> Self:
        """Those that are running there; raises NotTheSandboxes when that process does not answer on that port."""
        found = cls(port, pid)
        if found._answering_pid() != pid:
            found._http.close()
            raise NotTheSandboxes(f"port {port} is not answered by sandboxes with process id {pid}")
        return found

    def _spawn(self, state: Path | None) -> None:
        command = [sys.executable, "-m", "infra.local.sandboxes.server", "--port", str(self.port)]
        command += ["--state", str(state.resolve())] if state else []
        assert self.log is not None
        with self.log.open("ab") as log:
            child = subprocess.Popen(
                command,
                cwd=REPOSITORY,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Its own group: it outlives the command that started it.
                start_new_session=True,
            )
        self._child, self.pid = child, child.pid
        until(lambda: child.poll() is not None or self._answering_pid() == child.pid, START_SECONDS)
        if self._answering_pid() == child.pid:
            return
        how = f"ended with {child.poll()}" if child.poll() is not None else f"did not answer on port {self.port}"
        tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-LOG_TAIL_LINES:])
        self.stop()
        raise SandboxesDied(f"the partner sandboxes {how}:\n{tail}")

    def _answering_pid(self) -> int | None:
        try:
            pid: int = self._http.get(HEALTH).json()["pid"]
        except (httpx.TransportError, ValueError, KeyError):
            return None
        return pid

    def running(self) -> bool:
        if self._child is not None:
            return self._child.poll() is None
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def stop(self) -> None:
        """Ends the process gracefully (state is kept if it has a file), and by force when it does not go."""
        if self.running():
            os.kill(self.pid, signal.SIGTERM)
            if not until(lambda: not self.running(), STOP_SECONDS):
                os.killpg(self.pid, signal.SIGKILL)
        if self._child is not None:
            self._child.wait()
        self._http.close()
        if self.log and self._log_is_temporary:
            self.log.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # ------------------------------------------------------------------------------------------ control

    def command(self, path: str, body: Mapping[str, Any] | None = None, method: str = "POST") -> Any:
        """One control message to ``/_sandbox/<path>``, for what has no method of its own here (``shopify/...``)."""
        answer = self._http.request(method, f"/_sandbox/{path}", json=dict(body or {}))
        if not answer.is_success:
            raise CommandRefused(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json()

    def configure(
        self,
        desk_url: str | None = None,
        aws_endpoint: str | None = None,
        merchants: Mapping[str, Mapping[str, Mapping[str, Any]]] | None = None,
    ) -> None:
        """Where the desk is, and each merchant's settings by partner: {"acme": {"warehouse": {"east": {...}}}}. Told again, it adds."""
        told = {"desk_url": desk_url, "aws_endpoint": aws_endpoint, "merchants": merchants}
        self.command("configure", {key: value for key, value in told.items() if value is not None})

    def trap(
        self,
        order_ref: str,
        operation: str,
        kind: Kind,
        *,
        times: int = 1,
        seconds: float = 0.0,
        after: bool = False,
        detail: Mapping[str, Any] | None = None,
    ) -> None:
        """Sets a trap; "*" stands for any order or any operation."""
        told = {"order_ref": order_ref, "operation": operation, "kind": kind}
        self.command(
            "traps", {**told, "times": times, "seconds": seconds, "after": after, "detail": dict(detail or {})}, "PUT"
        )

    def clear_traps(self) -> None:
        self.command("traps", method="DELETE")

    def journal(
        self, partner: str | None = None, merchant: str | None = None, order_ref: str | None = None
    ) -> list[Entry]:
        """What really took effect, in order."""
        wanted = {"partner": partner, "merchant": merchant, "order_ref": order_ref}
        answer = self._http.get("/_sandbox/journal", params={k: v for k, v in wanted.items() if v is not None})
        return [Entry(**raw) for raw in answer.json()]

    def deliveries(self) -> list[dict[str, Any]]:
        """Every message sent or waiting, oldest first, with the status codes it got in ``attempts`` and ``done``."""
        messages: list[dict[str, Any]] = self.command("deliveries", method="GET")
        return messages

    def pause_deliveries(self) -> None:
        self.command("deliveries", {"paused": True}, "PUT")

    def release_deliveries(self, *, reverse: bool = False) -> None:
        self.command("deliveries/release", {"reverse": reverse})

    def duplicate_next_delivery(self, copies: int = 1) -> None:
        self.command("deliveries", {"duplicates": copies}, "PUT")

    def deliver_again(self, message_id: str) -> None:
        self.command(f"deliveries/{message_id}/again")

    # ------------------------------------------------------------------------------------------ warehouses

    def warehouse_endpoint(self, merchant: str, warehouse: str) -> str:
        return f"{self.endpoint}/3pl/{merchant}/{warehouse}"

    def warehouse_order(
        self,
        merchant: str,
        warehouse: str,
        order_ref: str,
        legs: Mapping[str, Mapping[str, int]],
        state: str = "released",
    ) -> None:
        """Imports an order: leg id to line id to quantity, all in one state."""
        self._warehouse(merchant, warehouse, "orders", {"orderRef": order_ref, "legs": legs, "state": state})

    def warehouse_show(self, merchant: str, warehouse: str, order_ref: str) -> dict[str, Any]:
        """The order as the warehouse has it: legs with state, lines, cancelled, departed_at, held."""
        found: dict[str, Any] = self.command(
            f"warehouse/{merchant}/{warehouse}/orders/{quote(order_ref, safe='')}", method="GET"
        )
        return found

    def warehouse_advance(self, merchant: str, warehouse: str, order_ref: str, state: str, leg_id: str = "") -> None:
        """Moves work on; refused for what is held or cancelled. "labelled" sends an event."""
        self._warehouse(merchant, warehouse, "advance", {"orderRef": order_ref, "legId": leg_id, "state": state})

    def warehouse_ship(
        self, merchant: str, warehouse: str, order_ref: str, leg_id: str = "", *, force: bool = False
    ) -> None:
        """Goods leave, and an event says so; ``force`` ships even what was stopped."""
        self._warehouse(merchant, warehouse, "ship", {"orderRef": order_ref, "legId": leg_id, "force": force})

    def warehouse_release(self, merchant: str, warehouse: str, order_ref: str) -> None:
        """The warehouse's own staff let go of a hold, and an event says so."""
        self._warehouse(merchant, warehouse, "release", {"orderRef": order_ref})

    def _warehouse(self, merchant: str, warehouse: str, command: str, body: Mapping[str, Any]) -> None:
        self.command(f"warehouse/{merchant}/{warehouse}/{command}", body)

    # ------------------------------------------------------------------------------------------ NetSuite

    def netsuite_endpoint(self, merchant: str) -> str:
        return f"{self.endpoint}/netsuite/{merchant}"

    def netsuite_order(
        self,
        merchant: str,
        order_ref: str,
        lines: Sequence[Mapping[str, Any]],
        status: str = "B",
        fields: Mapping[str, Any] | None = None,
    ) -> str:
        """A sales order with lines {sku, quantity, line_ref?, fulfilled?, billed?}; gives its internal id."""
        told = {"order_ref": order_ref, "lines": list(lines), "status": status, "fields": dict(fields or {})}
        return str(self.command(f"netsuite/{merchant}/orders", told)["id"])

    def netsuite_show(self, merchant: str, record_id: str) -> dict[str, Any]:
        """The sales order as NetSuite has it: status, lines, fields under their custbody names."""
        found: dict[str, Any] = self.command(f"netsuite/{merchant}/orders/{record_id}", method="GET")
        return found

    def netsuite_revoke_tokens(self, merchant: str) -> None:
        self.command(f"netsuite/{merchant}/revoke")
