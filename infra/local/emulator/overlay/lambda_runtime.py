"""Python functions run on AWS's own runtime client, in an environment as bare as Lambda's.

Stock MiniStack runs handlers in a worker of its own: every exception is named Runtime.HandlerError, a line printed to
file descriptor 1 can replace a response, the host's environment and site-packages leak in, and a failing handler loses
its warm environment. Here each environment is `python -m awslambdaric` on the Runtime API that MiniStack already has
for custom runtimes: real error classes and traces, layers in their place on the path, nothing of the host but boto3.
"""

import os
import queue
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from importlib.util import find_spec
from pathlib import Path
from tempfile import gettempdir
from typing import IO, Any

from infra.local.emulator.output import Output
from infra.local.emulator.vendor import module, need, replace

app = module("app")
runtime = module("core.lambda_runtime")
service = module("services.lambda_svc")
ProvidedWorker = need(runtime, "ProvidedWorker")

BOOTSTRAP = """#!/bin/sh
exec "$EMULATOR_PYTHON" -S -m awslambdaric "$_HANDLER"
"""
# What Amazon's Python image has in /var/runtime, and nothing else.
RUNTIME_PACKAGES = (
    "awslambdaric",
    "boto3",
    "botocore",
    "dateutil",
    "jmespath",
    "runtime_client",
    "s3transfer",
    "simplejson",
    "six",
    "snapshot_restore_py",
    "urllib3",
)
OF_THE_HOST = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "SSL_CERT_FILE", "TMPDIR")
OF_THE_RUNTIME = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_DISABLE_HOST_PREFIX_INJECTION",
)
principals: dict[str, str] = {}
"""Whose a session token is, for the record of calls: `function:<name>`."""

_spawning = threading.local()
_linking = threading.Lock()


def runtime_directory() -> Path:
    """The stand-in for /var/runtime: links to the runtime client and boto3, so that a missing layer is noticed."""
    directory = Path(gettempdir()) / "var-runtime"
    # The first environments of an emulator start side by side.
    with _linking:
        directory.mkdir(parents=True, exist_ok=True)
        for name in RUNTIME_PACKAGES:
            _link(directory, name)
    return directory


def _link(directory: Path, name: str) -> None:
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise RuntimeError(f"{name} is not installed beside the emulator; functions cannot start")
    origin = Path(spec.origin)
    source = origin.parent if origin.name == "__init__.py" else origin
    link = directory / source.name
    if not link.exists():
        link.symlink_to(source)


def _with_bootstrap(code: Path) -> None:
    """A bootstrap beside the code, put there in one move because another environment may be starting on it."""
    bootstrap = code / "bootstrap"
    if bootstrap.exists():
        return
    written = code / f"bootstrap.{threading.get_ident()}"
    with service._provided_code_lock:
        written.write_text(BOOTSTRAP)
        written.chmod(0o755)
        written.replace(bootstrap)


def _layer_directories(config: dict[str, Any]) -> list[Path]:
    blobs = (service._resolve_layer_zip(layer) for layer in config.get("Layers", []))
    return [Path(service._provided_runtime_code_dir(blob)) / "python" for blob in blobs if blob]


class PythonEnvironment(ProvidedWorker):  # type: ignore[misc, valid-type]
    """One execution environment of a Python function."""

    gate = threading.BoundedSemaphore(os.cpu_count() or 2)

    def __init__(self, func_name: str, config: dict[str, Any], code_zip: bytes) -> None:
        super().__init__(func_name, config, code_zip)
        self._sharing = threading.Lock()
        self._shared: Output | None = None

    def _spawn(self, init_timeout: float | None = None) -> None:
        # Cold starts take turns: fifty imports at once on two cores overrun every init limit.
        with self.gate:
            _with_bootstrap(Path(service._provided_runtime_code_dir(self.code_zip)))
            _spawning.layers = _layer_directories(self.config)
            try:
                super()._spawn(init_timeout)
            finally:
                _spawning.layers = None

    def _build_handler_class(self, generation: int, pending: Any) -> type[BaseHTTPRequestHandler]:
        handler: type[BaseHTTPRequestHandler] = super()._build_handler_class(generation, pending)
        # Header and body leave in two writes: without this every call waits 40 ms for a delayed acknowledgement.
        handler.disable_nagle_algorithm = True
        return handler

    def _output(self, stream: IO[bytes], lines: "queue.Queue[str]") -> Output:
        """Of that process: the invocation and the thread that follows it share it, whichever comes first."""
        with self._sharing:
            if self._shared is None or self._shared.stream is not stream:
                self._shared = Output(stream, lines)
            return self._shared

    def _pump_output(self, stream: IO[bytes], log_queue: "queue.Queue[str]") -> None:
        self._output(stream, log_queue).follow()

    def _drain_stderr_bounded(self, *_: float, **__: float) -> str:
        # A handler writes before it answers: what it has logged is in the pipe by now, and nothing else is worth waiting for.
        process = self._proc
        if process is not None:
            self._output(process.stdout, self._stderr_queue).take()
        log: str = self._drain_stderr()
        return log


