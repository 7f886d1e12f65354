"""The whole desk on one machine: the emulator with the synthesised template deployed into it, and the partners' sandboxes."""

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from infra.local.emulator.deploy import deploy
from infra.local.emulator.process import Emulator, NotTheEmulator
from infra.local.merchants import connect_merchants
from infra.local.sandboxes.process import NotTheSandboxes, Sandboxes
from infra.synth import synthesise

REPOSITORY = Path(__file__).parents[2]
HOME = REPOSITORY / ".stopship"
STAGE = "dev"
STACK = f"Stopship-{STAGE}"

type Progress = Callable[[str], None]


class NotRunning(RuntimeError):
    """No desk runs on this machine."""


@dataclass(slots=True)
class LocalDesk:
    """A running desk. ``outputs`` are the stack's."""

    emulator: Emulator
    sandboxes: Sandboxes
    outputs: Mapping[str, str]
    home: Path

    @property
    def api_url(self) -> str:
        return self.emulator.http_api_url(self.outputs["ApiId"])

    @property
    def console_url(self) -> str:
        return f"{self.emulator.http_api_host_url(self.outputs['ApiId'])}/console"

    @classmethod
    def start(cls, progress: Progress, home: Path = HOME, *, keep: bool = False, port: int = 0) -> Self:
        """Brings everything up; with ``keep`` the state of the last desk is taken up again."""
        if not keep:
            shutil.rmtree(home / "state", ignore_errors=True)
        (home / "state").mkdir(parents=True, exist_ok=True)
        progress("synthesising the template")
        assembly = synthesise(STAGE, "host")
        known = cls._read(home) if keep else {}
        progress("starting the emulator")
        emulator = Emulator.start(port or known.get("emulator", {}).get("port", 0), home / "state" / "emulator")
        try:
            return cls._with_emulator(emulator, assembly, progress, home, known)
        except BaseException:
            emulator.stop()
            raise

    @classmethod
    def _with_emulator(
        cls, emulator: Emulator, assembly: Path, progress: Progress, home: Path, known: Mapping[str, Any]
    ) -> Self:
        progress("deploying the stack")
        outputs = deploy(assembly, STACK, emulator)
        progress("starting the partners' sandboxes")
        port = known.get("sandboxes", {}).get("port", 0)
        sandboxes = Sandboxes.start(port, home / "state" / "sandboxes.json", home / "state" / "sandboxes.log")
        desk = cls(emulator, sandboxes, outputs, home)
        try:
            progress("connecting the merchants")
            connect_merchants(desk)
            desk.write()
        except BaseException:
            sandboxes.stop()
            raise
        return desk

    @classmethod
    def attach(cls, home: Path = HOME) -> Self:
        """The desk that an earlier command left running. Raises NotRunning."""
        known = cls._read(home)
        try:
            emulator = Emulator.attach(known["emulator"]["port"], known["emulator"]["pid"])
            sandboxes = Sandboxes.attach(known["sandboxes"]["port"], known["sandboxes"]["pid"])
        except (KeyError, NotTheEmulator, NotTheSandboxes) as error:
            raise NotRunning("no desk is running here; start one with `stopship up`") from error
        return cls(emulator, sandboxes, known["outputs"], home)

    def restart_emulator(self) -> None:
        """After a crash: the same account, on the same port, from what it had made durable."""
        self.emulator = Emulator.start(self.emulator.port, self.home / "state" / "emulator")
        self.write()

    def stop(self, *, keep: bool = False) -> None:
        """Ends everything this desk started; without ``keep`` its state goes too."""
        self.sandboxes.stop()
        self.emulator.stop()
        if not keep:
            shutil.rmtree(self.home / "state", ignore_errors=True)
            (self.home / "local.json").unlink(missing_ok=True)

    def write(self) -> None:
        """Remembers where everything runs, for the next command."""
        known = {
            "emulator": {"port": self.emulator.port, "pid": self.emulator.pid},
            "sandboxes": {"port": self.sandboxes.port, "pid": self.sandboxes.pid},
            "outputs": dict(self.outputs),
        }
        (self.home / "local.json").write_text(json.dumps(known, indent=2))

    @staticmethod
    def _read(home: Path) -> dict[str, Any]:
        path = home / "local.json"
        known: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
        return known
