"""The emulated AWS account as a process: `python -m infra.local.emulator.server --port P --state-dir DIR`.

It listens on loopback only. MiniStack reads its settings from the environment while it is imported, so they are written
first and everything of MiniStack's is imported after that.
"""

import argparse
import asyncio
import json
import os
import shutil
import signal
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

HOST = "127.0.0.1"
ACCOUNT = "000000000000"
REGION = "us-east-1"
# Any key does; a twelve-digit one would choose another account.
KEY = "test"
TEMPORARY = "tmp"
ABOUT = "/_emulator/about"
CALLS = "calls.jsonl"
JOURNAL = "journal.sqlite"
STATE = "state"
ENFORCE = "EMULATOR_ENFORCES_IAM"
"""The environment variable that, set to "true", makes every function act under its own role only."""
OPEN_REQUESTS_SECONDS = 1.0

Application = Callable[[dict[str, Any], Any, Any], Awaitable[None]]


def settings(port: int, directory: Path, *, durable: bool) -> dict[str, str]:
    """MiniStack's environment; whoever starts the server may set more, but not these."""
    kept = "1" if durable else "0"
    return {
        "AUTH": os.environ.get(ENFORCE, "false"),
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": f"http://{HOST}:{port}",
        "AWS_SECRET_ACCESS_KEY": KEY,
        "BIND_HOST": HOST,
        "DOCKER_HOST": "unix:///nonexistent",
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",
        "LAMBDA_EXECUTOR": "local",
        # Environments that a burst left behind end soon; one a function stays warm.
        "LAMBDA_WARM_TTL_SECONDS": "20",
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_REGION": REGION,
        "PERSIST_STATE": kept,
        "S3_DATA_DIR": str(directory / "s3"),
        "S3_PERSIST": kept,
        "SFTP_ENABLED": "0",
        "STATE_DIR": str(directory / STATE),
        "TMPDIR": str(directory / TEMPORARY),
    }


def prepare(port: int, directory: Path, *, durable: bool) -> None:
    temporary = directory / TEMPORARY
    # What a killed predecessor left.
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    os.environ.update(settings(port, directory, durable=durable))
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        os.environ.pop(name, None)
    tempfile.tempdir = None


def introduced(application: Application, directory: Path) -> Application:
    """The application, which also says which process it is; so a later command stops no stranger."""
    about = json.dumps({"pid": os.getpid(), "directory": str(directory)}).encode()

    async def introduce(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["path"] != ABOUT:
            await application(scope, receive, send)
            return
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(about)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": about})

    return introduce


async def serve(application: Application, port: int) -> None:
    from hypercorn.asyncio import serve as hypercorn_serve
    from hypercorn.config import Config

    config = Config()
    config.bind = [f"{HOST}:{port}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = OPEN_REQUESTS_SECONDS
    config.loglevel = "WARNING"
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await hypercorn_serve(application, config, shutdown_trigger=stop.wait)  # type: ignore[arg-type]


def run(port: int, directory: Path, *, durable: bool) -> None:
    prepare(port, directory, durable=durable)
    from infra.local.emulator import calls_recorder, durability, overlay, requests
    from infra.local.emulator.overlay import lambda_pool
    from infra.local.emulator.vendor import module

    overlay.apply()
    requests.apply()
    calls_recorder.apply(directory / CALLS)
    journal = durability.apply(directory / JOURNAL, directory / STATE) if durable else None
    try:
        asyncio.run(serve(introduced(module("app").app, directory), port))
    finally:
        lambda_pool.stop_all()
        if journal is not None:
            journal.close()
        shutil.rmtree(directory / TEMPORARY, ignore_errors=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="An AWS account on this machine.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--state-dir", type=Path, required=True)
    parser.add_argument("--forget", action="store_true", help="keep nothing across restarts")
    chosen = parser.parse_args()
    run(chosen.port, chosen.state_dir.resolve(), durable=not chosen.forget)


if __name__ == "__main__":
    main()
