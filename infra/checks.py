"""Everything that must hold, in one command: format, lint, types, import rules, state machine, template, tests."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

type Check = Callable[[], bool]

REPOSITORY = Path(__file__).parents[1]
MACHINE = "statemachines/cancel_case.asl.json"

# statelint reads only JSONPath; these two fields are JSONata in ours, as the Amazon States Language allows.
STATELINT_KNOWS_NOT = ('TimeoutSeconds is "{%', 'Seconds is "{%')

# More than the cores of a small machine: whoever plays the day at the desk, or looks at pages in a browser, mostly waits.
PROCESSES = 4

CHECKS: tuple[tuple[str, list[str]], ...] = (
    ("format", ["ruff", "format", "--check", "."]),
    ("lint", ["ruff", "check", "."]),
    ("types", ["mypy"]),
    ("import rules", ["lint-imports"]),
    ("tests", ["pytest", "--numprocesses", str(PROCESSES), "--no-loadscope-reorder"]),
)


def main() -> int:
    """Runs all checks, the quick ones first, and ends with the number that failed."""
    failed = [name for name, run in _steps() if not _timed(name, run)]
    print(f"{len(failed)} of {len(CHECKS) + 1} checks failed{': ' + ', '.join(failed) if failed else ''}", flush=True)
    return len(failed)


def _steps() -> Iterator[tuple[str, Check]]:
    yield "state machine", _state_machine
    for name, command in CHECKS:
        yield name, partial(_run, command)


def _timed(name: str, run: Check) -> bool:
    started = time.monotonic()
    print(f"== {name}", flush=True)
    good = run()
    print(f"== {name}: {'good' if good else 'FAILED'} in {time.monotonic() - started:.0f} s", flush=True)
    return good


def _run(command: list[str]) -> bool:
    program = str(Path(sys.executable).parent / command[0])
    # Some machines forbid Python to keep what it has compiled. Here hundreds of processes start, most of them with the same modules.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return subprocess.run([program, *command[1:]], cwd=REPOSITORY, env=environment, check=False).returncode == 0


def _state_machine() -> bool:
    program = str(Path(sys.executable).parent / "statelint")
    done = subprocess.run([program, MACHINE], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    lines = [x for x in (done.stdout + done.stderr).splitlines() if x.startswith(" ")]
    real = [x for x in lines if not any(known in x for known in STATELINT_KNOWS_NOT)]
    print("\n".join(real))
    return not real


if __name__ == "__main__":
    sys.exit(main())
