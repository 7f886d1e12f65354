"""What ships to Lambda: the code, and a layer of its dependencies from hash-pinned requirements. No Docker, no compiler.

Bytecode is compiled here as *unchecked hash* (PEP 552): a deployment package has no meaningful timestamps, so anything else would
be compiled again at every cold start.
"""

import compileall
import hashlib
import os
import py_compile
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
REQUIREMENTS = REPOSITORY / "infra" / "requirements-lambda.txt"
CODE = REPOSITORY / "functions" / "stopship"
BUILDS = REPOSITORY / ".stopship" / "builds"
PYTHON = "3.13"
REPORT_REQUIREMENTS = REPOSITORY / "infra" / "requirements-reports.txt"
PLATFORMS = {"arm64": ["--python-platform", "aarch64-manylinux_2_28"], "host": []}
"""``host`` is this machine, for the local stack."""

_NOT_SHIPPED = shutil.ignore_patterns("__pycache__", "*.pyc", "*.md")


class PackagingFailed(RuntimeError):
    """The dependencies could not be installed; the message is the installer's."""


def layer(platform: str) -> Path:
    """The layer's directory, built once per requirements, Python and platform."""
    return _layer(platform, REQUIREMENTS, "layer")


def report_layer(platform: str) -> Path:
    """What reckons and draws reports, which only a few functions carry: it is ten times as large as all else."""
    return _layer(platform, REPORT_REQUIREMENTS, "reports")


def _layer(platform: str, requirements: Path, name: str) -> Path:
    key = hashlib.sha256(requirements.read_bytes() + f"{sys.version}/{platform}".encode()).hexdigest()[:16]
    return once(BUILDS / f"{name}-{platform}-{key}", lambda out: build_layer(out, platform, requirements))


def code() -> Path:
    """The code asset's directory, built once per content."""
    digest = hashlib.sha256(sys.version.encode())
    for path in sorted(p for p in CODE.rglob("*") if p.is_file() and "__pycache__" not in p.parts):
        digest.update(str(path.relative_to(CODE)).encode() + b"\0" + path.read_bytes())
    return once(BUILDS / f"code-{digest.hexdigest()[:16]}", build_code)


def build_layer(out: Path, platform: str, requirements: Path = REQUIREMENTS) -> None:
    """Installs into ``out``/python, where Lambda looks for a layer's packages."""
    command = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--target", str(out / "python")]
    wheels = ["--python-version", PYTHON, "--only-binary", ":all:", "--no-deps", "--require-hashes"]
    done = subprocess.run(
        [*command, *wheels, *PLATFORMS[platform], "--requirement", str(requirements)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise PackagingFailed(done.stderr.strip())
    shutil.rmtree(out / "python" / "bin", ignore_errors=True)
    (out / "python" / ".lock").unlink(missing_ok=True)
    _compile(out / "python")


def build_code(out: Path) -> None:
    shutil.copytree(CODE, out / "stopship", ignore=_NOT_SHIPPED)
    _compile(out)


def _compile(root: Path) -> None:
    """Paths in tracebacks are those that the code has at run time, not those of the machine that built it."""
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    if not compileall.compile_dir(root, quiet=1, force=True, invalidation_mode=mode, stripdir=str(root), workers=1):
        raise PackagingFailed(f"{root.name}: a module does not compile")


def once(target: Path, build: Callable[[Path], None]) -> Path:
    """A build appears whole or not at all, whoever else builds the same at the same time."""
    if target.exists():
        return target
    unfinished = target.with_name(f"{target.name}.{os.getpid()}")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    try:
        build(unfinished)
        unfinished.rename(target)
    except OSError:
        if not target.exists():
            raise
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return target