def _environment(stock: Callable[..., dict[str, str]]) -> Callable[..., dict[str, str]]:
    """What a function sees: its own variables and the runtime's; of the host only what a process cannot miss."""

    def environment(config: dict[str, Any], code_dir: str, port: int) -> dict[str, str]:
        everything = stock(config, code_dir, port)
        layers: list[Path] | None = getattr(_spawning, "layers", None)
        if layers is None:
            return everything
        own = service._runtime_env_vars(config)
        kept = {
            name: value
            for name, value in everything.items()
            if name in own or name not in os.environ or name in OF_THE_HOST or name in OF_THE_RUNTIME
        }
        return kept | _runtime_variables(config, own, [Path(code_dir), *layers])

    return environment


def _runtime_variables(config: dict[str, Any], own: dict[str, str], path: list[Path]) -> dict[str, str]:
    name = config.get("FunctionName", "")
    group = (config.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{name}"
    region = runtime._account_region_from_function_config(config)[1]
    on_path = [*map(str, path), *filter(None, [own.get("PYTHONPATH")]), str(runtime_directory())]
    return {
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{config.get('Runtime', 'python3.13')}",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": group,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_ENDPOINT_URL": os.environ["AWS_ENDPOINT_URL"],
        "EMULATOR_PYTHON": sys.executable,
        "HOME": gettempdir(),
        "LAMBDA_RUNTIME_DIR": "/var/runtime",
        "PYTHONPATH": os.pathsep.join(on_path),
        "PYTHONUNBUFFERED": "1",
        "TZ": ":UTC",
    }


def _credentials(stock: Callable[..., dict[str, str]]) -> Callable[..., dict[str, str]]:
    """Under enforcement the role's own session, which MiniStack has made; without it one that only says who calls."""

    def credentials(config: dict[str, Any]) -> dict[str, str]:
        found, principal = stock(config), f"function:{config.get('FunctionName', '')}"
        if not app.AUTH:
            found["AWS_SESSION_TOKEN"] = principal
        principals[found["AWS_SESSION_TOKEN"]] = principal
        return found

    return credentials


def _is_python(config: dict[str, Any]) -> bool:
    return str(config.get("Runtime", "")).startswith("python")


def _environment_class(stock: Callable[..., Any]) -> Callable[..., Any]:
    return lambda config: PythonEnvironment if _is_python(config) else stock(config)


def _execute(stock: Callable[..., Any]) -> Callable[..., Any]:
    def execute(function: dict[str, Any], event: Any, request_id: str) -> Any:
        config = function.get("config") or function
        if _is_python(config) and function.get("code_zip") and not service._durable_ctx.get():
            return service._execute_function_provided_warm(function, event, request_id)
        return stock(function, event, request_id)

    return execute


def apply() -> None:
    for name in ("_provided_runtime_code_dir", "_resolve_layer_zip", "_runtime_env_vars", "_provided_code_lock"):
        need(service, name)
    for name in ("_pump_output", "_drain_stderr", "_drain_stderr_bounded"):
        need(ProvidedWorker, name)
    replace(service, "_provided_worker_env", _environment)
    replace(service, "execution_credentials", _credentials)
    replace(runtime, "_worker_class_for", _environment_class)
    replace(service, "_execute_function_warm", _execute)
