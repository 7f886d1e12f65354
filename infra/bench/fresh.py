"""Imports in fresh processes, with the search path that a Lambda function has and nothing of the development environment."""

import os
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

NEVER_WRITES = {"PYTHONDONTWRITEBYTECODE": "1"}


def import_seconds(module: str, path: Sequence[Path], more: Mapping[str, str] | None = None) -> float:
    """``module`` may name several, with commas. Without site-packages: what is installed for development imports other things."""
    code = f"import time; t = time.perf_counter(); import {module}; print(time.perf_counter() - t)"
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    environment |= {"PYTHONPATH": os.pathsep.join(map(str, path)), **(more or {})}
    command = [sys.executable, "-S", "-c", code]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return float(done.stdout)


def interleaved(rounds: int, measured: Iterable[tuple[str, Sequence[Path], Mapping[str, str]]]) -> list[list[float]]:
    """Seconds per measured import and round. One after the other in each round, so that a busy machine disturbs all alike."""
    todo = list(measured)
    for module, path, _ in todo:
        import_seconds(module, path)
    found: list[list[float]] = [[] for _ in todo]
    for _ in range(rounds):
        for seconds, (module, path, more) in zip(found, todo, strict=True):
            seconds.append(import_seconds(module, path, more))
    return found
